// SPDX-License-Identifier: Apache-2.0
import HoldfastRPC
import HoldfastTransport
import Testing

@Suite(.timeLimit(.minutes(1))) struct ShutdownTests {
    struct Fixture {
        let gate = Gate()
        let notes = Notes()
        let harness: Harness

        init() {
            let rpc = RPCEndpoint()
            rpc.method("work") { [gate] _ in await gate.pass() }
            rpc.onClose { [notes] _, reason in
                await Task.yield()
                notes.add("\(reason)")
            }
            harness = Harness(rpc)
        }
    }

    @Test func sessionsAreClosedWith1001AndTheirCallbacksAwaited() async {
        let fixture = Fixture()
        let client = fixture.harness.connect()
        client.send(SessionLifeTests.connect)
        let away = fixture.harness.connect()
        away.send(SessionLifeTests.connect)
        away.cut()
        await fixture.harness.service.shutdown()
        #expect(client.closeReason == CloseReason(.goingAway, "server is shutting down"))
        #expect(fixture.notes.all == Array(repeating: "1001 server is shutting down", count: 2))
        #expect(fixture.harness.service.sessionCount == 0)
        #expect(fixture.harness.scheduler.pendingCount == 0)
    }

    @Test func whatWasAcceptedIsFinishedAndNothingNewIsTaken() async throws {
        let fixture = Fixture()
        let service = fixture.harness.service
        let client = fixture.harness.connect()
        client.send(#"{"jsonrpc":"2.0","method":"work","id":1}"#)
        client.send(#"{"jsonrpc":"2.0","method":"work","id":2}"#)
        let other = fixture.harness.connect()
        other.send(#"{"jsonrpc":"2.0","method":"ping","id":1}"#)
        _ = other.take()
        let shutdown = Task { await service.shutdown() }
        // It has begun when a new connection is refused.
        while fixture.harness.connect().closeReason?.code != .goingAway { await Task.yield() }
        #expect(client.exchange(#"{"jsonrpc":"2.0","method":"work","id":3}"#).first?.contains("-32053") == true)
        #expect(other.exchange(#"{"jsonrpc":"2.0","method":"work","id":4}"#).first?.contains("-32053") == true)
        #expect(other.exchange(SessionLifeTests.connect("any")).first?.contains("-32053") == true)
        #expect(client.closeReason == nil)
        fixture.gate.open()
        await shutdown.value
        #expect(client.take().map { $0.prefix(8) } == [#"{"id":1,"#, #"{"id":2,"#])
        #expect(client.closeReason?.code == .goingAway)
    }

    @Test func aCancelledShutdownDoesNotWait() async {
        let fixture = Fixture()
        let service = fixture.harness.service
        let client = fixture.harness.connect()
        client.send(#"{"jsonrpc":"2.0","method":"work","id":1}"#)
        let shutdown = Task { await service.shutdown() }
        while fixture.harness.connect().closeReason?.code != .goingAway { await Task.yield() }
        shutdown.cancel()
        await shutdown.value
        #expect(client.closeReason?.code == .goingAway)
        fixture.gate.open()
    }
}
