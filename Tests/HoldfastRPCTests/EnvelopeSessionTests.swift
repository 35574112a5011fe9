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

    @Test("Other values are read as Kurento reads them, or refused")
    func coercesValues() {
        for (value, sessionID) in [
            ("null", "-"), ("5", "5"), ("-1.50", "-1.50"), (#"["S"]"#, "S"), ("[7]", "7"), (#""""#, ""),
            (#""a\nb""#, "a\nb"),
        ] {
            #expect(
                scan("{\"id\":1,\"method\":\"m\",\"params\":{\"a\":1,\"sessionId\":\(value)}}").summary
                    == "request 1 m {\"a\":1} \(sessionID)"
            )
        }
        for value in [
            "{}", #"{"id":"S"}"#, "true", "false", "[]", #"["S","T"]"#, "[null]", "[[\"S\"]]", "[{}]", "[true]",
        ] {
            #expect(
                scan("{\"id\":1,\"method\":\"m\",\"params\":{\"sessionId\":\(value)}}").summary == "invalid -32600 1",
                "\(value)"
            )
            #expect(
                scan("{\"method\":\"m\",\"params\":{\"sessionId\":\(value)}}").summary == "invalid -32600 null",
                "\(value)"
            )
            #expect(
                scan("{\"id\":1,\"result\":{\"sessionId\":\(value)}}").summary == "invalid -32600 1 response",
                "\(value)"
            )
        }
    }

    @Test("Two session ids are refused")
    func refusesDuplicates() {
        for params in [
            #"{"sessionId":"S","sessionId":"S"}"#, #"{"sessionId":"S","a":1,"session\u0049d":"T"}"#,
            #"{"sessionId":null,"sessionId":"S"}"#,
        ] {
            #expect(scan("{\"id\":1,\"method\":\"m\",\"params\":\(params)}").summary == "invalid -32600 1")
        }
    }

    @Test("Parameters without a session id share the message's bytes")
    func sharesBytes() throws {
        let message = ByteBuffer(string: #"{"id":1,"method":"m","params":{"a":1}}"#)
        let params = try #require(EnvelopeScanner().scan(message).request?.params)
        let address = { (buffer: ByteBuffer) in buffer.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) } }
        #expect(address(params.buffer) == address(message) + 30)
    }
}
