// SPDX-License-Identifier: Apache-2.0
package import NIOCore

extension JSONScanner.StringRange {
    /// The string's text as UTF-8: the bytes as they stand when nothing is escaped, else a new buffer.
    ///
    /// - Parameter text: The buffer whose readable bytes were scanned.
    package func content(in text: ByteBuffer) -> ByteBuffer {
        guard isEscaped else { return text.slice(content) }
        var result = ByteBuffer()
        result.reserveCapacity(content.count)
        result.writeJSONUnescaped(text.readableBytesUInt8Span, content)
        return result
    }

    /// The string's text.
    ///
    /// - Parameter text: The buffer whose readable bytes were scanned.
    package func string(in text: ByteBuffer) -> String {
        String(buffer: content(in: text))
    }

    /// Whether the string is the ASCII text given, however it is escaped.
    package func equals(_ expected: StaticString, in bytes: borrowing Span<UInt8>) -> Bool {
        if isEscaped {
            // Rare, and bounded: each character takes at most one escape of six bytes.
            guard content.count <= 6 * expected.utf8CodeUnitCount else { return false }
            var unescaped = ByteBuffer()
            unescaped.writeJSONUnescaped(bytes, content)
            return unescaped == ByteBuffer(staticString: expected)
        }
        return content.count == expected.utf8CodeUnitCount
            && JSONBytes.matches(bytes, at: content.lowerBound, expected)
    }
}

extension ByteBuffer {
    /// The readable bytes of a range counted from the first readable byte; shares the storage.
    package func slice(_ range: Range<Int>) -> ByteBuffer {
        getSlice(at: readerIndex + range.lowerBound, length: range.count) ?? ByteBuffer()
    }

    /// Writes the UTF-8 that the content of a scanned string literal stands for; a lone surrogate becomes U+FFFD.
    ///
    /// The result is never longer than the content.
    package mutating func writeJSONUnescaped(_ bytes: borrowing Span<UInt8>, _ content: Range<Int>) {
        let bytes = copy bytes
        writeWithOutputRawSpan(minimumWritableBytes: content.count) { output in
            var position = content.lowerBound
            while position < content.upperBound {
                if bytes[position] == UInt8(ascii: "\\"), position + 1 < content.upperBound {
                    position += JSONUnescape.write(bytes, position, into: &output)
                } else {
                    output.append(bytes[position])
                    position += 1
                }
            }
        }
    }
}

extension ByteBuffer {
    /// This JSON text with `\ufffd` in place of every escaped surrogate that has no partner; nil if it has none.
    ///
    /// For readers that take such text for broken, as `JSONDecoder` does.
    ///
    /// - Precondition: The readable bytes are valid JSON.
    func replacingLoneSurrogates() -> ByteBuffer? {
        let bytes = readableBytesUInt8Span
        var places: [Int] = []
        var position = 0
        while position < bytes.count {
            guard bytes[position] == UInt8(ascii: "\\") else {
                position += 1
                continue
            }
            guard position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "u"),
                let unit = JSONBytes.hexUnit(bytes, position + 2)
            else {
                position += 2
                continue
            }
            let isHigh = 0xD800..<0xDC00 ~= unit
            if isHigh, JSONBytes.escapedLowSurrogate(bytes, position + 6) != nil {
                position += 12
                continue
            }
            if isHigh || 0xDC00...0xDFFF ~= unit { places.append(position) }
            position += 6
        }
        guard !places.isEmpty else { return nil }
        var text = self
        for place in places { text.setString(#"\ufffd"#, at: text.readerIndex + place) }
        return text
    }
}

private enum JSONUnescape {
    /// Writes what the escape at a place stands for and returns the escape's length, which is never less than what is written.
    static func write(_ bytes: borrowing Span<UInt8>, _ position: Int, into output: inout OutputRawSpan) -> Int {
        let kind = bytes[position + 1]
        switch kind {
        case UInt8(ascii: "b"): output.append(0x08)
        case UInt8(ascii: "f"): output.append(0x0C)
        case UInt8(ascii: "n"): output.append(0x0A)
        case UInt8(ascii: "r"): output.append(0x0D)
        case UInt8(ascii: "t"): output.append(0x09)
        case UInt8(ascii: "u"):
            guard let unit = JSONBytes.hexUnit(bytes, position + 2) else { return 2 }
            if 0xD800..<0xDC00 ~= unit, let low = JSONBytes.escapedLowSurrogate(bytes, position + 6) {
                write(0x10000 + (unit & 0x3FF) << 10 + (low & 0x3FF), into: &output)
                return 12
            }
            write(unit, into: &output)
            return 6
        default: output.append(kind)
        }
        return 2
    }

    private static func write(_ value: UInt32, into output: inout OutputRawSpan) {
        // A lone surrogate is the one value here that is no scalar.
        let scalar = Unicode.Scalar(value) ?? "\u{FFFD}"
        for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { output.append(byte) }
    }
}
