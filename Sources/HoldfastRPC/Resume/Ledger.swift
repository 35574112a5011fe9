// SPDX-License-Identifier: Apache-2.0
internal import DequeModule
package import HoldfastTransport

/// What one side of a session has to say: encoded messages, numbered in the order sent, kept until the other side has them.
///
/// `acked ≤ sent ≤ end`: everything up to ``acked`` is gone, up to ``end`` it has been appended; how far it was sent is a cursor of
/// whoever sends, so that another connection begins where the other side's knowledge ends. Numbers between the two that are kept no
/// more are ``gaps(after:)``. Pure.
package struct Ledger: Sendable {
    /// Notifications leave a quarter of the room to answers and calls, so that a call can always be answered.
    package enum Kind: Sendable {
        case notification
        case answer
        /// A call of the other side.
        case call
    }

    package struct Entry: Sendable {
        package let number: UInt64
        package internal(set) var message: Message
        package let kind: Kind
        /// What a later notification with the same key may take the place of.
        let key: String?
    }

    /// In the order of their numbers; all those after ``acked`` unless some were dropped.
    private var entries: Deque<Entry> = []
    /// The number of the last message that the other side has.
    package private(set) var acked: UInt64 = 0
    /// The number of the last message appended.
    package private(set) var end: UInt64 = 0
    /// The bytes of the messages kept.
    package private(set) var bytes = 0

    package init() {}

    /// Goes on where another one ended; what it kept is appended again.
    package init(acked: UInt64) {
        self.acked = acked
        end = acked
    }

    /// The messages kept.
    package var count: Int { entries.count }
    /// All that is kept, oldest first.
    package var kept: [Entry] { Array(entries) }

    /// Whether there is room for a message; one larger than all room finds it when nothing else is kept.
    package func hasRoom(for size: Int, _ kind: Kind, limits: QueueLimits) -> Bool {
        guard !entries.isEmpty else { return true }
        let share = kind == .notification ? limits.threeQuarters : limits
        return entries.count < max(share.messages, 1) && size <= share.bytes - bytes
    }

    /// Appends a message, unless there is no room for its kind.
    ///
    /// - Parameter key: What a later notification with the same key may take the place of.
    package mutating func append(
        _ message: Message,
        _ kind: Kind,
        key: String? = nil,
        limits: QueueLimits
    ) -> Bool {
        guard hasRoom(for: message.count, kind, limits: limits) else { return false }
        append(message, kind, key: key)
        return true
    }

    /// Appends a message, whether or not there is room.
    package mutating func append(_ message: Message, _ kind: Kind, key: String? = nil) {
        end &+= 1
        entries.append(Entry(number: end, message: message, kind: kind, key: key))
        bytes += message.count
    }

    /// Puts a message in the place of one with the same key that has not been sent; `false` when there is none, or no room.
    ///
    /// - Parameter make: Writes the message with the number of the other one.
    package mutating func replace(
        key: String,
        after cursor: UInt64,
        limits: QueueLimits,
        with make: (UInt64) -> Message
    ) -> Bool {
        guard let index = entries.lastIndex(where: { $0.key == key }), entries[index].number > cursor else {
            return false
        }
        let message = make(entries[index].number)
        let more = message.count - entries[index].message.count
        guard more <= 0 || more <= limits.threeQuarters.bytes - bytes else { return false }
        entries[index].message = message
        bytes += more
        return true
    }

    /// The first message after number `cursor` that is kept; `nil` when there is none.
    package func next(after cursor: UInt64) -> Entry? {
        guard let first = entries.first, cursor < end else { return nil }
        if cursor < first.number { return first }
        // Without gaps the place is the distance, which is less than the count of messages.
        let place = Int(clamping: cursor &- first.number) &+ 1
        if place < entries.count, entries[place].number == cursor &+ 1 { return entries[place] }
        let index = entries.firstIndex { $0.number > cursor }
        return index.map { entries[$0] }
    }

    /// The other side has everything up to number `sequence`; what is beyond the end is not believed.
    package mutating func acknowledge(_ sequence: UInt64) {
        while let first = entries.first, first.number <= sequence {
            bytes -= first.message.count
            entries.removeFirst()
        }
        acked = max(acked, min(sequence, end))
    }

    /// Drops the oldest notifications until there is room for a message; `false` when that is not enough.
    package mutating func dropNotifications(for size: Int, _ kind: Kind, limits: QueueLimits) -> Bool {
        guard !hasRoom(for: size, kind, limits: limits) else { return true }
        let share = kind == .notification ? limits.threeQuarters : limits
        var count = entries.count
        var bytes = bytes
        // What goes is decided first, then it goes in one pass.
        var dropped: UInt64 = 0
        for entry in entries where entry.kind == .notification {
            dropped = entry.number
            count -= 1
            bytes -= entry.message.count
            if count == 0 || count < max(share.messages, 1) && size <= share.bytes - bytes { break }
        }
        guard dropped > 0 else { return false }
        entries.removeAll { $0.kind == .notification && $0.number <= dropped }
        self.bytes = bytes
        return hasRoom(for: size, kind, limits: limits)
    }

    /// Forgets one message, as lost.
    package mutating func drop(_ number: UInt64) {
        guard let index = entries.firstIndex(where: { $0.number == number }) else { return }
        bytes -= entries.remove(at: index).message.count
    }

    /// Numbers a message that is not kept, as lost.
    package mutating func skip() {
        end &+= 1
    }

    /// Numbers messages up to `last` that are not kept, as lost.
    package mutating func skip(to last: UInt64) {
        end = max(end, last)
    }

    /// Forgets every message, as lost.
    package mutating func dropAll() {
        entries.removeAll()
        bytes = 0
    }

    /// Forgets everything, as if the other side had it.
    package mutating func removeAll() {
        acknowledge(end)
    }

    /// The numbers after `sequence` whose messages are kept no more.
    package func gaps(after sequence: UInt64) -> [ClosedRange<UInt64>] {
        var gaps: [ClosedRange<UInt64>] = []
        var expected = max(sequence, acked) &+ 1
        for entry in entries where entry.number >= expected {
            if entry.number > expected { gaps.append(expected...entry.number &- 1) }
            expected = entry.number &+ 1
        }
        if expected <= end { gaps.append(expected...end) }
        return gaps
    }
}

extension QueueLimits {
    fileprivate var threeQuarters: QueueLimits {
        QueueLimits(messages: messages / 4 * 3, bytes: bytes / 4 * 3)
    }
}
