// SPDX-License-Identifier: Apache-2.0
internal import NIOCore

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

extension JSON: Codable {
    /// Reads any value from a decoder.
    ///
    /// A decoder hands out decoded values, not text: inside another type, numbers may be written anew (`1.0` becomes `1`, digits
    /// beyond 38 are lost) and members may change their order. ``decode(as:)`` with `JSON` itself keeps the text.
    ///
    /// - Throws: `DecodingError` if the decoder holds something JSON cannot say.
    public init(from decoder: any Decoder) throws {
        if let container = try? decoder.container(keyedBy: AnyKey.self) {
            let members = try container.allKeys.map { key in
                (key: key.stringValue, value: try container.decode(JSON.self, forKey: key))
            }
            self.init(members: members)
        } else if var container = try? decoder.unkeyedContainer() {
            var elements: [JSON] = []
            while !container.isAtEnd { elements.append(try container.decode(JSON.self)) }
            self.init(elements)
        } else {
            self = try Self.scalar(in: try decoder.singleValueContainer())
        }
    }

    private static func scalar(in container: any SingleValueDecodingContainer) throws -> JSON {
        if container.decodeNil() { return .null }
        if let value = try? container.decode(Bool.self) { return JSON(booleanLiteral: value) }
        if let value = try? container.decode(String.self) { return JSON(stringLiteral: value) }
        if let value = try? container.decode(Int64.self) { return JSON(validated: ByteBuffer(string: "\(value)")) }
        if let value = try? container.decode(UInt64.self) { return JSON(validated: ByteBuffer(string: "\(value)")) }
        // Keeps up to 38 digits; not every decoder has it, and its exponents are few.
        if let value = try? container.decode(Decimal.self), value.isFinite, let json = try? JSON(parsing: "\(value)") {
            return json
        }
        return JSON(floatLiteral: try container.decode(Double.self))
    }

    /// Writes the value to an encoder, member by member.
    ///
    /// Numbers are handed over as integers, decimals or floating-point numbers, so an encoder may write them differently from how
    /// they arrived; ``JSON`` that is not inside another type keeps its text.
    ///
    /// - Throws: `EncodingError` for a number beyond the range of `Double`.
    public func encode(to encoder: any Encoder) throws {
        switch kind {
        case .object:
            var container = encoder.container(keyedBy: AnyKey.self)
            for (key, value) in members ?? [] { try container.encode(value, forKey: AnyKey(stringValue: key)) }
        case .array:
            var container = encoder.unkeyedContainer()
            for element in array ?? [] { try container.encode(element) }
        case .string:
            var container = encoder.singleValueContainer()
            try container.encode(string ?? "")
        case .bool:
            var container = encoder.singleValueContainer()
            try container.encode(bool ?? false)
        case .null:
            var container = encoder.singleValueContainer()
            try container.encodeNil()
        case .number:
            try encodeNumber(to: encoder)
        }
    }

    private func encodeNumber(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        let text = text
        if let value = Int64(text) { return try container.encode(value) }
        if let value = UInt64(text) { return try container.encode(value) }
        guard let value = double else {
            let context = EncodingError.Context(
                codingPath: encoder.codingPath,
                debugDescription: "Number out of range."
            )
            throw EncodingError.invalidValue(self, context)
        }
        // More digits than a floating-point number has.
        if text.utf8.count > 15, let decimal = Decimal(string: text), decimal.isFinite {
            return try container.encode(decimal)
        }
        try container.encode(value)
    }

    private struct AnyKey: CodingKey {
        let stringValue: String
        let intValue: Int?

        init(stringValue: String) {
            self.stringValue = stringValue
            self.intValue = nil
        }

        init(intValue: Int) {
            self.stringValue = String(intValue)
            self.intValue = intValue
        }
    }
}
