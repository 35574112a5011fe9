// SPDX-License-Identifier: Apache-2.0
internal import DequeModule
package import HoldfastTransport

/// What one side of a session has to say: encoded messages, numbered in the order sent, kept until the other side has them.
///
/// `acked ≤ sent ≤ end`: everything up to ``acked`` is gone, up to ``end`` it has been appended; how far it was sent is a cursor of
/// whoever sends, so that another connection begins where the other side's knowledge ends. Pure.
package struct Ledger: Sendable {
    /// Notifications leave a quarter of the room to answers and calls, so that a call can always be answered.
    package enum Kind: Sendable {
        case notification
        case answer
    }

    private var messages: Deque<Message> = []
    /// The number of the last message that the other side has.
    package private(set) var acked: UInt64 = 0
    /// The bytes of the messages kept.
    package private(set) var bytes = 0

    package init() {}

    /// The number of the last message appended.
    package var end: UInt64 { acked &+ UInt64(messages.count) }

    package var count: Int { messages.count }

    /// Appends a message, unless there is no room for its kind; a message larger than all room finds it when nothing else is kept.
    package mutating func append(_ message: Message, _ kind: Kind, limits: QueueLimits) -> Bool {
        if !messages.isEmpty {
            let share = kind == .answer ? limits : limits.threeQuarters
            guard messages.count < max(share.messages, 1), message.count <= share.bytes - bytes else { return false }
        }
        messages.append(message)
        bytes += message.count
        return true
    }

    /// The message after number `cursor`; `nil` when that is the last one, or is not kept any more.
    package func message(after cursor: UInt64) -> Message? {
        guard cursor >= acked, cursor < end else { return nil }
        // Less than the count of messages, so it fits.
        return messages[Int(cursor &- acked)]
    }

    /// The other side has everything up to number `sequence`; what is beyond the end is not believed.
    package mutating func acknowledge(_ sequence: UInt64) {
        while acked < sequence, let message = messages.popFirst() {
            bytes -= message.count
            acked &+= 1
        }
    }

    /// Forgets everything.
    package mutating func removeAll() {
        acknowledge(end)
    }
}

extension QueueLimits {
    fileprivate var threeQuarters: QueueLimits {
        QueueLimits(messages: messages / 4 * 3, bytes: bytes / 4 * 3)
    }
}
