// SPDX-License-Identifier: Apache-2.0

/// The reason a text is not a JSON value this framework accepts, and where (RFC 8259).
public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong with the text.
    public enum Reason: Sendable, Hashable {
        /// The text ends inside a value, or holds none.
        case unexpectedEnd
        /// A byte that cannot stand here.
        case unexpectedByte(UInt8)
        /// Bytes after the end of the value.
        case trailingBytes
        /// The text starts with a byte order mark (RFC 8259 §8.1 allows refusing it).
        case byteOrderMark
        /// A string holds a control character that must be escaped.
        case controlCharacter(UInt8)
        /// A backslash is not followed by a known escape.
        case invalidEscape
        /// A string is not valid UTF-8.
        case invalidUTF8
        /// A number that does not follow the grammar.
        case invalidNumber
        /// More levels of arrays and objects than the limit.
        case tooDeep(limit: Int)
    }

    /// The place, in bytes from the start of the text.
    public let offset: Int

    /// What is wrong.
    public let reason: Reason

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - reason: What is wrong.
    ///   - offset: The place, in bytes from the start of the text.
    public init(_ reason: Reason, at offset: Int) {
        self.offset = offset
        self.reason = reason
    }

    /// One sentence without any of the text itself, fit for an answer to the client.
    public var description: String {
        let what =
            switch reason {
            case .unexpectedEnd: "Unexpected end of JSON"
            case .unexpectedByte(let byte): "Unexpected byte \(byte)"
            case .trailingBytes: "Unexpected bytes after the JSON value"
            case .byteOrderMark: "Unexpected byte order mark"
            case .controlCharacter(let byte): "Unescaped control character \(byte)"
            case .invalidEscape: "Invalid escape"
            case .invalidUTF8: "Invalid UTF-8"
            case .invalidNumber: "Invalid number"
            case .tooDeep(let limit): "More than \(limit) levels"
            }
        return "\(what) at byte \(offset)"
    }
}
