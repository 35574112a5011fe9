// SPDX-License-Identifier: Apache-2.0
import Foundation
import NIOCore
import Testing

@testable import HoldfastTransport

@Suite("JSON coding")
struct JSONCodingTests {
    private struct Person: Codable, Equatable {
        var name: String
        var age: Int
        var tags: [String]?
        var extra: JSON?
    }

    private func encoded(_ value: some Encodable) throws -> String {
        var buffer = ByteBuffer()
        try encodeJSON(value, into: &buffer)
        return String(buffer: buffer)
    }

    @Test("Simple values are written directly, as JSONEncoder writes them")
    func encodesDirectly() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        func reference(_ value: some Encodable) throws -> String {
            String(decoding: try encoder.encode(value), as: UTF8.self)
        }
        for value in ["", "a/b", "\"\\\n\u{0}\u{1F}", "é日😀\u{2028}"] { #expect(try encoded(value) == reference(value)) }
        for value in [0, -1, .max, .min] { #expect(try encoded(value) == reference(value)) }
        for value in [0.0, -0.0, 1, 0.1, -2.5, 1e16, 1e300, .leastNonzeroMagnitude, .greatestFiniteMagnitude, .pi] {
            #expect(try encoded(value) == reference(value))
        }
        for value in [true, false] { #expect(try encoded(value) == reference(value)) }
        let json = try JSON(parsing: #"{"b":1.0,"a":2}"#)
        #expect(try encoded(json) == json.text)
    }

    @Test("Other values go through JSONEncoder; slashes stay, dates are ISO 8601")
    func encodesWithEncoder() throws {
        #expect(try encoded(["a/b"]) == #"["a/b"]"#)
        #expect(try encoded(Optional<Int>.none) == "null")
        #expect(try encoded(Optional("x")) == "\"x\"")
        #expect(try encoded(Date(timeIntervalSince1970: 0)) == #""1970-01-01T00:00:00Z""#)
        let value: any Encodable = "opened"
        #expect(try encoded(value) == "\"opened\"")
        #expect(try JSON(encoding: Person(name: "A", age: 1))["name"] == "A")
        #expect(try JSON(encoding: JSON.null) == .null)
    }

    @Test(
        "Numbers JSON does not have are refused and leave nothing behind",
        arguments: [Double.nan, .infinity, -.infinity]
    )
    func refusesInfinity(value: Double) throws {
        var buffer = ByteBuffer()
        #expect(throws: EncodingError.self) { try encodeJSON(value, into: &buffer) }
        #expect(throws: EncodingError.self) { try encodeJSON([value], into: &buffer) }
        #expect(buffer.readableBytes == 0)
        #expect(throws: EncodingError.self) { try JSON(encoding: value) }
    }

    @Test("Simple values are read directly, others through JSONDecoder")
    func decodes() throws {
        let text = try JSON(parsing: #"{"name":"A","age":3,"tags":["x"],"extra":{"k":[1,null]}}"#)
        #expect(try text.decode(as: JSON.self) == text)
        #expect(try ("a\n" as JSON).decode() == "a\n")
        #expect(try (3 as JSON).decode(as: Int.self) == 3)
        #expect(try (3 as JSON).decode(as: Double.self) == 3)
        #expect(try (true as JSON).decode(as: Bool.self))
        #expect(try (3 as JSON).decode(as: UInt8.self) == 3)
        #expect(try JSON.null.decode(as: Int?.self) == nil)
        #expect(try JSON.null.decode(as: JSON?.self).map { $0 == .null } ?? true)
        let person = try text.decode(as: Person.self)
        #expect(person == Person(name: "A", age: 3, tags: ["x"], extra: ["k": [1, nil]]))
        #expect(try JSON(parsing: #""1970-01-01T00:00:01Z""#).decode(as: Date.self) == Date(timeIntervalSince1970: 1))
    }

    @Test("A value of the wrong kind is a decoding error")
    func refusesWrongKinds() {
        #expect(throws: DecodingError.self) { try ("1" as JSON).decode(as: Int.self) }
        #expect(throws: DecodingError.self) { try (1 as JSON).decode(as: String.self) }
        #expect(throws: DecodingError.self) { try (1.5 as JSON).decode(as: Int.self) }
        #expect(throws: DecodingError.self) { try (0 as JSON).decode(as: Bool.self) }
        #expect(throws: DecodingError.self) { try JSON.null.decode(as: Double.self) }
        #expect(throws: DecodingError.self) { try ([] as JSON).decode(as: Person.self) }
    }

    @Test("A value inside another type is coded member by member")
    func codesNested() throws {
        let texts = [
            "null", "true", "0", "-5", "18446744073709551615", "0.1", "1.5", "\"x\\ny\"", "[]", "{}",
            #"[1,[2,{"a":null}],"z"]"#,
            #"{"a":{"b":[true,false]}}"#, "12345678901234567890123456",
        ]
        for text in texts {
            let value = try JSON(parsing: text)
            let wrapped = try JSON(encoding: ["w": value])
            #expect(try JSON(parsing: wrapped.text)["w"] == value, "\(text)")
            let unwrapped = try wrapped.decode(as: [String: JSON].self)
            #expect(unwrapped["w"] == value, "\(text)")
            #expect(try JSONDecoder().decode([JSON].self, from: JSONEncoder().encode([value])) == [value], "\(text)")
        }
        #expect(throws: EncodingError.self) { try JSON(encoding: ["w": JSON(parsing: "1e400")]) }
    }

    @Test("Decoding errors say what is wrong and where, without the value")
    func describesErrors() throws {
        struct Inner: Codable { var list: [Int] }
        struct Outer: Codable {
            var inner: Inner
            var name: String
        }
        func description(_ text: String) throws -> String {
            let error = #expect(throws: DecodingError.self) { try JSON(parsing: text).decode(as: Outer.self) }
            return describe(try #require(error))
        }
        #expect(
            try description(#"{"inner":{"list":[1,"secret"]},"name":"x"}"#)
                == "'inner.list[1]' is not a whole number in range"
        )
        #expect(try description(#"{"inner":{"list":[]}}"#) == "'name' is missing")
        #expect(try description(#"{"inner":{"list":null},"name":""}"#).hasPrefix("'inner.list' is "))
        #expect(try description(#"{"inner":{"list":[]},"name":5}"#) == "'name' is not a string")
        #expect(try description(#"{"inner":7,"name":""}"#) == "'inner' is not an object")
        #expect(try description("[]") == "The value is not an object")
        let error = #expect(throws: DecodingError.self) { try JSON.null.decode(as: Int.self) }
        #expect(describe(try #require(error)) == "The value is null, expected a whole number in range")
    }

    @Test(
        "Half a character becomes U+FFFD wherever a string is made of it",
        arguments: [
            (#"\ud83d"#, "\u{FFFD}"), (#"\ude00"#, "\u{FFFD}"), (#"a\ud83d\ud83d\ude00b"#, "a\u{FFFD}😀b"),
            (#"\uDE00\uD83D"#, "\u{FFFD}\u{FFFD}"), (#"\\ud83d"#, #"\ud83d"#), (#"\\\ud83d"#, "\\\u{FFFD}"),
            (#"\ud83d\\ude00"#, "\u{FFFD}\\ude00"), (#"\ud83d\n\ufffd"#, "\u{FFFD}\n\u{FFFD}"),
            (#"\ud83d\u0041"#, "\u{FFFD}A"),
        ]
    )
    func replacesHalves(escaped: String, text: String) throws {
        let json = try JSON(
            parsing: #"{"name":"\#(escaped)","age":1,"tags":["\#(escaped)"],"extra":{"\#(escaped)":"\#(escaped)"}}"#
        )
        #expect(json["name"]?.text == #""\#(escaped)""#)
        #expect(json["name"]?.string == text)
        let extra: JSON = [text: JSON(stringLiteral: text)]
        #expect(try json.decode(as: Person.self) == Person(name: text, age: 1, tags: [text], extra: extra))
        #expect(try json.decode(as: JSON.self).text == json.text)
        // What was broken otherwise stays so, and is named.
        let wrong = try JSON(parsing: #"{"name":"\#(escaped)","age":"x"}"#)
        let error = #expect(throws: DecodingError.self) { try wrong.decode(as: Person.self) }
        #expect(describe(try #require(error)) == "'age' is not a whole number in range")
    }

    @Test("A name the client chose is cut at 128 characters")
    func limitsDescription() throws {
        for length in [127, 128, 129] {
            let name = String(repeating: "n", count: length)
            let value = JSON(members: [(key: name, value: "x" as JSON)])
            let error = #expect(throws: DecodingError.self) { try value.decode(as: [String: Int].self) }
            #expect(describe(try #require(error)) == "'\(name.prefix(128))' is not a whole number in range")
        }
    }
}
