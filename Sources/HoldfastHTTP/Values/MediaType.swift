// SPDX-License-Identifier: Apache-2.0

/// A media type such as `application/json` or `text/html; charset=utf-8` (RFC 9110 §8.3.1).
public struct MediaType: Sendable, Hashable, CustomStringConvertible {
    /// The type, in lower case: `text`.
    public let type: String
    /// The subtype, in lower case: `html`.
    public let subtype: String
    /// The `charset` parameter, in lower case; `nil` when absent.
    public let charset: String?

    /// `application/json`.
    public static let json = MediaType("application", "json")
    /// `application/x-www-form-urlencoded`.
    public static let form = MediaType("application", "x-www-form-urlencoded")
    /// `text/plain`.
    public static let plainText = MediaType("text", "plain")

    private init(_ type: String, _ subtype: String) {
        self.type = type
        self.subtype = subtype
        charset = nil
    }

    /// Parses the value of a `Content-Type` field; `nil` when it is malformed.
    public init?(_ value: String) {
        let parts = FieldList.split(value[...], at: UInt8(ascii: ";"))
        let names = parts[0].split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard names.count == 2, FieldList.isToken(names[0]), FieldList.isToken(names[1]) else { return nil }
        var charset: String?
        for part in parts.dropFirst() where !part.isEmpty {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, FieldList.isToken(pair[0]), let text = FieldList.unquoted(pair[1]) else {
                return nil
            }
            if charset == nil, FieldList.isSame(pair[0], "charset") { charset = text.lowercased() }
        }
        type = names[0].lowercased()
        subtype = names[1].lowercased()
        self.charset = charset
    }

    /// Whether both are the same type and subtype; `charset` does not count.
    public func matches(_ other: MediaType) -> Bool {
        type == other.type && subtype == other.subtype
    }

    /// Whether this is JSON: `application/json`, or a subtype with the suffix `+json` (RFC 6839).
    public var isJSON: Bool {
        matches(.json) || subtype.hasSuffix("+json")
    }

    /// The media type as it is written in a field.
    public var description: String {
        "\(type)/\(subtype)" + (charset.map { "; charset=\(FieldList.isToken($0) ? $0 : "\"\($0)\"")" } ?? "")
    }
}
