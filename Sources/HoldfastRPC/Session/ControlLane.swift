// SPDX-License-Identifier: Apache-2.0
internal import DequeModule
internal import HoldfastTransport

/// What a connection says beside its session's messages: answers to `ping` and `connect`, and errors.
///
/// They belong to the connection and go nowhere else.
struct ControlLane: Sendable {
    private struct Entry: Sendable {
        let message: Message
        /// The session's message after which this one goes out.
        let position: UInt64
    }

    /// So much waits only for a client that does not read.
    static let limits = QueueLimits(messages: 64, bytes: 1 << 16)

    private var entries: Deque<Entry> = []
    private var bytes = 0

    /// All that waits.
    var messages: [Message] { entries.map(\.message) }

    /// Whether there is room that answers will not need.
    var takesMore: Bool { entries.count < Self.limits.messages / 2 && bytes < Self.limits.bytes / 2 }

    /// Adds a message, to go out once the session's messages up to `position` have; `false` when there is no room.
    mutating func append(_ message: Message, after position: UInt64) -> Bool {
        guard entries.count < Self.limits.messages, message.count <= Self.limits.bytes - bytes || entries.isEmpty
        else { return false }
        entries.append(Entry(message: message, position: position))
        bytes += message.count
        return true
    }

    /// The session's messages are numbered anew: what was `sent` is 0.
    mutating func rebase(from sent: UInt64) {
        entries = Deque(
            entries.map { Entry(message: $0.message, position: $0.position > sent ? $0.position - sent : 0) }
        )
    }

    /// Takes the first message that may go out when the session's messages up to `sent` have.
    mutating func take(after sent: UInt64) -> Message? {
        guard let first = entries.first, first.position <= sent else { return nil }
        entries.removeFirst()
        bytes -= first.message.count
        return first.message
    }
}
