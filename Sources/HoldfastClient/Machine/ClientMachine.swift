// SPDX-License-Identifier: Apache-2.0
internal import DequeModule
internal import HoldfastRPC
internal import HoldfastTransport
internal import NIOCore

/// A client's whole behaviour: inputs in, actions out; no I/O, no clock of its own.
///
/// Links are numbered. What comes from any but the current one is ignored, so late news of an old link changes nothing; a
/// ``Move`` and the link it leaves are the exceptions.
struct ClientMachine: Sendable {
    let settings: Settings
    var phase = Phase.idle
    /// The current link; a number that none has while there is none.
    var link = 0
    /// A better link in the making.
    var move: Move?
    /// The link that a move left and whose last messages are awaited.
    var settling: Settling?
    /// How long the next try of a better transport is put off.
    var probeBackoff = Duration.zero
    var sessionID: String?
    /// How the server shows sessions in messages, as far as is known; a server without sessions is plain.
    var wire = RPCOptions.Wire.plain
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
    /// How often the session was asked for over a link that was left without an answer: each may still reach the server, which then
    /// moves the session there and leaves the link in use with 4409.
    var lateConnects = 0
    /// Whether the attach under way was asked for on one wire in vain already.
    var hasChangedWire = false
    /// Whether the session from before was lost on the way back.
    var sessionChanged = false
    /// What was agreed with a server that loses nothing.
    var resumption: Resumption?
    /// How often that session was asked for.
    var attempt: UInt64 = 0
    /// How often in a row a later attempt had the session.
    var supersessions = 0
    /// Why the server has said that it leaves the link.
    var detached: CloseCode?
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
    /// What was kept of the session last.
    var saved: SaveMark?
    var lastID = 0
    private var lastLink = 0

    init(settings: Settings, heartbeat: Duration?) {
        self.settings = settings
        self.heartbeat = heartbeat
    }

    mutating func makeID() -> Int {
        lastID += 1
        return lastID
    }

    mutating func makeLink() -> Int {
        lastLink += 1
        return lastLink
    }

    /// Gives up on the current link: whatever still comes of it is too late.
    mutating func leaveLink(_ reason: CloseReason) {
        actions.append(.drop(link, reason))
        link = makeLink()
        detached = nil
    }

    /// Whether messages may go out now.
    var canSend: Bool { phase == .open && (resumption != nil || move?.holdsMessages != true) }

    /// Takes one input and tells what to do, in order.
    mutating func handle(_ input: Input, now: Duration) -> [Action] {
        actions = []
        switch input {
        case .submit(let id, let kind, let method, let params, let timeout):
            submit(id, kind, method, params, timeout, now)
        case .cancel(let id): remove(id)
        case .sent(let id):
            if pending[id]?.kind == .notification { succeed(id, Answer(result: .null)) }
        case .unsent(let id): putBack(id)
        case .refused(let id):
            fail(id, RPCClientError(.overloaded, "the connection's outbound queue is full"))
        case .linkUp(let number) where number == link && phase == .dialing: attach(now)
        case .linkFailed(let number, let error) where number == link && phase == .dialing: dialFailed(error, now)
        case .linkLost(let number, let reason) where number == link: linkLost(reason, now)
        case .message(let number, let envelope, let bytes) where number == link:
            if settling == nil || resumption != nil {
                received(envelope, bytes: bytes, over: number, now)
            } else {
                // What the server said over the link before comes first.
                settling?.held.append(envelope)
            }
        case .progress(let number):
            if number == link { lastReceived = now }
            heardOldLink(number, now)
        case .linkUp(let number) where number == move?.link: moveLinkUp(now)
        case .linkFailed(let number, _) where number == move?.link, .linkLost(let number, _) where number == move?.link:
            moveFailed(now)
        case .message(let number, let envelope, _) where number == move?.link: moveReceived(envelope, now)
        case .linkLost(let number, _) where number == settling?.link: settle(now)
        case .message(let number, let envelope, let bytes) where number == settling?.link:
            heardOldLink(number, now)
            received(envelope, bytes: bytes, over: number, now)
        case .overflowed(let number) where number == link: overflowed(now)
        case .answer(let id, let message):
            // The session waits for it, whichever link it goes over.
            if serving.remove(id) != nil { reply(message, now) }
        case .heartbeat(let interval): setHeartbeat(interval, now)
        case .timer(let timer): timerFired(timer, now)
        case .close(let sendCloseMessage): close(sendCloseMessage, now)
        case .linkUp, .linkFailed, .linkLost, .message, .overflowed: break
        }
        if settings.isStored { save() }
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

    mutating func transmit(_ message: ByteBuffer, id: Int? = nil, over link: Int? = nil, _ now: Duration) {
        lastActivity = now
        actions.append(.send(message, id: id, over: link ?? self.link))
    }

    /// Answers the server now, or after the return.
    mutating func reply(_ message: ByteBuffer, _ now: Duration) {
        guard canSend, hasRoom(for: message, .answer) else {
            heldAnswers.append(message)
            if phase == .open { askToAcknowledge(isWaiting: true, now) }
            return
        }
        if resumption == nil { transmit(message, now) } else { _ = transmitCounted(message, .answer, now) }
    }

    private mutating func timerFired(_ timer: Timer, _ now: Duration) {
        // A timer that was set anew or given up while it fired.
        guard let deadline = deadlines[timer], now >= deadline else { return }
        disarm(timer)
        switch timer {
        case .connection:
            dialFailed(RPCClientError(.timeout, "no connection within \(settings.connectionTimeout)"), now)
        case .retry: startAttempt(now)
        case .heartbeat: heartbeatDue(now)
        case .idle: idleDue(now)
        case .closing: finish("closed", now)
        case .probe: probe(now)
        case .move: moveFailed(now)
        case .settle: settle(now)
        case .acknowledgement: acknowledgementDue(now)
        case .goAway: leaveServer(now)
        case .call(let id): fail(id, RPCClientError(.timeout, "no answer in time"))
        }
    }
}
