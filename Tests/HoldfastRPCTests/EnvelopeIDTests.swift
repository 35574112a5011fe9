// SPDX-License-Identifier: Apache-2.0
import HoldfastTransport
import NIOCore
import Testing

@testable import HoldfastRPC

@Suite("Ids of calls")
struct EnvelopeIDTests {
    private func parsed(_ text: String) -> Envelope.ID? {
        scan("{\"id\":\(text),\"method\":\"m\"}").request?.id
    }

    @Test("Whole numbers up to 2⁵³ are echoed as they were written")
    func acceptsIntegers() throws {
        for text in ["0", "-0", "1", "-1", "4294967296", "9007199254740991", "9007199254740992", "-9007199254740992"] {
            let id = try #require(parsed(text))
            #expect(id.description == text)
            #expect(id.integer == Int(text))
            #expect(id.string == nil)
            #expect(
                String(buffer: EnvelopeWriter.response(id: id, result: 1))
                    == "{\"id\":\(text),\"result\":1,\"jsonrpc\":\"2.0\"}"
            )
        }
    }

    @Test("Strings up to 128 bytes are echoed as they were written")
    func acceptsStrings() throws {
        for text in [#""""#, #""a""#, #""\u0061\n\/""#, #""é😀""#, "\"\(String(repeating: "x", count: 128))\""] {
            let id = try #require(parsed(text))
            #expect(id.description == text)
            #expect(id.integer == nil)
            #expect(try id.string == JSON(parsing: text).string)
            #expect(
                String(buffer: EnvelopeWriter.response(id: id, result: 1))
                    == "{\"id\":\(text),\"result\":1,\"jsonrpc\":\"2.0\"}"
            )
        }
        #expect(parsed("\"\(String(repeating: "x", count: 127))\"") != nil)
        #expect(parsed("\"\(String(repeating: "x", count: 129))\"") == nil)
        #expect(parsed("\"\(String(repeating: #"\u0061"#, count: 128))\"") != nil)
        #expect(parsed("\"\(String(repeating: #"\u0061"#, count: 129))\"") == nil)
    }

    @Test(
        "Everything else is −32600 with a null id",
        arguments: [
            "null", "true", "false", "1.5", "1.0", "1e0", "1E2", "-0.0", "9007199254740993", "-9007199254740993",
            "99999999999999999",
            "100000000000000000000000000", "{}", "[]", "[1]", #"{"a":1}"#,
        ]
    )
    func refusesOthers(text: String) {
        #expect(scan("{\"id\":\(text),\"method\":\"m\"}").summary == "invalid -32600 null")
        #expect(scan("[{\"id\":\(text),\"method\":\"m\"}]").summary == "[invalid -32600 null]")
    }

    @Test("Ids are equal when they mean the same, and a number is never a string")
    func comparesIDs() throws {
        let a = try #require(parsed(#""a""#))
        let escaped = try #require(parsed(#""\u0061""#))
        #expect(a == escaped)
        #expect(a.hashValue == escaped.hashValue)
        #expect(try #require(parsed("1")) == Envelope.ID(1))
        #expect(try #require(parsed("1")).hashValue == Envelope.ID(1).hashValue)
        #expect(try #require(parsed("0")) == #require(parsed("-0")))
        #expect(try #require(parsed("1")) != #require(parsed(#""1""#)))
        #expect(try #require(parsed(#""1""#)) != #require(parsed(#""2""#)))
        #expect(try #require(parsed("1")) != #require(parsed("2")))
        #expect(Envelope.ID(-5).description == "-5")
    }
}
