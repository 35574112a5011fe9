// SPDX-License-Identifier: Apache-2.0
import HoldfastTransport
import NIOCore
import Testing

@testable import HoldfastRPC

@Suite("Envelope of calls and answers")
struct EnvelopeScannerTests {
    @Test(
        "Members are found in any order, among others, with any white space",
        arguments: [
            #"{"jsonrpc":"2.0","method":"m","params":{"a":1},"id":7}"#,
            #"{"id":7,"params":{"a":1},"method":"m","jsonrpc":"2.0"}"#,
            #" { "x" : [ { } ] , "id" : 7 , "method" : "m" , "params" : {"a":1} , "y" : null } "#,
            "\n{\n\"id\":7\n,\"method\":\"m\",\t\"params\":\r{\"a\":1}}\n",
            #"{"id":7,"meth\u006fd":"m","p\u0061rams":{"a":1}}"#,
            #"{"\u0069\u0064":7,"\u006Dethod":"\u006d","params":{"a":1},"jsonrpc":"1.0"}"#,
        ]
    )
    func findsMembers(text: String) {
        #expect(scan(text).summary == #"request 7 m {"a":1} -"#)
    }

    @Test(
        "Parameters may be any value or absent, and keep their text",
        arguments: [
            "{}", "[]", #"{"b": 1.0,"a":1e3}"#, "[1, 2]", #""text\n""#, "12345678901234567890123", "-0.50", "true",
            "false", "null",
        ]
    )
    func keepsParameters(params: String) throws {
        #expect(scan("{\"id\":1,\"method\":\"m\",\"params\":\(params)}").request?.params?.json.text == params)
        #expect(scan("{\"method\":\"m\",\"params\": \(params) }").notification?.params?.json.text == params)
        let request = try #require(scan(#"{"id":1,"method":"m"}"#).request)
        #expect(request.params == nil)
    }

    @Test("What is not JSON is −32700, with a null id if none can be read")
    func refusesInvalidJSON() {
        for text in [
            "", " ", "x", "{", #"{"id":1"#, #"{"id":"a"#, #"{"id":tru,"method":"m"}"#, #"{"method":"m","x":01,"id":1}"#,
            "\u{FEFF}{\"id\":1,\"method\":\"m\"}", #"{"id":1,"id":2,"method":"#, #"{"id":[1],"method":5,"x":tru}"#,
            "[1,]", "[", "[{]", #"[{"id":1,"method":"m"},]"#, #"{"x":{"id":1},"method":"#,
        ] {
            #expect(scan(text).summary == "invalid -32700 null", "\(text)")
        }
        let bytes = ByteBuffer(bytes: Array("{\"method\":\"".utf8) + [0xC3, 0x28] + Array("\"}".utf8))
        #expect(EnvelopeScanner().scan(bytes).invalid?.code == -32700)
    }

    @Test("A fault behind the id is answered with it, unless the message is an answer")
    func keepsIDOfInvalidJSON() {
        for text in [
            #"{"id":1,"method":"m"} x"#, #"{"id":1,"method":"m",}"#, #"{"id":1,"method":"m","p":NaN}"#,
            "{\"id\":1,\"method\":\"m\",\"x\":\"\u{1}\"}", #"{"id":1,"params":{"sessionId":[1}}"#, #"{"id":1,"#,
            #"{"id":1 x"#,
            #"{"id":1,"method":"\ud80"}"#, #"{"x":[],"id":1,"method":"m","params":{"#,
        ] {
            #expect(scan(text).summary == "invalid -32700 1", "\(text)")
        }
        #expect(scan(#"{"id":"\u0061","method":"m","params":+1}"#).summary == #"invalid -32700 "\u0061""#)
        #expect(scan(#"{"id":1.50,"method":5,"x":tru}"#).summary == "invalid -32700 1.50")
        for text in [#"{"id":1,"result":{"a":}}"#, #"{"id":1,"error":"#, #"{"result":1,"id":1,"x":01}"#] {
            #expect(scan(text).summary.hasSuffix(" response"), "\(text)")
        }
    }

    @Test("JSON that is no object is −32600", arguments: ["1", "\"x\"", "null", "true", "-1.5"])
    func refusesOtherValues(text: String) {
        #expect(scan(text).summary == "invalid -32600 null")
    }

    @Test("Envelope members that occur twice are refused, also when one is escaped or both are equal")
    func refusesDuplicates() {
        for (text, summary) in [
            (#"{"id":1,"method":"m","id":1}"#, "invalid -32600 null"),
            (#"{"id":1,"\u0069d":2,"method":"m"}"#, "invalid -32600 null"),
            (#"{"id":1,"method":"m","method":"m"}"#, "invalid -32600 1"),
            (#"{"id":1,"method":"m","meth\u006fd":"n"}"#, "invalid -32600 1"),
            (#"{"id":1,"method":"m","params":1,"params":2}"#, "invalid -32600 1"),
            (#"{"jsonrpc":"2.0","id":1,"method":"m","jsonrpc":"2.0"}"#, "invalid -32600 1"),
            (#"{"id":1,"result":1,"result":1}"#, "invalid -32600 1 response"),
            (#"{"id":1,"error":{},"error":{}}"#, "invalid -32600 1 response"),
        ] {
            #expect(scan(text).summary == summary, "\(text)")
        }
        // Other members are nobody's business.
        #expect(
            scan(#"{"id":1,"x":1,"x":2,"method":"m","params":{"a":1,"a":2}}"#).summary
                == #"request 1 m {"a":1,"a":2} -"#
        )
    }

    @Test("The method must be a string")
    func refusesOtherMethods() {
        for method in ["1", "null", "true", "[]", "{}", "1.5"] {
            #expect(scan("{\"id\":1,\"method\":\(method)}").summary == "invalid -32600 1")
            #expect(scan("{\"method\":\(method)}").summary == "invalid -32600 null")
        }
        #expect(scan(#"{"id":1,"method":""}"#).request?.method == "")
        #expect(scan(#"{"id":1,"method":"a\n\u00e9😀"}"#).request?.method == "a\né😀")
    }

    @Test("A method's name has at most 128 bytes, counted after unescaping")
    func limitsMethod() {
        func scanned(_ method: String) -> String { scan("{\"id\":1,\"method\":\"\(method)\"}").summary }
        for length in [127, 128] {
            let name = String(repeating: "m", count: length)
            #expect(scanned(name) == "request 1 \(name) - -")
        }
        #expect(scanned(String(repeating: "m", count: 129)) == "invalid -32600 1")
        #expect(scanned(String(repeating: "é", count: 64)) == "request 1 \(String(repeating: "é", count: 64)) - -")
        #expect(scanned(String(repeating: "é", count: 64) + "x") == "invalid -32600 1")
        #expect(
            scanned(String(repeating: #"\u006d"#, count: 128)) == "request 1 \(String(repeating: "m", count: 128)) - -"
        )
        #expect(scanned(String(repeating: #"\u006d"#, count: 129)) == "invalid -32600 1")
    }

    @Test("The version may be missing or any string, but nothing else")
    func checksVersion() {
        #expect(scan(#"{"id":1,"method":"m"}"#).request != nil)
        for version in [#""2.0""#, #""1.0""#, #""""#] {
            #expect(scan("{\"jsonrpc\":\(version),\"id\":1,\"method\":\"m\"}").request != nil)
        }
        for version in ["2.0", "2", "null", "true", "[]", #"{"v":"2.0"}"#] {
            #expect(scan("{\"jsonrpc\":\(version),\"id\":1,\"method\":\"m\"}").summary == "invalid -32600 1")
            #expect(scan("{\"jsonrpc\":\(version),\"id\":1,\"result\":1}").summary == "invalid -32600 1 response")
        }
    }

    @Test("Answers are told from calls")
    func readsAnswers() {
        for (text, summary) in [
            (#"{"jsonrpc":"2.0","id":1,"result":{"y":2}}"#, #"result 1 {"y":2} -"#),
            (#"{"id":1,"result":"x"}"#, #"result 1 "x" -"#),
            (#"{"id":1,"result":null}"#, "result 1 null -"),
            (#"{"id":"a","error":{"code":1}}"#, #"error "a" {"code":1} -"#),
            (#"{"id":1,"result":5,"error":null}"#, "result 1 5 -"),
            (#"{"id":1,"error":{"code":1},"result":null}"#, #"error 1 {"code":1} -"#),
            (#"{"id":1,"error":null}"#, "result 1 null -"), (#"{"id":1,"error":"odd"}"#, #"error 1 "odd" -"#),
            (#"{"id":null,"error":{"code":-32700}}"#, #"error - {"code":-32700} -"#),
            (#"{"result":1}"#, "result - 1 -"),
            (#"{"id":1,"result":1,"error":{"code":1}}"#, "invalid -32600 1 response"),
            (#"{"id":1.5,"result":1}"#, "result 1.5 1 -"),
            (#"{"id":[],"error":{}}"#, "invalid -32600 null response"),
        ] {
            #expect(scan(text).summary == summary, "\(text)")
        }
    }

    @Test("Neither a call nor an answer, or both at once, is −32600")
    func refusesNeither() {
        for text in [#"{"id":1}"#, #"{"jsonrpc":"2.0","id":1,"params":{}}"#] {
            #expect(scan(text).summary == "invalid -32600 1", "\(text)")
        }
        for text in ["{}", #"{"foo":"boo"}"#] { #expect(scan(text).summary == "invalid -32600 null", "\(text)") }
        #expect(scan(#"{"id":1,"method":"m","result":1}"#).summary == "invalid -32600 1")
        #expect(scan(#"{"id":1,"method":"m","error":null}"#).summary == "invalid -32600 1")
    }

    @Test("Levels are limited, everywhere in the message")
    func limitsDepth() {
        func nested(_ levels: Int) -> String {
            String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        }
        for member in ["params", "x", "result", "error", "id", "method"] {
            for (levels, isTooDeep) in [(62, false), (63, false), (64, true), (1_000_000, true)] {
                let code = scan("{\"\(member)\":\(nested(levels))}").invalid?.code
                #expect((code == -32700) == isTooDeep, "\(member) \(levels)")
            }
        }
        for (levels, isTooDeep) in [(61, false), (62, false), (63, true)] {
            #expect(
                (scan("{\"id\":1,\"method\":\"m\",\"params\":{\"a\":\(nested(levels))}}").invalid?.code == -32700)
                    == isTooDeep
            )
            #expect((scan("[{\"params\":\(nested(levels))}]").invalid?.code == -32700) == isTooDeep)
        }
        #expect(scan(String(repeating: "[", count: 1_000_000)).invalid?.code == -32700)
        #expect(scan(String(repeating: "{\"params\":", count: 1_000_000)).invalid?.code == -32700)
        #expect(scan(#"{"method":"m"}"#, depthLimit: 1).notification != nil)
        #expect(scan(#"{"method":"m","params":[]}"#, depthLimit: 1).invalid?.code == -32700)
    }

    @Test("A message that does not start its buffer is read the same")
    func readsSlices() throws {
        var buffer = ByteBuffer(string: #"junk{"id":"\u0061","method":"m","params":{"x":1,"sessionId":"s"}}junk"#)
        buffer.moveReaderIndex(forwardBy: 4)
        let slice = buffer.readSlice(length: buffer.readableBytes - 4)
        #expect(EnvelopeScanner().scan(try #require(slice)).summary == #"request "\u0061" m {"x":1} s"#)
    }
}
