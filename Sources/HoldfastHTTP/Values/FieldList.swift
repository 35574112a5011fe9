// SPDX-License-Identifier: Apache-2.0

/// The lists and tokens of header field values (RFC 9110 §5.6).
package enum FieldList {
    /// The elements of a list, blanks around them removed, empty ones left out; commas in quoted strings do not separate.
    package static func elements(_ value: String) -> [Substring] {
        split(value[...], at: UInt8(ascii: ",")).filter { !$0.isEmpty }
    }

    /// Whether a list names a token, with no regard to the case of letters.
    package static func contains(_ value: String, _ token: String) -> Bool {
        elements(value).contains { isSame($0, token) }
    }

    /// Splits outside of quoted strings and removes the blanks around the parts.
    static func split(_ text: Substring, at separator: UInt8) -> [Substring] {
        var parts: [Substring] = []
        var start = text.startIndex
        var isQuoted = false
        var isEscaped = false
        for index in text.utf8.indices {
            let byte = text.utf8[index]
            if isQuoted {
                if isEscaped {
                    isEscaped = false
                } else if byte == backslash {
                    isEscaped = true
                } else if byte == quote {
                    isQuoted = false
                }
            } else if byte == quote {
                isQuoted = true
            } else if byte == separator {
                parts.append(trimmed(text[start..<index]))
                start = text.utf8.index(after: index)
            }
        }
        parts.append(trimmed(text[start...]))
        return parts
    }

    /// The text without spaces and tabs at its ends.
    static func trimmed(_ text: Substring) -> Substring {
        var bytes = text.utf8[...]
        while let first = bytes.first, ByteScan.isBlank(first) { bytes.removeFirst() }
        while let last = bytes.last, ByteScan.isBlank(last) { bytes.removeLast() }
        return Substring(bytes)
    }

    /// What a parameter's value stands for: a token, or a quoted string without its quotes and escapes; nil for neither.
    static func unquoted(_ text: Substring) -> String? {
        guard text.utf8.first == quote else { return isToken(text) ? String(text) : nil }
        guard text.utf8.count >= 2, text.utf8.last == quote else { return nil }
        var result: [UInt8] = []
        var isEscaped = false
        for byte in text.utf8.dropFirst().dropLast() {
            if !isEscaped, byte == backslash {
                isEscaped = true
                continue
            }
            guard isEscaped || byte != quote else { return nil }
            result.append(byte)
            isEscaped = false
        }
        return isEscaped ? nil : String(decoding: result, as: UTF8.self)
    }

    /// Whether the text is a token, as names are (RFC 9110 §5.6.2).
    static func isToken(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy(ByteScan.isToken)
    }

    /// Compares ASCII letters without regard to their case.
    static func isSame(_ text: some StringProtocol, _ other: some StringProtocol) -> Bool {
        text.utf8.count == other.utf8.count
            && zip(text.utf8, other.utf8).allSatisfy { ByteScan.lowercased($0) == ByteScan.lowercased($1) }
    }

    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")
}
