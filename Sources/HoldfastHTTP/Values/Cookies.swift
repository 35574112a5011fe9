// SPDX-License-Identifier: Apache-2.0
internal import HTTPTypes

/// The cookies that a request carries (RFC 6265 §5.4), by name and in order.
public struct Cookies: Sendable, Hashable {
    /// A name and its value.
    public struct Cookie: Sendable, Hashable {
        /// The name.
        public var name: String
        /// The value, without quotation marks around it.
        public var value: String
    }

    /// The cookies in the order sent.
    public private(set) var all: [Cookie] = []

    /// Parses the values of the `Cookie` fields of a request.
    ///
    /// Pieces without `=` or without a name are ignored, as browsers do not send them.
    package init(_ values: [String]) {
        for piece in values.lazy.flatMap({ $0.utf8.split(separator: UInt8(ascii: ";")) }) {
            let parts = piece.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { continue }
            let name = FieldList.trimmed(Substring(parts[0]))
            var value = FieldList.trimmed(Substring(parts[1]))
            if value.utf8.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") {
                value = value.dropFirst().dropLast()
            }
            if !name.isEmpty { all.append(Cookie(name: String(name), value: String(value))) }
        }
    }

    /// The value of the first cookie of this name, the one with the most specific path; `nil` when absent.
    public subscript(name: String) -> String? {
        all.first { $0.name == name }?.value
    }
}
