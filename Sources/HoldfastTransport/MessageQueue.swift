// SPDX-License-Identifier: Apache-2.0
package import DequeModule

/// The bounds of a queue of messages, in messages and bytes.
public struct QueueLimits: Sendable, Hashable {
    /// The most messages that wait; default 1,024.
    public var messages: Int
    /// The most bytes that wait; default 1 MiB.
    ///
    /// One message larger than this is still taken by an empty queue.
    public var bytes: Int

    /// Creates bounds.
    public init(messages: Int = 1024, bytes: Int = 1 << 20) {
        self.messages = messages
        self.bytes = bytes
    }
}

/// An ordered queue of messages, bounded in messages and bytes.
package struct MessageQueue: Sendable {
    package private(set) var messages: Deque<Message> = []
    package private(set) var bytes = 0
    package let limits: QueueLimits

    package init(limits: QueueLimits) {
        self.limits = limits
    }

    package var isEmpty: Bool { messages.isEmpty }
    package var count: Int { messages.count }

    /// Whether a message of `size` bytes finds room.
    package func hasRoom(for size: Int) -> Bool {
        messages.isEmpty || (messages.count < limits.messages && bytes <= limits.bytes - min(size, limits.bytes))
    }

    /// Whether at most half of either bound is used, so that waiting senders may go on.
    package var isHalfEmpty: Bool { messages.count <= limits.messages / 2 && bytes <= limits.bytes / 2 }

    package mutating func append(_ message: Message) {
        messages.append(message)
        bytes += message.count
    }

    package mutating func popFirst() -> Message? {
        guard let message = messages.popFirst() else { return nil }
        bytes -= message.count
        return message
    }

    package mutating func removeAll() {
        messages.removeAll()
        bytes = 0
    }
}
