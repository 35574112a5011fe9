// SPDX-License-Identifier: Apache-2.0
internal import DequeModule
internal import HoldfastTransport

/// What a session has to say and could not yet give to a connection: encoded, in order, bounded.
///
/// Everything a session sends passes through here, so that order is decided in one place. Whoever appends to an outbox that
/// nobody empties becomes the one who does (`isPumping`), takes message after message and gives them to the connection, outside
/// the lock. Pure: the session does the giving.
struct Outbox: Sendable {
    /// Notifications leave a quarter of the room to answers and calls, so that a call can always be answered.
    enum Kind: Sendable {
        case notification
        case answer
    }

    private var messages: Deque<Message> = []
    private var bytes = 0
    /// How many messages were put at the front since one was taken out to be given, and are older than that one.
    private var older = 0
    private(set) var isPumping = false
    /// The connection took no more; waits for room or for another connection.
    private var isBlocked = false
    /// Room was reported after the message being given was taken out.
    private var sawRoom = false

    var isEmpty: Bool { messages.isEmpty }
    var count: Int { messages.count }

    /// Appends a message, unless there is no room for its kind.
    mutating func append(_ message: Message, _ kind: Kind, limits: QueueLimits) -> Bool {
        if !messages.isEmpty {
            let share =
                kind == .answer ? limits : QueueLimits(messages: limits.messages / 4 * 3, bytes: limits.bytes / 4 * 3)
            guard messages.count < max(share.messages, 1), message.count <= share.bytes - bytes else { return false }
        }
        messages.append(message)
        bytes += message.count
        return true
    }

    /// Puts messages before all others, whatever the limits.
    mutating func prepend(_ earlier: [Message]) {
        messages.prepend(contentsOf: earlier)
        bytes += earlier.reduce(0) { $0 + $1.count }
        older += earlier.count
    }

    /// Makes the caller the one who empties the outbox, if there is need.
    mutating func beginPumping() -> Bool {
        guard !isPumping, !isBlocked, !messages.isEmpty else { return false }
        isPumping = true
        return true
    }

    /// The next message to give, to the one who pumps; `nil` ends the pumping.
    mutating func next() -> Message? {
        sawRoom = false
        guard !isBlocked, let message = messages.popFirst() else {
            isPumping = false
            return nil
        }
        bytes -= message.count
        older = 0
        return message
    }

    /// Takes back a message the connection refused.
    ///
    /// - Parameter isCurrent: whether that connection is still the session's; if not, the next one is tried at once.
    mutating func refused(_ message: Message, isCurrent: Bool) {
        messages.insert(message, at: min(older, messages.count))
        bytes += message.count
        isBlocked = isCurrent && !sawRoom
    }

    /// The connection has room again, or is another one now.
    mutating func unblock() {
        sawRoom = true
        isBlocked = false
    }

    /// Stops the pumping when there is no connection to give to.
    mutating func stopPumping() {
        isPumping = false
    }

    /// Takes everything out.
    mutating func removeAll() -> [Message] {
        defer {
            messages = []
            bytes = 0
            older = 0
        }
        return Array(messages)
    }
}
