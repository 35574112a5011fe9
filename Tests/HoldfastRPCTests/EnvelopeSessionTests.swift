// SPDX-License-Identifier: Apache-2.0
import HoldfastTransport
import NIOCore
import Testing

@testable import HoldfastRPC

@Suite("Session ids inside messages (Kurento)")
struct EnvelopeSessionTests {
    @Test("The session id is taken out of the parameters, wherever it stands")
    func stripsParameters() {
        for (params, stripped) in [
            (#"{"sessionId":"S"}"#, "{}"), (#"{ "sessionId" : "S" }"#, "{  }"),
            (#"{"sessionId":"S","a":1}"#, #"{"a":1}"#),
            (#"{"a":1,"sessionId":"S"}"#, #"{"a":1}"#), (#"{"a":1,"sessionId":"S","b":2}"#, #"{"a":1,"b":2}"#),
            (#"{"a":1 , "sessionId" : "S" , "b":2}"#, #"{"a":1 , "b":2}"#),
            (#"{"a":1 , "sessionId" : "S" }"#, #"{"a":1 }"#),
            (#"{ "session\u0049d":"\u0053","value":[1.0, 2]}"#, #"{ "value":[1.0, 2]}"#),
            (#"{"a":{"sessionId":"inner"},"sessionId":"S"}"#, #"{"a":{"sessionId":"inner"}}"#),
        ] {
            #expect(
                scan("{\"id\":1,\"method\":\"m\",\"params\":\(params)}").summary == "request 1 m \(stripped) S",
                "\(params)"
            )
            #expect(
                scan("{\"method\":\"m\",\"params\":\(params)}").summary == "notification m \(stripped) S",
                "\(params)"
            )
            #expect(scan("{\"id\":1,\"result\":\(params)}").summary == "result 1 \(stripped) S", "\(params)")
        }
    }

    @Test("It is looked for nowhere else")
    func ignoresOtherPlaces() {
        for (text, summary) in [
            (#"{"id":1,"method":"m","sessionId":"S"}"#, "request 1 m - -"),
            (#"{"id":1,"method":"m","params":["sessionId","S"]}"#, #"request 1 m ["sessionId","S"] -"#),
            (#"{"id":1,"method":"m","params":[{"sessionId":"S"}]}"#, #"request 1 m [{"sessionId":"S"}] -"#),
            (
                #"{"id":1,"method":"m","params":{"SessionId":"S","sessionID":"T"}}"#,
                #"request 1 m {"SessionId":"S","sessionID":"T"} -"#
            ),
            (#"{"id":1,"method":"m","params":"sessionId"}"#, #"request 1 m "sessionId" -"#),
            (#"{"id":1,"error":{"code":1,"sessionId":"S"}}"#, #"error 1 {"code":1,"sessionId":"S"} -"#),
        ] {
            #expect(scan(text).summary == summary, "\(text)")
        }
    }

    @Test("Other values are the application's")
    func leavesOtherValues() {
        for value in [
            "null", "5", #"["S"]"#, "{}", #"{"id":"S"}"#, "true", "[]", #"["S","T"]"#, "[{}]",
        ] {
            let params = "{\"a\":1,\"sessionId\":\(value)}"
            #expect(scan("{\"id\":1,\"method\":\"m\",\"params\":\(params)}").summary == "request 1 m \(params) -")
            #expect(scan("{\"method\":\"m\",\"params\":\(params)}").summary == "notification m \(params) -")
            #expect(scan("{\"id\":1,\"result\":\(params)}").summary == "result 1 \(params) -")
        }
    }

    @Test("Two of them are the application's too: which would count is anybody's guess")
    func leavesDuplicates() {
        for params in [
            #"{"sessionId":"S","sessionId":"S"}"#, #"{"sessionId":"S","a":1,"session\u0049d":"T"}"#,
            #"{"sessionId":null,"sessionId":"S"}"#,
        ] {
            #expect(scan("{\"id\":1,\"method\":\"m\",\"params\":\(params)}").summary == "request 1 m \(params) -")
        }
    }

    private func value(_ text: String) throws -> CarriedValue {
        try #require(scan("{\"id\":1,\"method\":\"m\",\"params\":\(text)}").request?.params)
    }

    @Test("Only 26 characters of 0-9 and a-v can be an id of ours, however they are written")
    func knowsOwnIDs() throws {
        let id = "0123456789abcdefghijklmnuv"
        #expect(try value("{\"sessionId\":\"\(id)\"}").ownSessionID == id)
        let escaped = id.utf8.map { "\\u00" + String($0, radix: 16) }.joined()
        #expect(try value("{\"sessionId\":\"\(escaped)\"}").ownSessionID == id)
        for other in [
            "", "room-7", String(id.dropLast()), id + "0", "w" + id.dropFirst(), id.uppercased(), "é" + id.dropFirst(2),
            "6f1d5c0e-8f0b-4f49-9d0a-3f2f6c1f3f11", String(repeating: "0", count: 10_000),
        ] {
            #expect(try value("{\"sessionId\":\"\(other)\"}").ownSessionID == nil, "\(other)")
        }
        for other in ["\(String(repeating: "1", count: 26))", "[\"\(id)\"]", "null"] {
            #expect(try value("{\"sessionId\":\(other)}").ownSessionID == nil, "\(other)")
        }
        #expect(try value("{\"sessionId\":\"\(RandomID.make())\"}").ownSessionID != nil)
    }

    @Test("What a client of Kurento's has added to its result is taken out, and nothing else")
    func unwrapsResults() throws {
        for (result, given) in [
            (#"{"value":5,"sessionId":"S"}"#, "5"), (#"{"sessionId":"S","value":[1]}"#, "[1]"),
            (#"{"value":{"a":1},"sessionId":"S"}"#, #"{"value":{"a":1}}"#),
            (#"{"value":null,"sessionId":"S"}"#, #"{"value":null}"#), (#"{"sessionId":"S"}"#, "{}"),
            (#"{"value":5,"unit":"m","sessionId":"S"}"#, #"{"value":5,"unit":"m"}"#),
            (#"{"value":5}"#, #"{"value":5}"#), (#"{"value":5,"sessionId":"T"}"#, #"{"value":5,"sessionId":"T"}"#),
            (#"{"value":5,"sessionId":5}"#, #"{"value":5,"sessionId":5}"#), ("[1]", "[1]"), ("null", "null"),
        ] {
            #expect(try value(result).given(by: "S").text == given)
        }
    }

    @Test("Parameters without a session id share the message's bytes")
    func sharesBytes() throws {
        let message = ByteBuffer(string: #"{"id":1,"method":"m","params":{"a":1}}"#)
        let params = try #require(EnvelopeScanner().scan(message).request?.params?.json)
        let address = { (buffer: ByteBuffer) in buffer.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) } }
        #expect(address(params.buffer) == address(message) + 30)
    }
}
