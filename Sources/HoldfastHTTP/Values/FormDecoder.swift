// SPDX-License-Identifier: Apache-2.0

/// Decodes a flat type from a form's values: one property a name.
struct FormDecoder: Decoder {
    let values: FormValues
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(Keyed<Key>(values: values))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        throw FormValueDecoder.mismatch([], "a form has names")
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        throw FormValueDecoder.mismatch([], "a form has names")
    }

    private struct Keyed<Key: CodingKey>: KeyedDecodingContainerProtocol {
        let values: FormValues
        var codingPath: [any CodingKey] { [] }

        var allKeys: [Key] {
            var seen: Set<String> = []
            return values.compactMap { seen.insert($0.name).inserted ? Key(stringValue: $0.name) : nil }
        }

        func contains(_ key: Key) -> Bool {
            values[key.stringValue] != nil
        }

        /// Empty is what a form sends for a field that was left empty.
        func decodeNil(forKey key: Key) throws -> Bool {
            values[key.stringValue]?.isEmpty ?? true
        }

        func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
            let texts = values.all(key.stringValue)
            // An array may have no elements, which a form cannot say but by leaving its name out.
            guard !texts.isEmpty || type is any RangeReplaceableCollection.Type else {
                throw DecodingError.keyNotFound(
                    key,
                    .init(codingPath: [key], debugDescription: "The value is missing.")
                )
            }
            return try FormValueDecoder(texts: texts, codingPath: [key]).decode(type)
        }

        func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
            values[key.stringValue]
        }

        func nestedContainer<Nested: CodingKey>(
            keyedBy type: Nested.Type,
            forKey key: Key
        ) throws -> KeyedDecodingContainer<Nested> {
            throw FormValueDecoder.mismatch([key], "a form has no nested values")
        }

        func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
            FormValueDecoder.Elements(texts: values.all(key.stringValue), codingPath: [key])
        }

        func superDecoder() throws -> any Decoder {
            throw FormValueDecoder.mismatch([], "a form has no nested values")
        }

        func superDecoder(forKey key: Key) throws -> any Decoder {
            FormValueDecoder(texts: values.all(key.stringValue), codingPath: [key])
        }
    }
}
