// SPDX-License-Identifier: Apache-2.0

/// The comma-separated lists of the handshake's fields (RFC 9110 §5.6.1), with bounds.
enum HandshakeTokens {
    static let maxBytes = 8192
    static let maxTokens = 64

    /// The elements of all lines of a field, in order.
    ///
    /// - Returns: nil when an element is not a token (a `/` is allowed, as in `HTTP/2.0`) or there is too much of it.
    static func parse(_ lines: [String]) -> [Substring]? {
        var tokens: [Substring] = []
        var bytes = 0
        guard lines.count <= maxTokens else { return nil }
        for line in lines {
            bytes += line.utf8.count
            guard bytes <= maxBytes else { return nil }
            for element in line.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: true) {
                let token = trim(element)
                if token.isEmpty { continue }
                guard tokens.count < maxTokens, token.utf8.allSatisfy(isTokenByte) else { return nil }
                tokens.append(token)
            }
        }
        return tokens
    }

    /// Whether a list names `token` (lower case), in any case.
    static func contain(_ lines: [String], _ token: String) -> Bool {
        parse(lines)?.contains { isSame($0, token) } ?? false
    }

    /// Compares without regard to the case of ASCII letters; `lowercase` has none in upper case.
    static func isSame(_ token: Substring, _ lowercase: String) -> Bool {
        token.utf8.count == lowercase.utf8.count
            && zip(token.utf8, lowercase.utf8).allSatisfy { byte, expected in
                byte == expected || (0x41...0x5A).contains(byte) && byte | 0x20 == expected
            }
    }

    /// Removes spaces and tabs at both ends.
    static func trim(_ text: Substring.UTF8View) -> Substring {
        var text = text
        while let first = text.first, first == 0x20 || first == 0x09 { text.removeFirst() }
        while let last = text.last, last == 0x20 || last == 0x09 { text.removeLast() }
        return Substring(text)
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case UInt8(ascii: "!"), 0x23...0x27, UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"): true
        case UInt8(ascii: "."), UInt8(ascii: "/"), 0x5E...0x60, UInt8(ascii: "|"), UInt8(ascii: "~"): true
        default: false
        }
    }
}
