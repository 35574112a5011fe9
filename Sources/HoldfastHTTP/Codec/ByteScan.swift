// SPDX-License-Identifier: Apache-2.0

/// Byte classes of RFC 9110 and word-wise searches for the few bytes that end an element.
///
/// Every search reads only `base[from..<end]`; the caller guarantees that range lies inside its buffer.
enum ByteScan {
    /// Whether `byte` may be part of a token (RFC 9110 §5.6.2).
    @inline(__always)
    static func isToken(_ byte: UInt8) -> Bool {
        // Two 64-bit maps, one for 0x00–0x3F and one for 0x40–0x7F.
        let map: UInt64 = byte & 0x40 == 0 ? 0x03FF_6CFA_0000_0000 : 0x57FF_FFFF_C7FF_FFFE
        return byte < 0x80 && (map &>> UInt64(byte & 0x3F)) & 1 != 0
    }

    @inline(__always)
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    @inline(__always)
    static func isAlphanumeric(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 || isDigit(byte) }

    /// The value of a hexadecimal digit, or nil.
    @inline(__always)
    static func hexValue(_ byte: UInt8) -> UInt8? {
        if byte &- 0x30 < 10 { return byte &- 0x30 }
        let letter = (byte | 0x20) &- 0x61
        return letter < 6 ? letter &+ 10 : nil
    }

    @inline(__always)
    static func lowercased(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

    @inline(__always)
    static func byte(_ base: UnsafeRawPointer, _ offset: Int) -> UInt8 {
        base.load(fromByteOffset: offset, as: UInt8.self)
    }

    /// The first byte below 0x20 or equal to 0x7F in `from..<end`, or `end`.
    @inline(__always)
    static func firstControl(_ base: UnsafeRawPointer, from: Int, to end: Int) -> Int {
        var offset = from
        // `offset &+ 8 <= end` keeps the eight-byte load inside the range; offsets are far below Int.max.
        while offset &+ 8 <= end {
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            let hit = below(word, 0x20) | equal(word, 0x7F)
            if hit != 0 { return offset &+ (hit.trailingZeroBitCount &>> 3) }
            offset &+= 8
        }
        while offset < end {
            let byte = byte(base, offset)
            if byte < 0x20 || byte == 0x7F { return offset }
            offset &+= 1
        }
        return end
    }

    /// The first byte in `from..<end` that cannot be inside a request target or is its `?`, or `end`.
    ///
    /// Stops at 0x00–0x20, `#`, `?`, 0x7F and 0x80–0xFF. The rest of VCHAR stays allowed because browsers
    /// send characters such as `|` and `[` unescaped.
    @inline(__always)
    static func firstTargetStop(_ base: UnsafeRawPointer, from: Int, to end: Int) -> Int {
        var offset = from
        // Loads stay inside the range as in `firstControl`.
        while offset &+ 8 <= end {
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            let hit =
                below(word, 0x21) | equal(word, 0x7F) | equal(word, 0x23) | equal(word, 0x3F)
                | (word & 0x8080_8080_8080_8080)
            if hit != 0 { return offset &+ (hit.trailingZeroBitCount &>> 3) }
            offset &+= 8
        }
        while offset < end {
            let byte = byte(base, offset)
            if byte < 0x21 || byte >= 0x7F || byte == 0x23 || byte == 0x3F { return offset }
            offset &+= 1
        }
        return end
    }

    /// The first line feed in `from..<end`, or `end`.
    @inline(__always)
    static func firstLineFeed(_ base: UnsafeRawPointer, from: Int, to end: Int) -> Int {
        var offset = from
        // Loads stay inside the range as in `firstControl`.
        while offset &+ 8 <= end {
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            let hit = equal(word, 0x0A)
            if hit != 0 { return offset &+ (hit.trailingZeroBitCount &>> 3) }
            offset &+= 8
        }
        while offset < end {
            if byte(base, offset) == 0x0A { return offset }
            offset &+= 1
        }
        return end
    }

    /// Whether `base[start..<end]` equals `text`, an ASCII literal in lower case, ignoring the case of letters.
    @inline(__always)
    static func equalsFolded(_ base: UnsafeRawPointer, _ start: Int, _ end: Int, _ text: StaticString) -> Bool {
        guard end &- start == text.utf8CodeUnitCount else { return false }
        let expected = UnsafeRawPointer(text.utf8Start)
        var index = 0
        while index < end &- start {
            if lowercased(byte(base, start &+ index)) != byte(expected, index) { return false }
            index &+= 1
        }
        return true
    }

    /// `start..<end` without spaces and tabs at both sides.
    @inline(__always)
    static func trimmed(_ base: UnsafeRawPointer, _ start: Int, _ end: Int) -> (start: Int, end: Int) {
        var start = start
        var end = end
        while start < end, isBlank(byte(base, start)) { start &+= 1 }
        while start < end, isBlank(byte(base, end &- 1)) { end &-= 1 }
        return (start, end)
    }

    /// Whether `base[start..<end]` holds a tab.
    static func containsTab(_ base: UnsafeRawPointer, _ start: Int, _ end: Int) -> Bool {
        var index = start
        while index < end {
            if byte(base, index) == 0x09 { return true }
            index &+= 1
        }
        return false
    }

    @inline(__always)
    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    // The two word tests set the top bit of matching bytes. Borrows can set it in a byte *above* a match, never
    // below, so the lowest set bit is always exact.

    @inline(__always)
    private static func below(_ word: UInt64, _ bound: UInt8) -> UInt64 {
        (word &- 0x0101_0101_0101_0101 &* UInt64(bound)) & ~word & 0x8080_8080_8080_8080
    }

    @inline(__always)
    private static func equal(_ word: UInt64, _ value: UInt8) -> UInt64 {
        let difference = word ^ (0x0101_0101_0101_0101 &* UInt64(value))
        return (difference &- 0x0101_0101_0101_0101) & ~difference & 0x8080_8080_8080_8080
    }
}
