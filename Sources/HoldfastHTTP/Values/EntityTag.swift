// SPDX-License-Identifier: Apache-2.0

/// An entity tag, which names one version of a resource (RFC 9110 §8.8.3).
package struct EntityTag: Sendable, Hashable, CustomStringConvertible {
    /// The text between the quotes.
    package var opaque: String
    /// Whether two versions may share the tag.
    package var isWeak: Bool

    /// Creates a tag of characters that tags may have: visible ones but the quote.
    package init(_ opaque: String, isWeak: Bool = false) {
        self.opaque = opaque
        self.isWeak = isWeak
    }

    /// The tag as it stands in a field.
    package var description: String { "\(isWeak ? "W/" : "")\"\(opaque)\"" }

    /// Whether both name the same bytes, which weak ones never do for sure.
    package func isStrongly(_ other: EntityTag) -> Bool { !isWeak && !other.isWeak && opaque == other.opaque }

    /// Whether both name versions that may stand in for each other.
    package func isWeakly(_ other: EntityTag) -> Bool { opaque == other.opaque }

    /// The tags of a list.
    ///
    /// What is no tag is passed over, up to the next comma. Tags know no escapes, so that a backslash or a comma in one is nothing
    /// special.
    package static func list(_ value: String) -> [EntityTag] {
        var result: [EntityTag] = []
        var rest = value.utf8[...]
        while !rest.isEmpty {
            rest = rest.drop { ByteScan.isBlank($0) || $0 == comma }
            var opening = rest
            let isWeak = opening.starts(with: "W/".utf8)
            if isWeak { opening = opening.dropFirst(2) }
            if opening.first == quote, let end = opening.dropFirst().firstIndex(of: quote) {
                let opaque = opening[opening.index(after: opening.startIndex)..<end]
                rest = opening[opening.index(after: end)...].drop(while: ByteScan.isBlank)
                if rest.first ?? comma == comma, opaque.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) {
                    result.append(EntityTag(String(Substring(opaque)), isWeak: isWeak))
                }
            }
            rest = rest.drop { $0 != comma }
        }
        return result
    }

    private static let comma = UInt8(ascii: ",")
    private static let quote = UInt8(ascii: "\"")
}
