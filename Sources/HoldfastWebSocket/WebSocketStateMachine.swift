// SPDX-License-Identifier: Apache-2.0

internal import HoldfastTransport
package import NIOCore

/// Which end of the connection this is; only clients mask (RFC 6455 §5.1).
package enum WebSocketRole: Sendable {
    case server
    case client
}

/// RFC 6455 after the handshake, without I/O: bytes in, messages and control frames out.
///
/// The caller passes every read to ``receive(_:now:)`` until that returns nil, arms one timer for ``nextDeadline`` and
/// calls ``tick(now:)`` when it fires, and performs the actions in order. Time is a `Duration` since any fixed moment
/// of a monotonic clock.
package struct WebSocketStateMachine: Sendable {
    /// What the caller must do.
    package enum Action: Sendable, Equatable {
        /// Deliver a whole message. The payload of a text message is valid UTF-8.
        case message(text: Bool, payload: ByteBuffer)
        /// Send a Ping frame.
        case sendPing(payload: ByteBuffer)
        /// Send a Pong frame.
        case sendPong(payload: ByteBuffer)
        /// Send a Close frame and go on reading. The application sends nothing more.
        case sendClose(CloseStatus)
        /// The peer closed, for this reason. Send `reply` if there is one, then close the transport: a server at once,
        /// a client when the server does or at `closeTransport`.
        case peerClosed(CloseStatus, reply: CloseStatus?)
        /// The connection failed here. Send a Close frame with this status if `sendFrame`, close the output, and read
        /// on (the bytes are dropped) until the end of input or `closeTransport`: closing at once with unread input
        /// would reset the connection and lose the frame.
        case fail(CloseStatus, sendFrame: Bool)
        /// Close the transport now.
        case closeTransport
    }

    enum Phase {
        case open
        /// A Close frame was sent; the peer's is awaited until the deadline.
        case closing(deadline: Duration)
        /// Nothing more is sent or parsed; the transport should end until the deadline.
        case draining(deadline: Duration)
        case ended
    }

    package let role: WebSocketRole
    package let limits: WebSocketLimits

    var phase = Phase.open
    var decoder: FrameDecoder
    /// The frame whose payload is being read.
    var frame: FrameHeader?
    /// The message being put together from fragments or from a frame that arrives in pieces.
    var message = ByteBuffer()
    /// Whether that message is text; nil when there is none.
    var messageIsText: Bool?
    var fragments = 0
    var validator = UTF8Validator()
    /// The payload of a control frame that arrives in pieces.
    var controlPayload = ByteBuffer()
    var controlBudget: TokenBucket
    /// The newest ping that could not be answered because the transport is not writable.
    var pendingPong: ByteBuffer?
    var isWritable = true

    var lastReceived: Duration
    /// When a ping was sent that nothing has followed yet.
    var pingSentAt: Duration?
    /// When the frame or message that is not complete yet began.
    var incompleteSince: Duration?
    /// Since when the caller does not read.
    var pausedSince: Duration?

    /// Why the connection ended, as the application shall hear it; nil while it is open.
    package internal(set) var closeStatus: CloseStatus?

    package init(role: WebSocketRole, limits: WebSocketLimits = WebSocketLimits(), now: Duration) {
        self.role = role
        self.limits = limits
        decoder = FrameDecoder(expectsMask: role == .server)
        controlBudget = TokenBucket(ratePerSecond: limits.controlFramesPerSecond, burst: limits.controlBurst)
        lastReceived = now
    }

    /// Whether the application may still send messages.
    package var isOpen: Bool {
        if case .open = phase { true } else { false }
    }

    /// Takes bytes from the peer.
    ///
    /// Call again with the same buffer until it returns nil; the buffer is empty then.
    ///
    /// - Parameters:
    ///   - buffer: what was read; one read's own buffer is enough, incomplete frames are kept inside.
    ///   - now: the current time.
    package mutating func receive(_ buffer: inout ByteBuffer, now: Duration) -> Action? {
        guard buffer.readableBytes > 0 else { return nil }
        lastReceived = now
        pingSentAt = nil
        do throws(CloseStatus) {
            switch phase {
            case .open:
                if let action = try receiveOpen(&buffer, now: now) { return action }
                if incompleteSince == nil, isMidway { incompleteSince = now }
                return nil
            case .closing:
                return try receiveClosing(&buffer, now: now)
            case .draining, .ended:
                buffer.moveReaderIndex(to: buffer.writerIndex)
                return nil
            }
        } catch {
            return fail(error, now: now)
        }
    }

    /// Starts the close handshake.
    ///
    /// - Returns: nil when the connection is already closing.
    package mutating func close(_ status: CloseStatus, now: Duration) -> Action? {
        guard isOpen else { return nil }
        phase = .closing(deadline: now + limits.closeTimeout)
        dropMessage()
        pendingPong = nil
        return .sendClose(status)
    }

    /// The transport can or cannot take more bytes now.
    ///
    /// While it cannot, only the newest ping is remembered.
    ///
    /// - Returns: the answer to that ping, when it can again.
    package mutating func writabilityChanged(_ writable: Bool) -> Action? {
        isWritable = writable
        guard writable, isOpen, let payload = pendingPong else { return nil }
        pendingPong = nil
        return .sendPong(payload: payload)
    }

    /// The transport is gone.
    ///
    /// - Returns: how the connection ended; 1006 unless a reason was given before.
    package mutating func transportClosed() -> CloseStatus {
        phase = .ended
        dropMessage()
        let status = closeStatus ?? .abnormal
        closeStatus = status
        return status
    }

    /// Ends the connection for an error of the peer.
    mutating func fail(_ status: CloseStatus, now: Duration) -> Action {
        let sendFrame = isOpen
        end(with: status, now: now)
        return .fail(status, sendFrame: sendFrame)
    }

    /// Stops parsing and waits for the transport to end.
    mutating func end(with status: CloseStatus, now: Duration) {
        phase = .draining(deadline: now + limits.closeTimeout)
        closeStatus = status
        frame = nil
        controlPayload = ByteBuffer()
        pendingPong = nil
        dropMessage()
    }

    mutating func dropMessage() {
        message = ByteBuffer()
        messageIsText = nil
        fragments = 0
        validator = UTF8Validator()
        incompleteSince = nil
    }

    /// Whether a frame or a message is incomplete.
    private var isMidway: Bool {
        frame != nil || messageIsText != nil || decoder.hasPartialHead
    }
}
