// SPDX-License-Identifier: Apache-2.0
import HoldfastTransport
import Testing

@testable import HoldfastRPC

/// Clients that use what the rules allow, and what they do not, against sessions that lose nothing.
@Suite(.timeLimit(.minutes(1))) struct ResumeHostileTests {
    typealias Fixture = ResumeBoundsTests.Fixture

    @Test func answersThatFillAllRoomEndNothing() async throws {
        let fixture = ResumeTests.Fixture()
        let (client, agreement) = try fixture.connect()
        // Serial and running at once: what has been started is answered.
        let large = #"["\#(String(repeating: "x", count: 380 << 10))"]"#
        for number in 1...4 {
            client.send(#"{"jsonrpc":"2.0","method":"echo","params":\#(large),"id":\#(number),"seq":\#(number)}"#)
        }
        var answers = client.take().filter { $0.contains(#""result":"#) }.count
        #expect(client.closeReason == nil)
        client.send(#"{"jsonrpc":"2.0","method":"rpc.ack","params":{"rcv":\#(answers)}}"#)
        answers += client.take().filter { $0.contains(#""result":"#) }.count
        client.send(#"{"jsonrpc":"2.0","method":"rpc.ack","params":{"rcv":\#(answers)}}"#)
        answers += client.take().filter { $0.contains(#""result":"#) }.count
        #expect(answers == 4)
        client.cut()
        let (_, said) = fixture.comeBack(agreement, at: 2, received: 4, sent: 4)
        #expect(try ResumeTests.state(said.first)["state"]?.string == "resumed")
    }

    @Test func manyThatRunAtOnceAreAllAnswered() async throws {
        let fixture = ResumeTests.Fixture(.init(concurrency: .concurrent, wire: .plain))
        let (client, _) = try fixture.connect()
        let params = #"["\#(String(repeating: "x", count: 40 << 10))"]"#
        for number in 1...64 {
            client.send(#"{"jsonrpc":"2.0","method":"wait","params":\#(params),"id":\#(number),"seq":\#(number)}"#)
        }
        fixture.gate.open()
        var answers = 0
        while answers < 64 {
            await Task.yield()
            answers += client.take().filter { $0.contains(#""result":"#) }.count
            #expect(client.closeReason == nil)
            client.send(#"{"jsonrpc":"2.0","method":"rpc.ack","params":{"rcv":\#(answers)}}"#)
        }
    }

    @Test func sessionsThatKeepAgainGiveUpAgain() async throws {
        let fixture = try Fixture(total: 1)
        fixture.client.cut()
        let session = try fixture.server
        for _ in 1...20 {
            try await session.notify("n", [1])
            #expect(session.withMachine { $0.ledger.bytes } == 0)
        }
    }

    @Test func whatIsMissingHoldsNothingUp() async throws {
        let fixture = try Fixture()
        fixture.client.cut()
        try await fixture.notify(1...5)
        let session = try fixture.server
        session.loseOutbox()
        let (client, said) = fixture.comeBack(at: 2, received: 0)
        #expect(try ResumeTests.state(said.first)["next"]?.int == 6)
        try await session.notify("v", [1], delivery: .volatile)
        #expect(client.take() == [#"{"method":"v","params":[1],"jsonrpc":"2.0"}"#])
        #expect(client.exchange(#"{"jsonrpc":"2.0","method":"rpc.ping","id":1}"#).count == 1)
    }

    @Test func whatWasAcknowledgedMeanwhileHoldsNothingUp() async throws {
        let fixture = try Fixture()
        fixture.client.read(false)
        try await fixture.notify(1...5)
        fixture.client.read(true)
        _ = fixture.client.take()
        let session = try fixture.server
        let client = fixture.harness.connect()
        client.read(false)
        client.send(fixture.agreement.back(at: 2, received: 0, sent: 0, #","migrate":true"#))
        try await session.notify("v", [1], delivery: .volatile)
        client.send(#"{"jsonrpc":"2.0","method":"rpc.ack","params":{"rcv":5}}"#)
        client.read(true)
        client.send(#"{"jsonrpc":"2.0","method":"rpc.ping","id":1}"#)
        #expect(client.take().contains { $0.contains(#""result":"pong""#) })
    }

    @Test func gapsWithoutEndAreOneEventOrTooMuch() async throws {
        let rpc = RPCEndpoint()
        let gate = Gate()
        let notes = Notes()
        rpc.onOpen { _ in await gate.pass() }
        rpc.onGap { _, gap in notes.add("\(gap.numbers)") }
        let harness = Harness(rpc, .init(wire: .plain))
        let client = harness.connect()
        _ = client.exchange(#"{"jsonrpc":"2.0","method":"rpc.connect","params":{"resume":{"v":[1],"at":1}},"id":0}"#)
        for number in 1...10_000 {
            client.send(#"{"jsonrpc":"2.0","method":"rpc.gap","params":{"from":\#(number),"to":\#(number),"why":"x"}}"#)
        }
        gate.open()
        await notes.wait(for: 1)
        #expect(notes.all == ["1...10000"])
        // Others than neighbours are bounded in number.
        let other = Gate()
        let second = RPCEndpoint()
        second.onOpen { _ in await other.pass() }
        let away = Harness(second, .init(wire: .plain)).connect()
        _ = away.exchange(#"{"jsonrpc":"2.0","method":"rpc.connect","params":{"resume":{"v":[1],"at":1}},"id":0}"#)
        for number in 1...300 {
            away.send(
                #"{"jsonrpc":"2.0","method":"rpc.gap","params":{"from":\#(number),"to":\#(number),"why":"\#(number)"}}"#
            )
        }
        #expect(away.closeReason?.code == .protocolViolation)
        other.open()
    }

    @Test func theLastOfAKindNeedsRoomToo() async throws {
        let fixture = try Fixture()
        fixture.client.cut()
        let session = try fixture.server
        for key in 1...6 { try await session.notify("n", [key], delivery: .latest(key: "\(key)")) }
        let large = String(repeating: "x", count: 900)
        for key in 1...6 { try await session.notify("n", [large], delivery: .latest(key: "\(key)")) }
        #expect(session.withMachine { $0.ledger.bytes } <= 4000)
    }

    @Test func aBatchIsNoWayBack() throws {
        let fixture = ResumeTests.Fixture()
        let (client, agreement) = try fixture.connect()
        let other = fixture.harness.connect()
        let answer = other.exchange(
            "[\(agreement.back(at: 2, received: 0, sent: 0)),"
                + #"{"jsonrpc":"2.0","method":"rpc.ping","id":2}]"#
        )
        #expect(answer.count == 1)
        #expect(answer.first?.contains("-32600") == true)
        #expect(answer.first?.contains("pong") == true)
        #expect(client.closeReason == nil)
    }

    @Test func aBatchIsNoWayRoundTheRecords() throws {
        let fixture = ResumeTests.Fixture()
        let client = fixture.harness.connect()
        _ = client.exchange(DedupTests.connect)
        let request = #"{"jsonrpc":"2.0","method":"echo","params":[1],"id":1}"#
        let first = client.exchange("[\(request)]")
        #expect(client.exchange(request) == first)
        #expect(client.exchange("[\(request)]") == first)
        #expect(fixture.notes.all.filter { $0 == "echo [1]" }.count == 1)
    }

    @Test func aConnectionThatLostTheSessionHasNoSayInIt() throws {
        let fixture = ResumeTests.Fixture()
        let (old, agreement) = try fixture.connect()
        // It does not read, so that its close cannot go out.
        old.read(false)
        let (new, _) = fixture.comeBack(agreement, at: 2, received: 0, sent: 0)
        new.read(false)
        for _ in 1...200 { old.send(#"{"jsonrpc":"2.0","method":"rpc.ackNow"}"#) }
        old.send(#"{"jsonrpc":"2.0","method":"rpc.gap","params":{"from":1,"to":1000000}}"#)
        new.read(true)
        #expect(new.closeReason == nil)
        #expect(
            new.exchange(#"{"jsonrpc":"2.0","method":"echo","params":[1],"id":1,"seq":1}"#).contains {
                $0.contains("result")
            }
        )
    }

    @Test func aDrainLetsWaitingRequestsGoOn() async throws {
        let fixture = try Fixture()
        try await fixture.notify(1...6)
        _ = fixture.client.exchange(#"{"jsonrpc":"2.0","method":"echo","params":[1],"id":1,"seq":1}"#)
        fixture.client.cut()
        // No time passes here: it ends because nothing waits.
        await fixture.harness.service.shutdown(patience: .seconds(20))
        #expect(fixture.harness.service.sessionCount == 0)
    }

    @Test func aHeartbeatBeforeTheAnswerSpendsNoToken() throws {
        let fixture = ResumeTests.Fixture()
        let (client, agreement) = try fixture.connect()
        client.cut()
        let hasty = fixture.harness.connect()
        hasty.read(false)
        hasty.send(agreement.back(at: 2, received: 0, sent: 0))
        hasty.send(#"{"jsonrpc":"2.0","method":"rpc.ping","id":1}"#)
        hasty.cut()
        let (_, said) = fixture.comeBack(agreement, at: 3, received: 0, sent: 0)
        #expect(try ResumeTests.state(said.first)["state"]?.string == "resumed")
    }

    @Test func whatBeginsLikeOursIsNotCounted() throws {
        let fixture = ResumeTests.Fixture()
        let (client, _) = try fixture.connect()
        #expect(client.exchange(#"{"jsonrpc":"2.0","method":"rpc.discover","id":1}"#).first?.contains("-32601") == true)
        #expect(client.closeReason == nil)
        client.send(#"{"jsonrpc":"2.0","method":"rpc.ack","params":{"rcv":"x"}}"#)
        #expect(client.closeReason?.code == .protocolViolation)
    }

    @Test func aRefusedRequestMayComeAgain() async throws {
        var limits = Limits.RPC()
        limits.running = 1
        limits.waiting = 0
        let fixture = ResumeTests.Fixture(.init(wire: .plain, limits: limits))
        let client = fixture.harness.connect()
        _ = client.exchange(DedupTests.connect)
        client.send(#"{"jsonrpc":"2.0","method":"wait","params":[1],"id":1}"#)
        let request = #"{"jsonrpc":"2.0","method":"echo","params":[2],"id":2}"#
        #expect(client.exchange(request).first?.contains("-32051") == true)
        fixture.gate.open()
        _ = await client.wait(for: 1)
        #expect(client.exchange(request).first?.contains(#""result":[2]"#) == true)
    }

    @Test func onKurentosWireAValueArrivesAsItWasSent() async throws {
        let rpc = RPCEndpoint()
        let results = Notes()
        rpc.onOpen { session in
            Task { results.add(try await session.call("c", as: JSON.self).text) }
        }
        let client = Harness(rpc).connect()
        let said = client.exchange(#"{"jsonrpc":"2.0","method":"connect","params":{"resume":{"v":[1]}},"id":0}"#)
        let id = try #require(sessionID(in: said.first))
        let call = said.count > 1 ? said[1] : await client.wait(for: 1)[0]
        let number = try #require(try JSON(parsing: call)["id"]?.text)
        client.send(#"{"jsonrpc":"2.0","id":\#(number),"result":{"value":5,"sessionId":"\#(id)"},"seq":1}"#)
        await results.wait(for: 1)
        #expect(results.all == [#"{"value":5,"sessionId":"\#(id)"}"#])
    }
}
