// SPDX-License-Identifier: Apache-2.0
package import NIOCore

/// How a string is written as a JSON literal.
package enum JSONStringStyle: Sendable {
    /// The shortest valid form: only quotes, backslashes and control characters are escaped (RFC 8259 §7).
    case plain
    /// As SockJS peers write messages: in addition U+200C–200F, U+2028–202F, U+2060–206F, U+FFF0–FFFF and everything beyond
    /// U+FFFF as `\uxxxx` in lower-case hexadecimal.
    case sockJS
}

extension ByteBuffer {
    /// Writes a string as a JSON literal, quotes included.
    package mutating func writeJSONString(_ string: String, style: JSONStringStyle = .plain) {
        var string = string
        string.withUTF8 { writeJSONString(utf8: $0.span, style: style) }
    }

    /// Writes the text in a buffer as a JSON literal, quotes included.
    ///
    /// - Parameters:
    ///   - text: Readable bytes that are valid UTF-8; checked where they came in, not here.
    ///   - style: Which characters to escape.
    package mutating func writeJSONString(_ text: ByteBuffer, style: JSONStringStyle = .plain) {
        writeJSONString(utf8: text.readableBytesUInt8Span, style: style)
    }

    /// Writes UTF-8 as a JSON literal, quotes included.
    package mutating func writeJSONString(utf8 bytes: borrowing Span<UInt8>, style: JSONStringStyle) {
        let growth = JSONEscape.growth(bytes, style)
        let size = bytes.count + growth + 2
        if growth == 0 { writeJSONPlain(bytes, size: size) } else { writeJSONEscaped(bytes, size: size, style) }
    }

    private mutating func writeJSONPlain(_ bytes: borrowing Span<UInt8>, size: Int) {
        let bytes = copy bytes
        writeWithUnsafeMutableBytes(minimumWritableBytes: size) { output in
            // Every place below is less than `size`, and there are as many at least.
            output[0] = UInt8(ascii: "\"")
            bytes.bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: output[1...]).copyMemory(from: $0) }
            output[size - 1] = UInt8(ascii: "\"")
            return size
        }
    }

    private mutating func writeJSONEscaped(_ bytes: borrowing Span<UInt8>, size: Int, _ style: JSONStringStyle) {
        let bytes = copy bytes
        writeWithOutputRawSpan(minimumWritableBytes: size) { output in
            output.append(UInt8(ascii: "\""))
            var position = 0
            while position < bytes.count {
                let end = JSONEscape.next(bytes, position, style)
                while position + 8 <= end {
                    output.append(
                        bytes.bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self),
                        as: UInt64.self
                    )
                    position += 8
                }
                while position < end {
                    output.append(bytes[position])
                    position += 1
                }
                guard position < bytes.count else { break }
                position += JSONEscape.write(bytes, position, into: &output)
            }
            output.append(UInt8(ascii: "\""))
        }
    }
}

/// Which characters are written as escapes, and how.
private enum JSONEscape {
    /// The first place from `start` on whose character has to be escaped; the end if there is none.
    @inline(__always)
    static func next(_ bytes: borrowing Span<UInt8>, _ start: Int, _ style: JSONStringStyle) -> Int {
        guard style == .sockJS else { return JSONBytes.afterPlain(bytes, start, stopsBeyondASCII: false) }
        var position = start
        while true {
            position = JSONBytes.afterPlain(bytes, position)
            // Text in other scripts comes in runs.
            while position < bytes.count, bytes[position] >= 0x80 {
                if bytes[position] >= 0xE2, length(bytes, position) > 0 { return position }
                position += 1
            }
            guard position < bytes.count, isPlain(bytes[position]) else { return position }
        }
    }

    /// How many bytes more than the text its escaped form takes.
    static func growth(_ bytes: borrowing Span<UInt8>, _ style: JSONStringStyle) -> Int {
        var growth = 0
        var position = next(bytes, 0, style)
        while position < bytes.count {
            let length = length(bytes, position)
            growth += length == 1 ? (short(bytes[position]) == nil ? 5 : 1) : (length == 3 ? 3 : 8)
            position = next(bytes, position + length, style)
        }
        return growth
    }

    /// Writes the escape of the character at a place and returns the character's length.
    static func write(_ bytes: borrowing Span<UInt8>, _ position: Int, into output: inout OutputRawSpan) -> Int {
        let length = length(bytes, position)
        guard length > 1 else {
            if let letter = short(bytes[position]) {
                output.append(UInt8(ascii: "\\"))
                output.append(letter)
            } else {
                write(unit: UInt32(bytes[position]), into: &output)
            }
            return 1
        }
        var scalar = UInt32(bytes[position]) & (length == 3 ? 0xF : 0x7)
        for offset in 1..<length { scalar = scalar << 6 | UInt32(bytes[position + offset] & 0x3F) }
        if length == 3 {
            write(unit: scalar, into: &output)
        } else {
            // Kept to 10 bits each, so that text that is not UTF-8 after all cannot overflow.
            write(unit: 0xD800 | (scalar &- 0x10000) >> 10 & 0x3FF, into: &output)
            write(unit: 0xDC00 | scalar & 0x3FF, into: &output)
        }
        return length
    }

    private static func write(unit: UInt32, into output: inout OutputRawSpan) {
        output.append(UInt8(ascii: "\\"))
        output.append(UInt8(ascii: "u"))
        for nibble in 0..<4 as Range<UInt32> {
            let digit = UInt8(truncatingIfNeeded: unit >> (12 - 4 * nibble) & 0xF)
            output.append(digit &+ (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") &- 10))
        }
    }

    /// The letter of a short escape.
    private static func short(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): byte
        case 0x08: UInt8(ascii: "b")
        case 0x09: UInt8(ascii: "t")
        case 0x0A: UInt8(ascii: "n")
        case 0x0C: UInt8(ascii: "f")
        case 0x0D: UInt8(ascii: "r")
        default: nil
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
    }

    /// The bytes at a place that one escape stands for; 0 if the character there may stand as it is.
    ///
    /// In the plain style only places of ASCII characters are asked for.
    private static func length(_ bytes: borrowing Span<UInt8>, _ position: Int) -> Int {
        let first = bytes[position]
        guard first >= 0xE2 else { return first < 0x80 ? 1 : 0 }
        if first >= 0xF0 { return position + 4 <= bytes.count ? 4 : 0 }
        guard first == 0xE2 || first == 0xEF, position + 3 <= bytes.count else { return 0 }
        switch (first, bytes[position + 1], bytes[position + 2]) {
        case (0xE2, 0x80, 0x8C...0x8F), (0xE2, 0x80, 0xA8...0xAF), (0xE2, 0x81, 0xA0...0xAF), (0xEF, 0xBF, 0xB0...0xBF):
            return 3
        default:
            return 0
        }
    }
}
