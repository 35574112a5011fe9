// SPDX-License-Identifier: Apache-2.0
internal import HTTPTypes

/// The names and values of a query or of a form (`application/x-www-form-urlencoded`), decoded, in order.
public struct FormValues: Sendable, Hashable, RandomAccessCollection {
    /// A name and its value.
    public struct Pair: Sendable, Hashable {
        /// The name, decoded.
        public var name: String
        /// The value, decoded; empty when there was no `=`.
        public var value: String
    }

    /// The most pairs that are taken; more are a 400.
    package static let maxPairs = 1000

    private var pairs: [Pair] = []

    /// No values.
    public init() {}

    /// Decodes a query or a form.
    ///
    /// `+` is a space, names may repeat, empty pieces between `&` are ignored.
    ///
    /// - Throws: ``HTTPError`` 400 for a wrong escape, for what is not UTF-8, and for more than 1,000 pairs.
    public init(decoding text: String) throws {
        for piece in text.utf8.split(separator: UInt8(ascii: "&")) {
            guard pairs.count < Self.maxPairs else {
                throw HTTPError(.badRequest, message: "there are more than \(Self.maxPairs) values")
            }
            let parts = piece.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decode(parts[0]), let value = parts.count > 1 ? Self.decode(parts[1]) : "" else {
                throw HTTPError(.badRequest, message: "value \(pairs.count + 1) is not percent-encoded UTF-8")
            }
            pairs.append(Pair(name: name, value: value))
        }
    }

    private static func decode(_ text: Substring.UTF8View) -> String? {
        PercentDecoding.decode(String(Substring(text)), plusIsSpace: true, allowsNUL: true)
    }

    /// The position of the first pair.
    public var startIndex: Int { pairs.startIndex }
    /// The position after the last pair.
    public var endIndex: Int { pairs.endIndex }
    /// The pair at a position.
    public subscript(position: Int) -> Pair { pairs[position] }

    /// The first value of a name; `nil` when absent.
    public subscript(name: String) -> String? {
        pairs.first { $0.name == name }?.value
    }

    /// All values of a name, in order.
    public func all(_ name: String) -> [String] {
        pairs.filter { $0.name == name }.map(\.value)
    }

    /// The first value of a name as a number or another type; `nil` when absent or not of this type.
    public func get<Value: LosslessStringConvertible>(_ name: String, as type: Value.Type) -> Value? {
        self[name].flatMap(Value.init)
    }

    /// The first value of a name.
    ///
    /// - Throws: ``HTTPError`` 400 when it is absent.
    public func require(_ name: String) throws -> String {
        guard let value = self[name] else { throw HTTPError(.badRequest, message: "the value “\(name)” is missing") }
        return value
    }

    /// The first value of a name as a number or another type.
    ///
    /// - Throws: ``HTTPError`` 400 when it is absent or not of this type.
    public func require<Value: LosslessStringConvertible>(_ name: String, as type: Value.Type) throws -> Value {
        guard let value = Value(try require(name)) else {
            throw HTTPError(.badRequest, message: "the value “\(name)” is not a valid \(type)")
        }
        return value
    }

    /// Decodes the values into a type with one property a name.
    ///
    /// Properties are texts, numbers, Booleans (`true`, `false`, `1`, `0`, `on`, `off`), types that decode from one of these, and
    /// arrays of them for names that repeat. An empty value is `nil` for an optional property that is no text.
    ///
    /// - Throws: ``HTTPError`` 400 that names the value.
    public func decode<T: Decodable>(as type: T.Type = T.self) throws -> T {
        do {
            return try T(from: FormDecoder(values: self))
        } catch let error as DecodingError {
            throw HTTPError(error)
        }
    }
}
