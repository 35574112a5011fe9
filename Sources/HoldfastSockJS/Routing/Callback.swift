// SPDX-License-Identifier: Apache-2.0

/// The name of the function that `htmlfile` and `jsonp` responses call.
package enum Callback {
    package enum Failure: Error, Hashable {
        case missing
        case invalid

        /// What the client is told.
        package var message: String {
            switch self {
            case .missing: #""callback" parameter required"#
            case .invalid: #"invalid "callback" parameter"#
            }
        }
    }

    /// The longest name in characters.
    package static let longest = 32

    /// Finds the parameter `c`, or `callback`, of a raw query.
    package static func parse(query: String?) throws(Failure) -> String {
        guard let query, let value = QueryForm.first(of: ["c", "callback"], in: query.utf8) else { throw .missing }
        guard (1...longest).contains(value.count), value.allSatisfy(isAllowed) else { throw .invalid }
        return String(decoding: value, as: UTF8.self)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
        default: false
        }
    }
}
