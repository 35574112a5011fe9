// SPDX-License-Identifier: Apache-2.0
import HoldfastRPC
import HoldfastTransport
import NIOCore
import Testing

@testable import HoldfastClient

@Suite struct ResultTests {
    private struct Boxed: Codable, Hashable {
        var value: Int
    }

    /// What Kurento's wire brings as a result.
    private func answer(_ result: String) throws -> ClientMachine.Answer {
        let envelope = EnvelopeScanner().scan(ByteBuffer(string: #"{"id":1,"result":\#(result)}"#))
        guard case .response(let response) = envelope, case .result(let value) = response.outcome else {
            throw RPCClientError(.invalidResult, "not a result")
        }
        return ClientMachine.Answer(value)
    }

    @Test func `A wrapped result is unwrapped`() throws {
        let answer = try answer(#"{"value":5,"sessionId":"S"}"#)
        #expect(answer.result == 5)
        #expect(try answer.decode(Int.self) == 5)
        #expect(try answer.decode(Boxed.self) == Boxed(value: 5))
    }

    @Test func `A result without a session id is left as it is`() throws {
        let answer = try answer(#"{"value":5}"#)
        #expect(answer.result == #"{"value":5}"#.json)
        #expect(try answer.decode(Boxed.self) == Boxed(value: 5))
    }

    @Test func `Nothing but a session id is no result`() throws {
        let answer = try answer(#"{"sessionId":"S"}"#)
        #expect(answer.result == .null)
        #expect(try answer.decode(Int?.self) == nil)
        #expect(try answer.decode([String: Int].self) == [:])
    }

    @Test func `Members beside the value keep it where it is`() throws {
        #expect(try answer(#"{"value":5,"unit":"s","sessionId":"S"}"#).result == #"{"value":5,"unit":"s"}"#.json)
    }

    @Test func `An object or null in the member value was never wrapped`() throws {
        #expect(try answer(#"{"value":{"a":1},"sessionId":"S"}"#).result == #"{"value":{"a":1}}"#.json)
        #expect(try answer(#"{"value":null,"sessionId":"S"}"#).result == #"{"value":null}"#.json)
    }
}

extension String {
    /// The value that this is the text of.
    fileprivate var json: JSON { (try? JSON(parsing: self)) ?? .null }
}
