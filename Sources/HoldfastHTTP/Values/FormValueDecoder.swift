// SPDX-License-Identifier: Apache-2.0

/// Decodes the values of one name: a single value from the first, an array from all.
struct FormValueDecoder: Decoder, SingleValueDecodingContainer {
    let texts: [String]
    let codingPath: [any CodingKey]
    /// Whether this is one value of several, which has no values in turn.
    var isElement = false
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    static func mismatch(_ path: [any CodingKey], _ text: String) -> DecodingError {
        .dataCorrupted(.init(codingPath: path, debugDescription: text))
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        throw Self.mismatch(codingPath, "a form has no nested values")
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard !isElement else { throw Self.mismatch(codingPath, "a form has no nested values") }
        return Elements(texts: texts, codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    func decodeNil() -> Bool { texts.isEmpty }

    func decode(_ type: String.Type) throws -> String {
        guard let text = texts.first else { throw Self.mismatch(codingPath, "the value is missing") }
        return text
    }

    func decode(_ type: Bool.Type) throws -> Bool {
        switch try decode(String.self) {
        case "true", "1", "on": true
        case "false", "0", "off": false
        default: throw Self.mismatch(codingPath, "not a Boolean")
        }
    }

    func decode(_ type: Double.Type) throws -> Double { try number() }
    func decode(_ type: Float.Type) throws -> Float { try number() }
    func decode(_ type: Int.Type) throws -> Int { try number() }
    func decode(_ type: Int8.Type) throws -> Int8 { try number() }
    func decode(_ type: Int16.Type) throws -> Int16 { try number() }
    func decode(_ type: Int32.Type) throws -> Int32 { try number() }
    func decode(_ type: Int64.Type) throws -> Int64 { try number() }
    func decode(_ type: UInt.Type) throws -> UInt { try number() }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try number() }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try number() }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try number() }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try number() }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        // The standard types come here when they are reached through a generic.
        let direct: (any Sendable)? =
            switch type {
            case is String.Type: try decode(String.self)
            case is Bool.Type: try decode(Bool.self)
            default: nil
            }
        if let value = direct as? T { return value }
        return try T(from: self)
    }

    private func number<T: LosslessStringConvertible>() throws -> T {
        guard let value = T(try decode(String.self)) else { throw Self.mismatch(codingPath, "not a valid \(T.self)") }
        return value
    }

    /// The values of a name that repeats.
    struct Elements: UnkeyedDecodingContainer {
        let texts: [String]
        let codingPath: [any CodingKey]
        private(set) var currentIndex = 0

        init(texts: [String], codingPath: [any CodingKey]) {
            self.texts = texts
            self.codingPath = codingPath
        }

        var count: Int? { texts.count }
        var isAtEnd: Bool { currentIndex >= texts.count }

        mutating func decodeNil() -> Bool { false }

        mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
            try element().decode(type)
        }

        mutating func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
            try element().container(keyedBy: type)
        }

        mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
            throw FormValueDecoder.mismatch(codingPath, "a form has no nested values")
        }

        mutating func superDecoder() throws -> any Decoder {
            try element()
        }

        private mutating func element() throws -> FormValueDecoder {
            guard !isAtEnd else { throw FormValueDecoder.mismatch(codingPath, "there are no more values") }
            defer { currentIndex += 1 }
            return FormValueDecoder(texts: [texts[currentIndex]], codingPath: codingPath, isElement: true)
        }
    }
}
