// SPDX-License-Identifier: Apache-2.0
internal import HoldfastRPC
internal import HoldfastTransport
internal import NIOCore

extension ClientMachine {
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
        /// Until a better transport is tried.
        case probe
        /// Until a move has to be done.
        case move
        /// Until the link that a move left has to have ended.
        case settle
        /// Until the server is told how far its messages have come.
        case acknowledgement
        /// Until the server's wish to be left is followed.
        case goAway
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
        /// Bytes arrive over a link.
        case progress(Int)
        case message(Int, Envelope, bytes: Int)
        /// A link had no room for a message that belongs to no item.
        case overflowed(Int)
        /// A handler's answer to the server's request.
        case answer(Envelope.ID, ByteBuffer)
        case heartbeat(Duration?)
        case timer(Timer)
        case close(sendCloseMessage: Bool)
    }

    enum Action: Sendable {
        case dial(Int, Transport)
        /// Give up on a link or the attempt to make it, if there still is one.
        case drop(Int, CloseReason)
        /// Send over a link, and tell what became of the item with this id.
        case send(ByteBuffer, id: Int?, over: Int)
        case complete(Int, Result<Answer, RPCClientError>)
        case arm(Timer, Duration)
        case disarm(Timer)
        case emit(RPCClientEvent)
        case notification(RPCNotification)
        case serve(Envelope.ID, Envelope.Call)
        /// Keep the session where another run of the program finds it; `nil` when there is none.
        case save(SessionRecord?)
        case finished
    }

    struct Answer: Sendable, Hashable {
        /// The result as the server's method returned it, as far as that can be told.
        var result: JSON
        /// Another reading of it that is as good, if there is one.
        var alternative: JSON?
    }

    struct Settings: Sendable {
        var connectionTimeout: Duration = .seconds(5)
        var idleTimeout: Duration = .seconds(300)
        var closeTimeout: Duration = .seconds(1)
        var reconnection = RPCClientConfiguration.Reconnection()
        var waitingCalls = 1024
        var servedRequests = 64
        var probeDelay: Duration? = .seconds(5)
        var transports: [Transport] = [.webSocket]
        /// How much is kept unacknowledged in a session that loses nothing; `nil` for sessions of the other kind.
        var resume: QueueLimits? = QueueLimits()
        /// Whether a session goes on although messages are missing.
        var toleratesGaps = false
        /// Whether sessions are kept for another run of the program.
        var isStored = false
        /// A number from 0 to 1, for delays.
        var random: @Sendable () -> Double = { Double.random(in: 0...1) }
    }

    struct Pending: Sendable {
        var kind: Kind
        var message: ByteBuffer
        var isSent = false
        /// Its number, once it has one.
        var number: UInt64?
    }
}
