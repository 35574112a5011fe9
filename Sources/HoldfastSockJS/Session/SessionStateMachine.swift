// SPDX-License-Identifier: Apache-2.0
package import HoldfastTransport

/// Names one receiving request of a session.
package struct ReceiverID: Sendable, Hashable {
    package let rawValue: UInt64

    package init(_ rawValue: UInt64) {
        self.rawValue = rawValue
    }
}

/// The life of a session that is carried by many requests: who receives, what is written next, when the session ends.
///
/// Pure: it holds no message and does no I/O. Whoever drives it serialises the calls, performs the ``Step``s of a receiver one by
/// one on that receiver's loop, reports the outcome of each, and keeps one timer, at ``timerToArm()``.
package struct SessionStateMachine: Sendable {
    package struct Configuration: Sendable, Hashable {
        /// The time without a receiver after which the session ends.
        package var disconnectDelay: Duration
        /// The time without a frame after which a waiting receiver gets a heartbeat.
        package var heartbeat: Duration
        /// The bytes of frames after which a streaming response ends; the prelude does not count.
        package var streamLimit: Int

        package init(disconnectDelay: Duration, heartbeat: Duration, streamLimit: Int) {
            self.disconnectDelay = disconnectDelay
            self.heartbeat = heartbeat
            self.streamLimit = streamLimit
        }
    }

    package enum ReceiverMode: Sendable, Hashable {
        /// The response ends with its first frame.
        case polling
        /// The same for a client that shares few connections: it gets a heartbeat almost at once, so that it holds none.
        case brief
        /// The response carries frames up to the stream limit.
        case streaming
    }

    package enum Phase: Sendable, Hashable {
        /// No frame has been sent.
        case new
        case open
        /// Over: every receiver is told the reason until none has asked for the disconnect delay.
        case closing(CloseReason)
        /// Forgotten.
        case gone
    }

    private struct Receiver: Sendable {
        var id: ReceiverID
        var mode: ReceiverMode
        var written = 0
        var heartbeatAt: Duration
        var heartbeatDue = false
        /// Its client sends no more, and counts as gone at this time.
        var leavesAt: Duration?
        var turnScheduled = false
        var sentClose = false
    }

    package private(set) var phase = Phase.new
    private let configuration: Configuration
    private var receiver: Receiver?
    /// When the session ends unless a receiver comes.
    private var expiresAt: Duration
    /// The connection may have something to take.
    private var hasOutbound = false
    private var wasInterrupted = false
    private var armedAt: Duration?

    /// A session without a receiver yet.
    package init(configuration: Configuration, now: Duration) {
        self.configuration = configuration
        self.expiresAt = now + configuration.disconnectDelay
    }

    // MARK: Receivers

    package enum Attachment: Sendable, Hashable {
        /// The receiver holds the session: write its prelude and take a turn.
        case accepted
        /// Another receiver holds the session.
        case busy(ReceiverID)
        /// The receiver that holds the session has a client that sends no more; as it asks again, it does not wait for that answer.
        case left(ReceiverID)
        /// The session has been forgotten.
        case gone
    }

    /// A receiving request asks for the session.
    package mutating func attach(_ id: ReceiverID, _ mode: ReceiverMode, now: Duration) -> Attachment {
        if phase == .gone { return .gone }
        if let receiver { return receiver.leavesAt == nil ? .busy(receiver.id) : .left(receiver.id) }
        let wait = mode == .brief ? Self.briefWait : configuration.heartbeat
        receiver = Receiver(id: id, mode: mode, heartbeatAt: now + wait)
        return .accepted
    }

    /// A receiver's connection broke.
    ///
    /// - Returns: Whether that ended the session, which the application then has to hear of.
    package mutating func receiverBroke(_ id: ReceiverID, now: Duration) -> Bool {
        guard receiver?.id == id else { return false }
        detach(now)
        return interrupt()
    }

    /// A polling receiver's client sends no more.
    ///
    /// It has most likely left, but may wait for its answer: that has a moment to come, and then the session ends as if the
    /// connection had broken.
    package mutating func inputEnded(_ id: ReceiverID, now: Duration) {
        guard receiver?.id == id else { return }
        receiver?.leavesAt = now + Self.briefWait
    }

    /// - Returns: Whether that ended the session.
    private mutating func interrupt() -> Bool {
        switch phase {
        case .new, .open:
            phase = .closing(Self.interrupted)
            wasInterrupted = true
            return true
        case .closing, .gone:
            return false
        }
    }

    private mutating func detach(_ now: Duration) {
        receiver = nil
        expiresAt = now + configuration.disconnectDelay
    }

    /// How long a brief poll waits: long enough for the answer to what was sent just before it.
    package static let briefWait = Duration.milliseconds(50)

    /// What a client hears whose receiver was cut off.
    package static let interrupted = CloseReason(.protocolError, "Connection interrupted")

    // MARK: A receiver's turn

    /// What the driver did since its last call.
    package enum Outcome: Sendable, Hashable {
        /// A turn begins.
        case turn
        /// A frame went out.
        ///
        /// - Parameters:
        ///   - bytes: Its size in its wrapping.
        ///   - more: Whether the connection had more to take.
        case wrote(bytes: Int, more: Bool)
        /// The connection had nothing to take.
        case empty
        /// The connection has been emptied and wants to close.
        case closed(CloseReason)
    }

    /// What the driver does next.
    package enum Step: Sendable, Hashable {
        /// Start the application, then write `o`.
        case open
        /// Take what the connection has and write it as one frame.
        case pull
        /// Write `h`.
        case heartbeat
        /// Write `c`.
        case close(CloseReason)
        /// End the response; the receiver is no longer the session's.
        case end
        /// The turn is over.
        case wait
    }

    /// Decides a receiver's next step.
    package mutating func step(_ id: ReceiverID, after outcome: Outcome, now: Duration) -> Step {
        guard var current = receiver, current.id == id else { return .wait }
        switch outcome {
        case .turn:
            current.turnScheduled = false
        case .wrote(let bytes, let more):
            if more { hasOutbound = true }
            current.written += bytes
            current.heartbeatAt = now + configuration.heartbeat
            current.heartbeatDue = false
            if current.mode != .streaming || current.sentClose || current.written >= configuration.streamLimit {
                detach(now)
                return .end
            }
        case .empty:
            break
        case .closed(let reason):
            phase = .closing(reason)
        }
        defer { receiver = current }
        switch phase {
        case .new:
            phase = .open
            return .open
        case .open where hasOutbound:
            // Cleared before the taking, so that what becomes available meanwhile is noticed.
            hasOutbound = false
            return .pull
        case .open:
            return current.heartbeatDue ? .heartbeat : .wait
        case .closing(let reason):
            current.sentClose = true
            return .close(reason)
        case .gone:
            return .wait
        }
    }

    /// The connection has something to take.
    ///
    /// - Returns: The receiver whose turn has to be scheduled.
    package mutating func outboundAvailable() -> ReceiverID? {
        hasOutbound = true
        return scheduleTurn()
    }

    private mutating func scheduleTurn() -> ReceiverID? {
        guard var current = receiver, !current.turnScheduled else { return nil }
        current.turnScheduled = true
        receiver = current
        return current.id
    }

    // MARK: The client's messages

    package enum Intake: Sendable, Hashable {
        case deliver
        /// The application closed the session: its client has not heard yet.
        case drop
        /// As if the session had never been.
        case unknown
    }

    /// What becomes of messages that the client sends now.
    package var intake: Intake {
        switch phase {
        case .open: .deliver
        case .closing: wasInterrupted ? .unknown : .drop
        case .new, .gone: .unknown
        }
    }

    // MARK: Time

    package enum TimerOutcome: Sendable, Hashable {
        case nothing
        /// A heartbeat is due: schedule this receiver's turn.
        case wake(ReceiverID)
        /// The receiver's client has left, which ended the session: tell the application, and schedule the receiver's turn.
        case interrupt(ReceiverID)
        /// The session is to be forgotten; `lost` when the application does not know yet.
        case expire(lost: Bool)
    }

    /// The armed timer fired.
    package mutating func timerFired(now: Duration) -> TimerOutcome {
        armedAt = nil
        if phase == .gone { return .nothing }
        if let receiver, let leavesAt = receiver.leavesAt, now >= leavesAt {
            if hasOutbound {
                // Its turn is only late.
                self.receiver?.leavesAt = now + Self.briefWait
                return scheduleTurn().map { .wake($0) } ?? .nothing
            }
            self.receiver?.leavesAt = nil
            return interrupt() ? .interrupt(receiver.id) : .nothing
        }
        if let due = receiver?.heartbeatAt {
            guard now >= due else { return .nothing }
            receiver?.heartbeatAt = now + configuration.heartbeat
            receiver?.heartbeatDue = true
            return scheduleTurn().map { .wake($0) } ?? .nothing
        }
        guard now >= expiresAt else { return .nothing }
        let lost = phase == .open || phase == .new
        phase = .gone
        return .expire(lost: lost)
    }

    /// The time at which to arm the timer, cancelling an earlier arming; `nil` when it need not change.
    ///
    /// A deadline that moves away leaves the timer as it is: firing early only arms it anew. So a busy session seldom does.
    package mutating func timerToArm() -> Duration? {
        if phase == .gone { return nil }
        let deadline = receiver.map { min($0.heartbeatAt, $0.leavesAt ?? $0.heartbeatAt) } ?? expiresAt
        if let armedAt, armedAt <= deadline { return nil }
        armedAt = deadline
        return deadline
    }
}
