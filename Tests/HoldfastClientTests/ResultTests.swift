import HoldfastTransport
import Testing

// SPDX-License-Identifier: Apache-2.0
@testable import HoldfastClient

@Suite struct ResultTests {
    private struct Boxed: Codable, Hashable {
        var value: Int
    }

    @Test func `A wrapped result is unwrapped`() throws {
        let answer = ClientMachine.Answer(result: ["value": 5], hadSessionID: true)
        #expect(answer.unwrapped == 5)
        #expect(try answer.decode(Int.self) == 5)
        #expect(try answer.decode(Boxed.self) == Boxed(value: 5))
    }

    @Test func `A result without a session id is left as it is`() throws {
        let answer = ClientMachine.Answer(result: ["value": 5], hadSessionID: false)
        #expect(answer.unwrapped == ["value": 5])
        #expect(try answer.decode(Boxed.self) == Boxed(value: 5))
    }

    @Test func `Nothing but a session id is no result`() throws {
        let answer = ClientMachine.Answer(result: [:], hadSessionID: true)
        #expect(answer.unwrapped == .null)
        #expect(try answer.decode(Int?.self) == nil)
        #expect(try answer.decode([String: Int].self) == [:])
    }

    @Test func `Members beside the value keep it where it is`() {
        let answer = ClientMachine.Answer(result: ["value": 5, "unit": "s"], hadSessionID: true)
        #expect(answer.unwrapped == ["value": 5, "unit": "s"])
    }
}
