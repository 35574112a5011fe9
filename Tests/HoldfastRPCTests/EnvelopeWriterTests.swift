// SPDX-License-Identifier: Apache-2.0
import HoldfastTransport
import NIOCore
import Testing

@testable import HoldfastRPC

@Suite("Writing envelopes")
struct EnvelopeWriterTests {
    private func result(_ text: String?, _ sessionID: String? = "S") throws -> String {
        let json = try text.map { try JSON(parsing: $0) }
        return String(buffer: EnvelopeWriter.response(id: Envelope.ID(1), result: json, sessionID: sessionID))
    }

    @Test("An object result gets the session id as its last member")
    func splicesObjects() throws {
        for (value, written) in [
            ("{}", #"{"sessionId":"S"}"#), ("{ }", #"{ "sessionId":"S"}"#), (#"{"a":1}"#, #"{"a":1,"sessionId":"S"}"#),
            (#"{"b":1.0, "a":[{}]}"#, #"{"b":1.0, "a":[{}],"sessionId":"S"}"#),
            (#"{"a":{"sessionId":"x"}}"#, #"{"a":{"sessionId":"x"},"sessionId":"S"}"#),
        ] {
            #expect(try result(value) == #"{"id":1,"result":\#(written),"jsonrpc":"2.0"}"#, "\(value)")
        }
    }

    @Test("A member of that name in the result is replaced, however often it occurs")
    func replacesMembers() throws {
        for value in [
            #"{"sessionId":"x"}"#, #"{"session\u0049d":{"y":1}}"#, #"{"sessionId":1,"sessionId":2}"#,
        ] {
            #expect(try result(value) == #"{"id":1,"result":{"sessionId":"S"},"jsonrpc":"2.0"}"#, "\(value)")
        }
        for value in [
            #"{"sessionId":"x","a":1}"#, #"{"a":1,"sessionId":"x"}"#, #"{"sessionId":"x","a":1,"sessionId":"y"}"#,
            #"{"a":1,"sessionId":"x","sessionId":"y"}"#,
        ] {
            #expect(try result(value) == #"{"id":1,"result":{"a":1,"sessionId":"S"},"jsonrpc":"2.0"}"#, "\(value)")
        }
    }

    @Test("Other results are wrapped, null and nothing are not")
    func wrapsOthers() throws {
        for value in [#""hello""#, "42", "1.0", "true", "[1,2,3]", "[]", #""""#] {
            #expect(try result(value) == #"{"id":1,"result":{"value":\#(value),"sessionId":"S"},"jsonrpc":"2.0"}"#)
        }
        for value in [nil, "null"] {
            #expect(try result(value) == #"{"id":1,"result":{"sessionId":"S"},"jsonrpc":"2.0"}"#)
        }
    }

    @Test("Without a session id the result goes out as it is")
    func writesPlainResults() throws {
        for value in [#""""#, #""bye""#, "[]", #"{"value":"pong"}"#, "1.0", #"{"sessionId":"x"}"#, "null"] {
            #expect(try result(value, nil) == #"{"id":1,"result":\#(value),"jsonrpc":"2.0"}"#)
        }
        #expect(try result(nil, nil) == #"{"id":1,"result":null,"jsonrpc":"2.0"}"#)
    }

    @Test("A session id from outside cannot break out of its string")
    func escapesSessionID() throws {
        #expect(try result("{}", #"x","a":"\"#) == #"{"id":1,"result":{"sessionId":"x\",\"a\":\"\\"},"jsonrpc":"2.0"}"#)
    }

    @Test("Errors carry what they were given")
    func writesErrors() {
        #expect(
            String(buffer: EnvelopeWriter.error(id: Envelope.ID(3), code: 40007, message: "reconnection error"))
                == #"{"id":3,"error":{"code":40007,"message":"reconnection error"},"jsonrpc":"2.0"}"#
        )
        #expect(
            String(buffer: EnvelopeWriter.error(id: nil, code: -32700, message: "a\"b", data: ["k": 1], type: "T\n"))
                == #"{"id":null,"error":{"code":-32700,"message":"a\"b","data":{"k":1},"type":"T\n"},"jsonrpc":"2.0"}"#
        )
    }

    @Test("Calls and notifications carry what they were given")
    func writesCalls() {
        let id = Envelope.ID(1)
        for (message, text) in [
            (
                EnvelopeWriter.request(id: id, method: "clientEcho", params: ["x": 1]),
                #"{"id":1,"method":"clientEcho","params":{"x":1},"jsonrpc":"2.0"}"#
            ),
            (EnvelopeWriter.request(id: id, method: "m"), #"{"id":1,"method":"m","jsonrpc":"2.0"}"#),
            (EnvelopeWriter.notification(method: "done"), #"{"method":"done","jsonrpc":"2.0"}"#),
            (
                EnvelopeWriter.notification(method: "n\"", params: [1]),
                #"{"method":"n\"","params":[1],"jsonrpc":"2.0"}"#
            ),
            (
                EnvelopeWriter.request(id: id, method: "m", sessionID: "S"),
                #"{"id":1,"method":"m","params":{"sessionId":"S"},"jsonrpc":"2.0"}"#
            ),
            (
                EnvelopeWriter.request(id: id, method: "m", params: [1], sessionID: "S"),
                #"{"id":1,"method":"m","params":{"value":[1],"sessionId":"S"},"jsonrpc":"2.0"}"#
            ),
            (
                EnvelopeWriter.notification(method: "m", params: ["a": 1], sessionID: "S"),
                #"{"method":"m","params":{"a":1,"sessionId":"S"},"jsonrpc":"2.0"}"#
            ),
        ] {
            #expect(String(buffer: message) == text)
        }
    }

    @Test("Several messages become one array")
    func writesBatches() {
        let messages = [
            EnvelopeWriter.response(id: Envelope.ID(1), result: 2), EnvelopeWriter.notification(method: "n"),
        ]
        #expect(
            String(buffer: EnvelopeWriter.batch(messages))
                == #"[{"id":1,"result":2,"jsonrpc":"2.0"},{"method":"n","jsonrpc":"2.0"}]"#
        )
    }

    @Test("What is written is read back the same")
    func roundTrips() throws {
        let id = try #require(scan(#"{"id":"\u0061\"","method":"m"}"#).request?.id)
        for value in ["{}", "[1]", "null", #"{"a":1}"#, #"{"sessionId":"x","b":2}"#] {
            let json = try JSON(parsing: value)
            let response = EnvelopeScanner().scan(EnvelopeWriter.response(id: id, result: json, sessionID: "S"))
                .response
            #expect(response?.id == id)
            if case .result(let result) = response?.outcome { #expect(result.sessionID == "S") }
            let call = EnvelopeScanner().scan(EnvelopeWriter.request(id: id, method: "m", params: json, sessionID: "S"))
                .request
            #expect(call?.id == id)
            #expect(call?.params?.sessionID == "S")
            #expect(call?.params?.withoutSessionID["sessionId"] == nil)
        }
    }
}
