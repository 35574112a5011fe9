// SPDX-License-Identifier: Apache-2.0

/// A hash table from an owner and some bytes to a number, looked up without making a `String`.
///
/// It is built once from the application's own routes, so that its collisions are not in a client's hands.
struct ByteTable: Sendable {
    private struct Slot {
        var owner: Int32 = -1
        var start: Int32 = 0
        var count: Int32 = 0
        var value: Int32 = -1
    }

    private var slots: [Slot]
    private var keys: ContiguousArray<UInt8> = []

    /// Builds the table; each owner's keys are distinct.
    init(_ entries: [(owner: Int, key: String, value: Int)]) {
        var capacity = 4
        while capacity < entries.count * 2 { capacity *= 2 }
        slots = Array(repeating: Slot(), count: capacity)
        for entry in entries {
            let start = keys.count
            keys.append(contentsOf: entry.key.utf8)
            var index = keys.span.bytes.hash(start..<keys.count, seed: entry.owner) & (capacity - 1)
            while slots[index].value >= 0 { index = (index + 1) & (capacity - 1) }
            slots[index] = Slot(
                owner: Int32(entry.owner),
                start: Int32(start),
                count: Int32(keys.count - start),
                value: Int32(entry.value)
            )
        }
    }

    /// The number stored for `owner` and `bytes[range]`; -1 when there is none.
    func find(_ owner: Int, _ bytes: borrowing RawSpan, _ range: Range<Int>) -> Int {
        let mask = slots.count - 1
        var index = bytes.hash(range, seed: owner) & mask
        // Half of the slots at least are free, so that this ends.
        while true {
            let slot = slots[index]
            if slot.value < 0 { return -1 }
            if Int(slot.owner) == owner, Int(slot.count) == range.count, matches(slot, bytes, range) {
                return Int(slot.value)
            }
            index = (index + 1) & mask
        }
    }

    private func matches(_ slot: Slot, _ bytes: borrowing RawSpan, _ range: Range<Int>) -> Bool {
        let stored = keys.span.bytes
        var index = Int(slot.start)
        var position = range.lowerBound
        while range.upperBound - position >= 8 {
            let word = stored.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
            if word != bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self) { return false }
            index += 8
            position += 8
        }
        while position < range.upperBound {
            if stored[index] != bytes[position] { return false }
            index += 1
            position += 1
        }
        return true
    }
}

extension RawSpan {
    /// Mixes eight bytes at a time.
    fileprivate func hash(_ range: Range<Int>, seed: Int) -> Int {
        let multiplier: UInt64 = 0x9E37_79B9_7F4A_7C15
        var hash = UInt64(truncatingIfNeeded: seed) &* multiplier ^ UInt64(truncatingIfNeeded: range.count)
        var index = range.lowerBound
        while range.upperBound - index >= 8 {
            hash = (hash ^ unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)) &* multiplier
            hash ^= hash >> 32
            index += 8
        }
        var tail: UInt64 = 0
        while index < range.upperBound {
            tail = tail << 8 | UInt64(self[index])
            index += 1
        }
        hash = (hash ^ tail) &* multiplier
        return Int(truncatingIfNeeded: hash ^ (hash >> 32))
    }
}
