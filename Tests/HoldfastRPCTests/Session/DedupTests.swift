// SPDX-License-Identifier: Apache-2.0
import HoldfastRPC
import HoldfastTransport
import Testing

/// Clients of a few lines that do no counting, but send again what was not answered.
@Suite(.timeLimit(.minutes(1))) struct DedupTests {
    typealias Agreement = ResumeTests.Agreement

    static let connect =
        #"{"jsonrpc":"2.0","method":"rpc.connect","params":{"resume":{"v":[1],"mode":"dedup"}},"id":0}"#

    private func request(_ id: Int, _ method: String = "echo", _ params: String = "[1]") -> String {
        #"{"jsonrpc":"2.0","method":"\#(method)","params":\#(params),"id":\#(id)}"#
    }

    private func back(_ agreement: Agreement, at attempt: Int) -> String {
        #"{"jsonrpc":"2.0","method":"rpc.connect","params":{"sessionId":"\#(agreement.id)","resume":{"v":[1],"mode":"dedup","#
            + #""at":\#(attempt),"epoch":"\#(agreement.epoch)","token":"\#(agreement.token)"}},"id":9}"#
    }

    @Test func nothingIsNumbered() throws {
        let client = ResumeTests.Fixture().harness.connect()
        let answer = client.exchange(Self.connect)
        let agreement = try Agreement(answer.first)
        #expect(
            answer == [
                #"{"id":0,"result":{"resume":{"v":1,"epoch":"\#(agreement.epoch)","token":"\#(agreement.token)","window":60000,"#
                    + #""mode":"dedup"},"sessionId":"\#(agreement.id)"},"jsonrpc":"2.0"}"#
            ]
        )
        #expect(client.exchange(request(1)) == [#"{"id":1,"result":[1],"jsonrpc":"2.0"}"#])
    }

    @Test func aRequestThatWasAnsweredIsAnsweredAgainAndDoesNotRun() throws {
        let fixture = ResumeTests.Fixture()
        let client = fixture.harness.connect()
        let agreement = try Agreement(client.exchange(Self.connect).first)
        let answer = client.exchange(request(1))
        client.cut()
        let again = fixture.harness.connect()
        #expect(try ResumeTests.state(again.exchange(back(agreement, at: 1)).first)["state"]?.string == "resumed")
        #expect(again.exchange(request(1)) == answer)
        #expect(fixture.notes.all.filter { $0 == "echo [1]" }.count == 1)
    }

    @Test func aRequestInFlightIsAnsweredOnce() async throws {
        let fixture = ResumeTests.Fixture()
        let client = fixture.harness.connect()
        let agreement = try Agreement(client.exchange(Self.connect).first)
        client.send(request(1, "wait"))
        client.cut()
        let again = fixture.harness.connect()
        _ = again.exchange(back(agreement, at: 1))
        #expect(again.exchange(request(1, "wait")).isEmpty)
        fixture.gate.open()
        #expect(await again.wait(for: 1) == [#"{"id":1,"result":[1],"jsonrpc":"2.0"}"#])
    }

    @Test func anotherRequestWithTheIdIsRefused() throws {
        let client = ResumeTests.Fixture().harness.connect()
        _ = client.exchange(Self.connect)
        _ = client.exchange(request(1))
        #expect(client.exchange(request(1, "echo", "[2]")).first?.contains("-32055") == true)
        #expect(client.exchange(request(1, "push", "[]")).first?.contains("-32055") == true)
    }

    @Test func anAnswerIsKeptForAMinuteAndTheIdAfterThat() throws {
        let fixture = ResumeTests.Fixture()
        let client = fixture.harness.connect()
        _ = client.exchange(Self.connect)
        let answer = client.exchange(request(1))
        fixture.harness.scheduler.advance(by: .seconds(59))
        #expect(client.exchange(request(1)) == answer)
        fixture.harness.scheduler.advance(by: .seconds(1))
        #expect(client.exchange(request(1)).first?.contains("-32052") == true)
        #expect(fixture.notes.all.filter { $0 == "echo [1]" }.count == 1)
    }

    @Test func soManyAnswersAreKeptAndSoManyBytes() throws {
        let fixture = ResumeTests.Fixture()
        let client = fixture.harness.connect()
        _ = client.exchange(Self.connect)
        for id in 1...257 { _ = client.exchange(request(id)) }
        #expect(client.exchange(request(1)).first?.contains("-32052") == true)
        #expect(client.exchange(request(2)).first?.contains("result") == true)
        let large = #"["\#(String(repeating: "x", count: 200_000))"]"#
        _ = client.exchange(request(300, "echo", large))
        _ = client.exchange(request(301, "echo", large))
        #expect(client.exchange(request(300, "echo", large)).first?.contains("-32052") == true)
        #expect(client.exchange(request(301, "echo", large)).first?.contains("result") == true)
    }

    @Test func whoAgreedToNothingMayUseAnIdAgain() throws {
        let fixture = ResumeTests.Fixture()
        let client = fixture.harness.connect()
        #expect(client.exchange(request(1)).count == 1)
        #expect(client.exchange(request(1)).count == 1)
        #expect(fixture.notes.all.filter { $0 == "echo [1]" }.count == 2)
    }
}
