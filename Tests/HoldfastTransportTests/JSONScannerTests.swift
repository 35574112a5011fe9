// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import HoldfastTransport

@Suite("JSON scanner (RFC 8259)")
struct JSONScannerTests {
    @Test(
        "Valid texts are accepted",
        arguments: [
            "0", "-0", "1", "-1", "12", "1.0", "-1.5", "0.0000001", "1e1", "1E1", "1e+1", "1e-1", "1.5E-10", "0e0",
            "0e+1", "-0.0",
            "123456789012345678901234567890", "1e400", "-1e-400", "true", "false", "null", "\"\"", "\"a\"", " 1 ",
            "\t\r\n 1\n",
            "[]", "[ ]", "[\n]", "[1]", "[1,2]", "[ 1 , 2 ]", "[[]]", "[[],[]]", "[null,true,false,0,\"\",{},[]]", "{}",
            "{ }",
            "{\"\":0}", "{\"a\":1}", "{\"a\":1,\"b\":2}", "{ \"a\" : 1 , \"b\" : 2 }", "{\"a\":{\"a\":{}}}",
            "{\"a\":1,\"a\":2}",
            "{\"a\":[]}", "[{}]", #""\"\\\/\b\f\n\r\t""#, #""\u0000""#, #""\u001f""#, #""\uFFFF""#, #""\uABCD\uabcd""#,
            #""\uD83D\uDE00""#, #""\ud800\udc00""#, #""\uDBFF\uDFFF""#, #""\uD800""#, #""\uDC00""#, #""\uD800x""#,
            #""\uD800\n""#, #""\uD800\u0041""#, #""\uD800\uD800""#, #""\uDC00\uD800""#, #""\uD800\uDBFF""#,
            #"{"\uD800":1}"#, #""\\u0041""#, #""\\\"""#, "\"\u{7F}\"",
            "\"\u{80}\"",
            "\"\u{7FF}\"", "\"\u{800}\"", "\"\u{FFFF}\"", "\"\u{10000}\"", "\"\u{10FFFF}\"", "\"\u{FEFF}\"",
            "\"\u{2028}\u{2029}\"",
            "\"a long string of plain characters that takes more than one word\"", "\"1234567\"", "\"12345678\"",
            "\"123456789\"",
        ]
    )
    func accepts(text: String) {
        #expect(JSONScanner.reason(Array(text.utf8)) == nil)
    }

    @Test(
        "Invalid texts are refused",
        arguments: [
            "", " ", "\n", "nul", "nulll", "Null", "NULL", "tru", "truee", "fals", "True", "undefined", "NaN", "-NaN",
            "Infinity",
            "-Infinity", "inf", "-", "+1", "01", "-01", "00", "1.", ".5", "-.5", "1.e1", "1e", "1e+", "1e-", "1.5e",
            "0x10", "1_000",
            "1 2", "1,", "--1", "1-", "1+1", "0e1.5", "1f", "１", "'a'", "a", "\"", "\"a", "\"\\\"", "\"\\", "a\"",
            "\"a\"b", "\"a\"\"b\"",
            "\"\t\"", "\"\n\"", "\"\u{0}\"", "\"\u{1F}\"", #""\x41""#, #""\a""#, #""\'""#, #""\0""#, #""\u""#,
            #""\u0""#, #""\u00""#,
            #""\u004""#, #""\u004g""#, #""\u+041""#, #""\U0041""#, #""\u 041""#, #""\"#, #""\u12"#, "[", "]", "[1",
            "[1,", "[1,]", "[,1]",
            "[,]", "[1,,2]", "[1 2]", "[1;2]", "[1}", "[}", "[]]", "[][]", "[\"a\"", "[1:2]", "{", "}", "{]", "{1:2}",
            "{a:1}",
            "{'a':1}", "{\"a\"}", "{\"a\":}", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{,}", "{\"a\" 1}",
            "{\"a\":1 \"b\":2}",
            "{\"a\":1;\"b\":2}", "{\"a\"::1}", "{\"a\":1]", "{}}", "{}{}", "{null:1}", "{\"a\":1,2}", "{\"a\",\"b\":1}",
            "//c\n1", "/**/1",
            "1//c", "[1,/**/2]", "#1", "\u{FEFF}1", "1\u{FEFF}", "\u{A0}1", "\u{B}1", "\u{C}1", "\u{85}1", "\u{2028}1",
            "\u{0}1",
            "1\u{0}", "[1\u{0}]", "<x/>", "*", "^", "=1", "(1)", "`a`", "1e5e5", "1.2.3", "-true", "t", "f", "n", ":",
            ",", "[\"\\u\"]",
            #""\uD83D\uDE0""#, #""\uD83D\"#, #""\uD83D\u""#, #""\uD83D"#, #""\uD83""#,
        ]
    )
    func refuses(text: String) {
        #expect(!JSONScanner.accepts(Array(text.utf8)))
    }

    @Test(
        "Strings that are not UTF-8 are refused (RFC 3629)",
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC2], [0xC2, 0x41], [0xC2, 0xC2], [0xE0, 0x80, 0x80],
            [0xE0, 0x9F, 0xBF],
            [0xE1, 0x80], [0xE1, 0x80, 0x41], [0xE1, 0x41, 0x80], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF],
            [0xF0, 0x80, 0x80, 0x80],
            [0xF0, 0x8F, 0xBF, 0xBF], [0xF1, 0x80, 0x80], [0xF1, 0x80, 0x80, 0x41], [0xF1, 0x80, 0x41, 0x80],
            [0xF4, 0x90, 0x80, 0x80],
            [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xFE], [0xEF, 0xBB], [0xF8, 0x88, 0x80, 0x80, 0x80],
        ] as [[UInt8]]
    )
    func refusesInvalidUTF8(sequence: [UInt8]) {
        // At every place relative to the eight-byte steps of the fast path.
        for padding in 0..<9 {
            let bytes = [0x22] + Array(repeating: 0x61, count: padding) + sequence + [0x22]
            #expect(JSONScanner.reason(bytes) == JSONError(.invalidUTF8, at: 1 + padding))
        }
    }

    @Test("Sequences of one to four bytes are judged as the standard library judges them")
    func agreesWithStandardLibraryOnUTF8() {
        let edges: [UInt8] = [0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC2, 0xE0, 0xF0, 0xFF]
        for first in UInt8(0x80)...0xFF {
            for second in edges {
                for third in edges {
                    for sequence in [[first], [first, second], [first, second, third], [first, second, third, 0x80]] {
                        let isValid = String(validating: sequence, as: UTF8.self) != nil
                        #expect(JSONScanner.accepts([0x22] + sequence + [0x22]) == isValid, "\(sequence)")
                    }
                }
            }
        }
    }

    @Test("A control character is found at every place of a string")
    func findsControlCharacters() {
        for length in 1...20 {
            for place in 0..<length {
                for control in [0x00, 0x01, 0x09, 0x0A, 0x1F] as [UInt8] {
                    var content = [UInt8](repeating: 0x20, count: length)
                    content[place] = control
                    #expect(
                        JSONScanner.reason([0x22] + content + [0x22])
                            == JSONError(.controlCharacter(control), at: 1 + place)
                    )
                }
            }
        }
    }

    @Test("Errors name the reason and the place")
    func reportsReasons() {
        let expected: [(String, JSONError)] = [
            ("", JSONError(.unexpectedEnd, at: 0)),
            ("[1,", JSONError(.unexpectedEnd, at: 3)),
            ("[1,]", JSONError(.unexpectedByte(UInt8(ascii: "]")), at: 3)),
            ("{} x", JSONError(.trailingBytes, at: 3)),
            ("\u{FEFF}{}", JSONError(.byteOrderMark, at: 0)),
            ("\"a\nb\"", JSONError(.controlCharacter(10), at: 2)),
            (#"["\q"]"#, JSONError(.invalidEscape, at: 2)),
            ("01", JSONError(.invalidNumber, at: 1)),
            ("[1.]", JSONError(.invalidNumber, at: 3)),
            ("nuxl", JSONError(.unexpectedByte(UInt8(ascii: "x")), at: 2)),
            ("nul", JSONError(.unexpectedEnd, at: 3)),
        ]
        for (text, error) in expected { #expect(JSONScanner.reason(Array(text.utf8)) == error, "\(text)") }
        #expect(JSONError(.tooDeep(limit: 64), at: 64).description == "More than 64 levels at byte 64")
        #expect(JSONError(.trailingBytes, at: 3).description == "Unexpected bytes after the JSON value at byte 3")
    }

    @Test(
        "Levels count up to the limit, in arrays, objects and mixtures",
        arguments: [1, 2, 63, 64, 65, 127, 128, 129, 200]
    )
    func limitsDepth(limit: Int) {
        for (open, middle, close) in [("[", "1", "]"), ("{\"a\":", "1", "}"), ("[{\"a\":", "1", "}]")] {
            for levels in [limit - 1, limit, limit + 1] where levels % (open.count == 6 ? 2 : 1) == 0 {
                let times = open.count == 6 ? levels / 2 : levels
                let text = String(repeating: open, count: times) + middle + String(repeating: close, count: times)
                #expect(
                    JSONScanner.accepts(Array(text.utf8), depthLimit: limit) == (levels <= limit),
                    "\(open) \(levels)"
                )
            }
        }
    }

    @Test("The default limit is 64 levels")
    func defaultDepth() throws {
        func nested(_ levels: Int) -> String {
            String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        }
        _ = try JSON(parsing: nested(63))
        _ = try JSON(parsing: nested(64))
        #expect(throws: JSONError(.tooDeep(limit: 64), at: 64)) { try JSON(parsing: nested(65)) }
    }

    @Test("A million levels are refused, or accepted where the limit allows, without recursion")
    func survivesHugeDepth() {
        let million = 1_000_000
        let open = [UInt8](repeating: UInt8(ascii: "["), count: million)
        let close = [UInt8](repeating: UInt8(ascii: "]"), count: million)
        #expect(JSONScanner.reason(open + close) == JSONError(.tooDeep(limit: 64), at: 64))
        #expect(JSONScanner.reason(open) == JSONError(.tooDeep(limit: 64), at: 64))
        #expect(JSONScanner.accepts(open + close, depthLimit: million))
        #expect(
            JSONScanner.reason(open + close, depthLimit: million - 1)
                == JSONError(.tooDeep(limit: million - 1), at: million - 1)
        )
        #expect(
            JSONScanner.reason(open + close.dropLast(), depthLimit: million)
                == JSONError(.unexpectedEnd, at: 2 * million - 1)
        )
    }

    @Test("Brackets must match through more than one word of levels")
    func matchesBracketsAcrossWords() {
        let levels = 150
        var text = ""
        var closing = ""
        for level in 0..<levels {
            let isObject = level % 3 == 0
            text += isObject ? "{\"k\":" : "["
            closing = (isObject ? "}" : "]") + closing
        }
        let bytes = Array((text + "0" + closing).utf8)
        #expect(JSONScanner.accepts(bytes, depthLimit: levels))
        for place in bytes.count - levels..<bytes.count {
            var wrong = bytes
            wrong[place] = wrong[place] == UInt8(ascii: "}") ? UInt8(ascii: "]") : UInt8(ascii: "}")
            #expect(JSONScanner.reason(wrong, depthLimit: levels)?.offset == place)
        }
    }

    @Test("A value is skipped and its range reported, also inside a text")
    func reportsRanges() throws {
        let bytes = ContiguousArray(#"  {"a" : [1, {"b":2}] , "c":"\"x"}  "#.utf8)
        let span = bytes.span
        let whole = try JSONScanner.validate(span)
        #expect(whole == 2..<bytes.count - 2)
        var scanner = JSONScanner()
        try scanner.begin(span)
        try scanner.enter(span, depth: 0)
        let first = try scanner.skipName(span)
        #expect(bytes[first.content].elementsEqual("a".utf8))
        #expect(bytes[first.literal].elementsEqual("\"a\"".utf8))
        let value = try scanner.skipValue(span, depth: 1)
        #expect(bytes[value].elementsEqual(#"[1, {"b":2}]"#.utf8))
        let goesOn = scanner.skipSeparator(span)
        #expect(goesOn)
        let second = try scanner.skipName(span)
        let isC = second.equals("c", in: span)
        #expect(isC)
        let string = try scanner.skipString(span)
        #expect(string.isEscaped)
        #expect(bytes[string.content].elementsEqual(#"\"x"#.utf8))
        let goesOnAgain = scanner.skipSeparator(span)
        #expect(!goesOnAgain)
        let isClosed = scanner.skip(UInt8(ascii: "}"), span)
        #expect(isClosed)
        try scanner.end(span)
    }

    @Test("Names are recognised however they are escaped")
    func comparesNames() throws {
        for (literal, isEqual) in [
            (#""method""#, true), (#""meth\u006fd""#, true), (#""\u006d\u0065\u0074\u0068\u006F\u0064""#, true),
            (#""methods""#, false),
            (#""metho""#, false), (#""Method""#, false), (#""meth\u006ed""#, false), (#""""#, false),
            (#""m\u0065""#, false),
            (#""\u006d\u0065\u0074\u0068\u006F\u0064\u0064""#, false),
        ] {
            let bytes = ContiguousArray(literal.utf8)
            var scanner = JSONScanner()
            let name = try scanner.skipString(bytes.span)
            let matches = name.equals("method", in: bytes.span)
            #expect(matches == isEqual, "\(literal)")
        }
    }
}
