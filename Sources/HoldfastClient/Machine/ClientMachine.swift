// SPDX-License-Identifier: Apache-2.0
internal import DequeModule
internal import HoldfastRPC
internal import HoldfastTransport
internal import NIOCore

/// A client's whole behaviour: inputs in, actions out; no I/O, no clock of its own.
///
/// Links are numbered. What comes from any but the current one is ignored, so late news of an old link changes nothing.
struct ClientMachine: Sendable {
    enum Phase: Sendable, Hashable {
        /// Nothing under way; the next call connects.
        case idle
        case dialing
        /// The link stands; the answer to `connect` is awaited.
        case attaching
        case open
        /// Between two attempts to reconnect.
        case waiting
        /// `closeSession` was sent; its answer is awaited.
        case closing
        case closed
    }

    enum Timer: Sendable, Hashable {
        case connection
        case retry
        case heartbeat
        case idle
        case closing
        case call(Int)
    }

    /// What the caller of a pending item waits for.
    enum Kind: Sendable, Hashable {
        case call
        /// Done when a link took it.
        case notification
        /// Done when the connection stands.
        case connection
    }

    enum Input: Sendable {
        case submit(id: Int, Kind, method: String, params: JSON?, timeout: Duration)
        case cancel(id: Int)
        /// A link took this item.
        case sent(id: Int)
        /// The link was gone already: nothing of this item left.
        case unsent(id: Int)
        /// The link had no room for this item.
        case refused(id: Int)
        case linkUp(Int)
        case linkFailed(Int, RPCClientError)
        case linkLost(Int, CloseReason)
        case message(Int, Envelope)
        /// A handler's answer to the server's request.
        case answer(Envelope.ID, ByteBuffer)
        case heartbeat(Duration?)
        case timer(Timer)
        case close(sendCloseMessage: Bool)
    }

    enum Action: Sendable {
        case dial(Int, Transport)
        /// Give up on the current link or the attempt to make one.
        case drop(CloseReason)
        /// Send, and tell what became of the item with this id.
        case send(ByteBuffer, id: Int?)
        case complete(Int, Result<Answer, RPCClientError>)
        case arm(Timer, Duration)
        case disarm(Timer)
        case emit(RPCClientEvent)
        case notification(RPCNotification)
        case serve(Envelope.Request)
        case finished
    }

    struct Answer: Sendable, Hashable {
        /// The result without its session id.
        var result: JSON
        /// Whether a session id came with it, in which case it may be wrapped.
        var hadSessionID: Bool
    }

    struct Settings: Sendable {
        var connectionTimeout: Duration = .seconds(5)
        var idleTimeout: Duration = .seconds(300)
        var closeTimeout: Duration = .seconds(1)
        var reconnection = RPCClientConfiguration.Reconnection()
        var waitingCalls = 1024
        var servedRequests = 64
        var transports: [Transport] = [.webSocket]
        /// A number from 0 to 1, for delays.
        var random: @Sendable () -> Double = { Double.random(in: 0...1) }
    }

    struct Pending: Sendable {
        var kind: Kind
        var message: ByteBuffer
        var isSent = false
    }

    let settings: Settings
    var phase = Phase.idle
    var link = 0
    var sessionID: String?
    /// The place of the transport in use in the settings' list.
    var transportIndex = 0
    /// How many transports this attempt has tried.
    var transportsTried = 0
    var attempts = 0
    /// Since when the connection is lost; nil before the first connection.
    var lostAt: Duration?
    var attachID: Int?
    /// Whether the attach under way names the session.
    var isReattaching = false
    /// Whether the session from before was lost on the way back.
    var sessionChanged = false
    var closeID: Int?
    var pingID: Int?
    var heartbeat: Duration?
    var nextPingNamesInterval = true
    var lastReceived = Duration.zero
    var lastActivity = Duration.zero
    var pending: [Int: Pending] = [:]
    var queue: Deque<Int> = []
    var serving: Set<Envelope.ID> = []
    /// Answers given while there was no connection; at most as many as requests are served at once.
    var heldAnswers: [ByteBuffer] = []
    var deadlines: [Timer: Duration] = [:]
    var actions: [Action] = []
    private var lastID = 0

    init(settings: Settings, heartbeat: Duration?) {
        self.settings = settings
        self.heartbeat = heartbeat
    }

    mutating func makeID() -> Int {
        lastID += 1
        return lastID
    }

    /// Takes one input and tells what to do, in order.
    mutating func handle(_ input: Input, now: Duration) -> [Action] {
        actions = []
        switch input {
        case .submit(let id, let kind, let method, let params, let timeout):
            submit(id, kind, method, params, timeout, now)
        case .cancel(let id): remove(id)
        case .sent(let id):
            if pending[id]?.kind == .notification { succeed(id, Answer(result: .null, hadSessionID: false)) }
        case .unsent(let id): putBack(id)
        case .refused(let id):
            fail(id, RPCClientError(.overloaded, "the connection's outbound queue is full"))
        case .linkUp(let number) where number == link && phase == .dialing: attach(now)
        case .linkFailed(let number, let error) where number == link && phase == .dialing: dialFailed(error, now)
        case .linkLost(let number, let reason) where number == link: linkLost(reason, now)
        case .message(let number, let envelope) where number == link: received(envelope, now)
        case .answer(let id, let message):
            guard serving.remove(id) != nil else { break }
            // The session waits for it, whichever link it goes over.
            if phase == .open { transmit(message, now) } else { heldAnswers.append(message) }
        case .heartbeat(let interval): setHeartbeat(interval, now)
        case .timer(let timer): timerFired(timer, now)
        case .close(let sendCloseMessage): close(sendCloseMessage, now)
        case .linkUp, .linkFailed, .linkLost, .message: break
        }
        defer { actions = [] }
        return actions
    }

    mutating func arm(_ timer: Timer, after delay: Duration, _ now: Duration) {
        deadlines[timer] = now + delay
        actions.append(.arm(timer, delay))
    }

    mutating func disarm(_ timer: Timer) {
        guard deadlines.removeValue(forKey: timer) != nil else { return }
        actions.append(.disarm(timer))
    }

    mutating func transmit(_ message: ByteBuffer, id: Int? = nil, _ now: Duration) {
        lastActivity = now
        actions.append(.send(message, id: id))
    }

    private mutating func timerFired(_ timer: Timer, _ now: Duration) {
        // A timer that was set anew or given up while it fired.
        guard let deadline = deadlines[timer], now >= deadline else { return }
        disarm(timer)
        switch timer {
        case .connection:
            let error = RPCClientError(.timeout, "no connection within \(settings.connectionTimeout)")
            actions.append(.drop(CloseReason(.goingAway, "connection timeout")))
            dialFailed(error, now)
        case .retry: startAttempt(now)
        case .heartbeat: heartbeatDue(now)
        case .idle: idleDue(now)
        case .closing: finish("closed", now)
        case .call(let id): fail(id, RPCClientError(.timeout, "no answer in time"))
        }
    }
}
