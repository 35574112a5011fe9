// SPDX-License-Identifier: Apache-2.0
package import NIOCore

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// Writes the JSON text of a value.
///
/// ``JSON``, `String`, `Int`, `Bool` and finite `Double` are written directly; everything else goes through `JSONEncoder`, with dates
/// as ISO 8601 text and slashes as they are.
///
/// - Throws: `EncodingError`; nothing has been written then.
package func encodeJSON<T: Encodable>(_ value: T, into buffer: inout ByteBuffer) throws {
    // Comparing types first costs nothing; a failed cast costs more than writing a number.
    if T.self == JSON.self, let json = value as? JSON {
        buffer.writeImmutableBuffer(json.buffer)
    } else if T.self == String.self, let string = value as? String {
        buffer.writeJSONString(string)
    } else if T.self == Int.self, let integer = value as? Int {
        buffer.writeString(String(integer))
    } else if T.self == Bool.self, let bool = value as? Bool {
        buffer.writeStaticString(bool ? "true" : "false")
    } else if T.self == Double.self, let double = value as? Double {
        guard buffer.writeJSONNumber(double) else {
            let context = EncodingError.Context(codingPath: [], debugDescription: "JSON has no number \(double).")
            throw EncodingError.invalidValue(double, context)
        }
    } else {
        buffer.writeBytes(try JSONCoders.encoder.encode(value))
    }
}

extension ByteBuffer {
    /// Writes a number in the shortest form that reads back as the same number; false if there is none.
    mutating func writeJSONNumber(_ value: Double) -> Bool {
        guard value.isFinite else { return false }
        let text = value.description
        // As `JSONEncoder` and JavaScript do: 1, not 1.0.
        writeSubstring(text.hasSuffix(".0") ? text.dropLast(2) : text[...])
        return true
    }
}

extension JSON {
    /// Decodes the value into a type of yours.
    ///
    /// ``JSON``, `String`, `Int`, `Bool` and `Double` are read directly; everything else goes through `JSONDecoder`, with dates as
    /// ISO 8601 text. An escaped surrogate without its partner becomes U+FFFD.
    ///
    /// - Parameter type: The type to decode.
    /// - Throws: `DecodingError` if the value does not have the type's shape.
    public func decode<T: Decodable>(as type: T.Type = T.self) throws -> T {
        let direct: Any?
        if type == JSON.self {
            direct = self
        } else if type == String.self {
            direct = string
        } else if type == Int.self {
            direct = int
        } else if type == Bool.self {
            direct = bool
        } else if type == Double.self {
            direct = double
        } else {
            return try decodeShape(type)
        }
        if let value = direct as? T { return value }
        let context = DecodingError.Context(codingPath: [], debugDescription: "Found \(kind).")
        throw kind == .null
            ? DecodingError.valueNotFound(type, context)
            : DecodingError.typeMismatch(type, context)
    }

    private func decodeShape<T: Decodable>(_ type: T.Type) throws -> T {
        do {
            return try JSONCoders.decoder.decode(type, from: Data(buffer.readableBytesView))
        } catch {
            // Foundation refuses lone surrogates; looking for them first would cost every value a scan.
            guard let text = buffer.replacingLoneSurrogates() else { throw error }
            return try JSONCoders.decoder.decode(type, from: Data(text.readableBytesView))
        }
    }
}

/// The coders shared by every value; both may be used from several threads at once.
private enum JSONCoders {
    static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        encoder.dateEncodingStrategy = .iso8601
        return encoder
    }()

    static let decoder: JSONDecoder = {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        return decoder
    }()
}

/// Says in one line what is wrong with a value a client sent, and where.
///
/// The text names members and types, never the content of a value; it is fit for an answer to the client.
package func describe(_ error: DecodingError) -> String {
    let (path, what): ([any CodingKey], String) =
        switch error {
        case .keyNotFound(let key, let context): (context.codingPath + [key], "is missing")
        case .valueNotFound(let type, let context): (context.codingPath, "is null, expected \(expectation(type))")
        case .typeMismatch(let type, let context): (context.codingPath, "is not \(expectation(type))")
        case .dataCorrupted(let context): (context.codingPath, "is not valid")
        @unknown default: ([], "is not valid")
        }
    let place = path.reduce(into: "") { text, key in
        if let index = key.intValue {
            text += "[\(index)]"
        } else {
            text += (text.isEmpty ? "" : ".") + key.stringValue
        }
    }
    // In a dictionary the client chooses the names, and their length.
    return place.isEmpty ? "The value \(what)" : "'\(place.prefix(128))' \(what)"
}

/// A type in the words of JSON.
private func expectation(_ type: Any.Type) -> String {
    switch type {
    case is String.Type: "a string"
    case is Bool.Type: "a boolean"
    case is any BinaryInteger.Type: "a whole number in range"
    case is any BinaryFloatingPoint.Type: "a number"
    case is [String: Any].Type, is any DictionaryShape.Type: "an object"
    case is [Any].Type, is any ArrayShape.Type: "an array"
    default: "a \(type)"
    }
}

private protocol ArrayShape {}
private protocol DictionaryShape {}
extension Array: ArrayShape {}
extension Dictionary: DictionaryShape {}
