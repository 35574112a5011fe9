// SPDX-License-Identifier: Apache-2.0

/// Questions about single places of a JSON text, shared by scanning, escaping and unescaping.
enum JSONBytes {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highBits: UInt64 = 0x8080_8080_8080_8080

    /// The first place from `start` on that is not plain: a quote, a backslash, a control character or, if asked, anything beyond
    /// ASCII.
    ///
    /// Eight bytes a step: subtracting a value from each byte of a word sets the byte's high bit where it was smaller. A borrow
    /// can only spoil bytes above a true hit, and the lowest hit is the one used.
    @inline(__always)
    static func afterPlain(_ bytes: borrowing Span<UInt8>, _ start: Int, stopsBeyondASCII: Bool = true) -> Int {
        var position = start
        let raw = bytes.bytes
        while position &+ 8 <= raw.byteCount {
            let word = UInt64(littleEndian: raw.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self))
            let quote = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
            let backslash = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
            let below = (quote &- ones) & ~quote | (backslash &- ones) & ~backslash | (word &- ones &* 0x20) & ~word
            let hits = (stopsBeyondASCII ? below | word : below) & highBits
            guard hits == 0 else { return position &+ hits.trailingZeroBitCount &>> 3 }
            position &+= 8
        }
        while position < bytes.count {
            let byte = bytes[position]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { break }
            if stopsBeyondASCII, byte >= 0x80 { break }
            position &+= 1
        }
        return position
    }

    /// The length of the well-formed UTF-8 sequence of 2–4 bytes at a place; 0 if there is none (RFC 3629 §4).
    static func scalarLength(_ bytes: borrowing Span<UInt8>, _ start: Int) -> Int {
        let lead = bytes[start]
        var second: ClosedRange<UInt8> = 0x80...0xBF
        let length: Int
        switch lead {
        case 0xC2...0xDF:
            length = 2
        case 0xE0...0xEF:
            length = 3
            // Neither longer than needed nor a surrogate.
            if lead == 0xE0 { second = 0xA0...0xBF }
            if lead == 0xED { second = 0x80...0x9F }
        case 0xF0...0xF4:
            length = 4
            // Neither longer than needed nor beyond U+10FFFF.
            if lead == 0xF0 { second = 0x90...0xBF }
            if lead == 0xF4 { second = 0x80...0x8F }
        default:
            return 0
        }
        guard start + length <= bytes.count, second ~= bytes[start + 1] else { return 0 }
        if length > 2, bytes[start + 2] & 0xC0 != 0x80 { return 0 }
        if length > 3, bytes[start + 3] & 0xC0 != 0x80 { return 0 }
        return length
    }

    /// The UTF-16 code unit written as four hexadecimal digits at a place.
    static func hexUnit(_ bytes: borrowing Span<UInt8>, _ start: Int) -> UInt32? {
        guard start + 4 <= bytes.count else { return nil }
        var unit: UInt32 = 0
        for position in start..<start + 4 {
            let digit: UInt8
            switch bytes[position] {
            case let byte where byte &- UInt8(ascii: "0") <= 9: digit = byte &- UInt8(ascii: "0")
            case let byte where (byte | 0x20) &- UInt8(ascii: "a") <= 5:
                digit = (byte | 0x20) &- UInt8(ascii: "a") &+ 10
            default: return nil
            }
            unit = unit << 4 | UInt32(digit)
        }
        return unit
    }

    /// The low surrogate whose escape starts at a place, if there is one.
    static func escapedLowSurrogate(_ bytes: borrowing Span<UInt8>, _ start: Int) -> UInt32? {
        guard start + 6 <= bytes.count, bytes[start] == UInt8(ascii: "\\"), bytes[start + 1] == UInt8(ascii: "u"),
            let unit = hexUnit(bytes, start + 2), 0xDC00...0xDFFF ~= unit
        else { return nil }
        return unit
    }

    /// Whether the text has these ASCII bytes at a place.
    static func matches(_ bytes: borrowing Span<UInt8>, at start: Int, _ literal: StaticString) -> Bool {
        let expected = literal.utf8Start
        let count = literal.utf8CodeUnitCount
        guard start + count <= bytes.count else { return false }
        for offset in 0..<count where bytes[start + offset] != expected[offset] { return false }
        return true
    }

    static func isLowercase(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "a") < 26
    }

    /// Whether a byte right after a complete number makes the number itself look wrong.
    static func continuesNumber(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") <= 9 || isLowercase(byte | 0x20) || byte == UInt8(ascii: ".")
            || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
    }
}
