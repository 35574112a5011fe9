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

    @Test("Numbers of up to 64 bytes are echoed as they were written")
    func acceptsNumbers() throws {
        let long = "0." + String(repeating: "3", count: 62)
        for (text, integer) in [
            ("0", 0), ("-0", 0), ("1", 1), ("-1", -1), ("9007199254740993", 9_007_199_254_740_993),
            ("1700000000123456789", 1_700_000_000_123_456_789), ("9223372036854775807", .max),
            ("-9223372036854775808", .min), ("9223372036854775808", nil), ("-9223372036854775809", nil), ("1.0", 1),
            ("1e3", 1000), ("-1.50E+1", -15), ("200e-2", 2), ("0.0", 0), ("0e99", 0), ("3.14", nil), ("1e19", nil),
            ("1e400", nil), ("5e-400", nil), ("1e99999999999999999999", nil), (long, nil),
        ] as [(String, Int?)] {
            let id = try #require(parsed(text))
            #expect(id.description == text)
            #expect(id.integer == integer, "\(text)")
            #expect(id.string == nil)
            #expect(
                String(buffer: EnvelopeWriter.response(id: id, result: 1))
                    == "{\"id\":\(text),\"result\":1,\"jsonrpc\":\"2.0\"}"
            )
        }
    }

    @Test("Strings up to 1,024 bytes are echoed as they were written")
    func acceptsStrings() throws {
        for text in [
            #""""#, #""a""#, #""\u0061\n\/""#, #""é😀""#, #""\ud83d""#, "\"\(String(repeating: "x", count: 1024))\"",
        ] {
            let id = try #require(parsed(text))
            #expect(id.description == text)
            #expect(id.integer == nil)
            #expect(try id.string == JSON(parsing: text).string)
            #expect(
                String(buffer: EnvelopeWriter.response(id: id, result: 1))
                    == "{\"id\":\(text),\"result\":1,\"jsonrpc\":\"2.0\"}"
            )
        }
        #expect(parsed("\"\(String(repeating: "x", count: 1023))\"") != nil)
        #expect(parsed("\"\(String(repeating: "x", count: 1025))\"") == nil)
        #expect(parsed("\"\(String(repeating: #"\u0061"#, count: 1024))\"") != nil)
        #expect(parsed("\"\(String(repeating: #"\u0061"#, count: 1025))\"") == nil)
    }

    @Test(
        "Everything else is −32600 with a null id",
        arguments: [
            "null", "true", "false", "0." + String(repeating: "3", count: 63), String(repeating: "9", count: 65), "{}",
            "[]", "[1]", #"{"a":1}"#,
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
        for same in [
            ["1", "1.0", "10e-1", "0.1E1"], ["1000", "1e3"], ["3.14", "314e-2", "3.140"], ["1e99", "10e98"],
        ] {
            let ids = try same.map { try #require(parsed($0)) }
            #expect(Set(ids).count == 1, "\(same)")
        }
        for others in [
            ["1700000000123456789", "1700000000123456788"], ["18446744073709551616", "18446744073709551617"],
            ["1e99999999999999999999", "1e99999999999999999998"], ["1", "-1"], ["0.5", "-0.5"],
            [#""\ud83d""#, #""\ud83e""#], ["\"e\u{301}\"", "\"é\""], ["3.14", #""3.14""#],
        ] {
            let ids = try others.map { try #require(parsed($0)) }
            #expect(Set(ids).count == 2, "\(others)")
        }
        #expect(try #require(parsed("1")) != #require(parsed(#""1""#)))
        #expect(try #require(parsed(#""1""#)) != #require(parsed(#""2""#)))
        #expect(try #require(parsed("1")) != #require(parsed("2")))
        #expect(Envelope.ID(-5).description == "-5")
    }

    @Test("An answer to a call of ours names its number in any spelling, also as a text")
    func findsCallNumbers() throws {
        for text in ["2", "2.0", "2e0", "20e-1", #""2""#, #""2.0""#, #""\u0032""#] {
            #expect(try #require(parsed(text)).callNumber == 2, "\(text)")
        }
        for text in ["2.5", #""""#, #""two""#, #""2x""#, "1e400", #""[2]""#] {
            #expect(try #require(parsed(text)).callNumber == nil, "\(text)")
        }
    }
}
