// SPDX-License-Identifier: Apache-2.0
internal import DequeModule
internal import HoldfastTransport

/// Messages of a connection that wait until a session has been found.
struct HeldMessages: Sendable {
    enum Verdict: Sendable {
        case held
        case full
    }

    /// A client that waits for its answer sends little meanwhile, and the link stops reading.
    static let limits = QueueLimits(messages: 256, bytes: 1 << 20)

    private var messages: Deque<Message> = []
    private var bytes = 0
    private var isSearching = true

    mutating func add(_ message: Message) -> Verdict {
        guard messages.count < Self.limits.messages, bytes < Self.limits.bytes else { return .full }
        messages.append(message)
        bytes += message.count
        return .held
    }

    /// Looks for another session, before the next message.
    func searching() -> HeldMessages {
        var copy = self
        copy.isSearching = true
        return copy
    }

    /// What was looked for has been found.
    mutating func found() {
        isSearching = false
    }

    /// The next message, unless another session has to be found first.
    mutating func next() -> Message? {
        guard !isSearching, let message = messages.popFirst() else { return nil }
        bytes -= message.count
        return message
    }

    /// Whether nothing waits any more.
    var isDone: Bool { !isSearching && messages.isEmpty }
}
