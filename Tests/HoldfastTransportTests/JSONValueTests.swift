// SPDX-License-Identifier: Apache-2.0
import NIOCore
import Testing

@testable import HoldfastTransport

@Suite("JSON values")
struct JSONValueTests {
    @Test("Text passes through untouched, without the white space around it")
    func keepsText() throws {
        for text in ["1.0", "1e3", "12345678901234567890123", #"{"b":1, "a" : 2,"b":3}"#, #""\u0041""#, "[1 ,2]"] {
            #expect(try JSON(parsing: " \n" + text + "\t").text == text)
            #expect(try JSON(parsing: Array(text.utf8)).description == text)
        }
        #expect(throws: JSONError.self) { try JSON(parsing: "{} {}") }
        #expect(throws: JSONError.self) { try JSON(parsing: [0x22, 0xFF, 0x22]) }
    }

    @Test("Each kind is told from the first byte")
    func tellsKinds() throws {
        let kinds: [(String, JSON.Kind)] = [
            ("{}", .object), ("[]", .array), ("\"\"", .string), ("0", .number), ("-1", .number), ("true", .bool),
            ("false", .bool),
            ("null", .null),
        ]
        for (text, kind) in kinds { #expect(try JSON(parsing: text).kind == kind) }
    }

    @Test("Literals make values")
    func buildsFromLiterals() {
        let value: JSON = [
            "name": "a\"b", "count": 3, "ratio": 0.5, "whole": 2.0, "flag": true, "none": nil,
            "list": [1, "two", [:], []],
        ]
        #expect(
            value.text
                == #"{"name":"a\"b","count":3,"ratio":0.5,"whole":2,"flag":true,"none":null,"list":[1,"two",{},[]]}"#
        )
        let name = "x"
        #expect(("\(name)-1" as JSON).text == #""x-1""#)
        #expect((-7 as JSON).text == "-7")
        #expect(JSON(floatLiteral: .infinity) == .null)
        #expect(JSON([1, 2]).text == "[1,2]")
        #expect(JSON(members: [(key: "a", value: 1)]).text == #"{"a":1}"#)
    }

    @Test("Values are equal when their texts are")
    func comparesTexts() throws {
        #expect(try JSON(parsing: " 1 ") == 1)
        #expect(try JSON(parsing: "1.0") != 1)
        #expect(try Set([JSON(parsing: "[1]"), [1], [1, 2]]).count == 2)
    }

    @Test("Members are found by name, the last of several")
    func findsMembers() throws {
        let value = try JSON(parsing: #"{ "a" : 1 , "b":[2],"a":3, "\u0063":{"d":null} ,"é":4,"":5}"#)
        #expect(value["a"] == 3)
        #expect(value["b"] == [2])
        #expect(value["c"]?["d"] == .null)
        #expect(value["é"] == 4)
        #expect(value[""] == 5)
        #expect(value["x"] == nil)
        #expect(value["c"]?["x"]?["y"] == nil)
        #expect(value.members?.map(\.key) == ["a", "b", "a", "c", "é", ""])
        #expect((["a"] as JSON)["a"] == nil)
        #expect(([:] as JSON)["a"] == nil)
        #expect(([:] as JSON).members?.isEmpty == true)
        #expect((1 as JSON).members == nil)
    }

    @Test("Elements are found by place")
    func findsElements() throws {
        let value = try JSON(parsing: #"[ 1 , "x",[] ,{}]"#)
        #expect(value[0] == 1)
        #expect(value[1] == "x")
        #expect(value[3] == [:])
        #expect(value[4] == nil)
        #expect(value[-1] == nil)
        #expect(value.array == [1, "x", [], [:]])
        #expect(([] as JSON).array == [])
        #expect(([] as JSON)[0] == nil)
        #expect(([:] as JSON).array == nil)
        #expect(([:] as JSON)[0] == nil)
    }

    @Test("Whole numbers are read however they are written")
    func readsIntegers() throws {
        let expected: [(String, Int?)] = [
            ("0", 0), ("-0", 0), ("42", 42), ("-42", -42), ("1.0", 1), ("1e2", 100), ("15e-1", nil), ("1.5", nil),
            ("9223372036854775807", .max), ("-9223372036854775808", .min), ("9223372036854775808", nil), ("1e400", nil),
            ("9007199254740992.0", 9_007_199_254_740_992), ("9007199254740993.0", 9_007_199_254_740_993),
            ("-92233720368547758080e-1", .min),
            ("92233720368547758080e-1", nil), ("0e99999999999999999999", 0), ("1e99999999999999999999", nil),
            ("\"1\"", nil), ("true", nil),
            ("null", nil),
        ]
        for (text, value) in expected { #expect(try JSON(parsing: text).int == value, "\(text)") }
    }

    @Test("Other scalars are read, and only as what they are")
    func readsScalars() throws {
        #expect(try JSON(parsing: "1.5").double == 1.5)
        #expect(try JSON(parsing: "1e400").double == nil)
        #expect(("1" as JSON).double == nil)
        #expect((true as JSON).bool == true)
        #expect((false as JSON).bool == false)
        #expect((0 as JSON).bool == nil)
        #expect(("x\ny" as JSON).string == "x\ny")
        #expect((1 as JSON).string == nil)
        #expect(JSON.null.isNull)
        #expect(!(0 as JSON).isNull)
    }

    @Test("Values deeper than the usual limit can be walked where they were let in")
    func walksDeepValues() throws {
        let text = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
        let value = try JSON(parsing: ByteBuffer(string: text), depthLimit: 100)
        #expect(value[0]?[0]?.array?.count == 1)
    }
}
