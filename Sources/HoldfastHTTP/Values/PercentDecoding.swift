// SPDX-License-Identifier: Apache-2.0

/// Percent-decoding (RFC 3986 §2.1) into valid UTF-8.
enum PercentDecoding {
    /// Decodes `bytes[range]` once.
    ///
    /// - Parameters:
    ///   - plusIsSpace: whether `+` stands for a space, as it does in forms and queries.
    ///   - allowsNUL: whether a NUL byte may come out.
    /// - Returns: nil for an incomplete or wrong escape, a refused NUL, and what is not UTF-8.
    static func decode(
        _ bytes: borrowing RawSpan,
        _ range: Range<Int>,
        plusIsSpace: Bool = false,
        allowsNUL: Bool = false
    ) -> String? {
        if isPlain(bytes, range, plusIsSpace: plusIsSpace) {
            return bytes.extracting(range).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        }
        var decoded: [UInt8] = []
        decoded.reserveCapacity(range.count)
        var index = range.lowerBound
        while index < range.upperBound {
            var byte = bytes[index]
            index += 1
            if byte == percent {
                guard range.upperBound - index >= 2,
                    let high = ByteScan.hexValue(bytes[index]), let low = ByteScan.hexValue(bytes[index + 1])
                else { return nil }
                byte = high << 4 | low
                index += 2
            } else if byte == plus, plusIsSpace {
                byte = 0x20
            }
            if byte == 0, !allowsNUL { return nil }
            decoded.append(byte)
        }
        return String(validating: decoded, as: UTF8.self)
    }

    /// Decodes a whole string once; see ``decode(_:_:plusIsSpace:allowsNUL:)``.
    static func decode(_ text: String, plusIsSpace: Bool = false, allowsNUL: Bool = false) -> String? {
        text.withRawSpan { bytes in
            decode(bytes, 0..<bytes.byteCount, plusIsSpace: plusIsSpace, allowsNUL: allowsNUL)
        }
    }

    /// Whether the bytes are ASCII that stands for itself, as most are.
    private static func isPlain(_ bytes: borrowing RawSpan, _ range: Range<Int>, plusIsSpace: Bool) -> Bool {
        for index in range {
            let byte = bytes[index]
            if byte == percent || byte == 0 || byte >= 0x80 || byte == plus && plusIsSpace { return false }
        }
        return true
    }

    private static let percent = UInt8(ascii: "%")
    private static let plus = UInt8(ascii: "+")
}

extension RawSpan {
    /// The byte at `offset`, which must be within bounds; this is checked.
    subscript(_ offset: Int) -> UInt8 {
        unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }
}

extension String {
    /// Lends the string's UTF-8.
    func withRawSpan<Result>(_ body: (borrowing RawSpan) -> Result) -> Result {
        var text = self
        return text.withUTF8 { bytes in body(Span(_unsafeElements: bytes).bytes) }
    }
}
