// SPDX-License-Identifier: Apache-2.0
import HoldfastTransport
import Testing

@testable import HoldfastRPC

/// What a session keeps for a client that agreed to lose nothing, and what becomes of the rest.
@Suite(.timeLimit(.minutes(1))) struct ResumeBoundsTests {
    typealias Agreement = ResumeTests.Agreement

    /// A session with room for eight messages, six of them notifications.
    struct Fixture {
        let notes = Notes()
        let harness: Harness
        let client: Client
        let agreement: Agreement

        init(_ overflow: RPCOptions.Resume.Overflow = .gap, total: Int = 1 << 30) throws {
            var limits = Limits.RPC()
            limits.outbox = QueueLimits(messages: 8, bytes: 4000)
            limits.totalOutboxBytes = total
            let rpc = RPCEndpoint()
            rpc.method("echo") { (params: JSON, _) in params }
            rpc.method("id") { call in call.session.id }
            rpc.onGap { [notes] _, gap in notes.add("gap \(gap.direction) \(gap.numbers) \(gap.reason)") }
            rpc.onClose { [notes] _, reason in notes.add("close \(reason)") }
            let options = RPCOptions(resume: .init(overflow: overflow), wire: .plain, limits: limits)
            harness = Harness(rpc, options)
            client = harness.connect()
            agreement = try Agreement(
                client.exchange(
                    #"{"jsonrpc":"2.0","method":"rpc.connect","params":{"resume":{"v":[1],"at":1}},"id":0}"#
                ).first
            )
        }

        var server: RPCSession {
            get throws { try #require(harness.service.directory.location(of: agreement.id)?.session) }
        }

        func comeBack(at attempt: Int, received: Int, sent: Int = 0) -> (Client, [String]) {
            let client = harness.connect()
            return (client, client.exchange(agreement.back(at: attempt, received: received, sent: sent)))
        }

        func notify(_ numbers: ClosedRange<Int>) async throws {
            let session = try server
            for number in numbers { try await session.notify("n", [number]) }
        }
    }

    static func numbers(_ messages: [String]) throws -> [Int] {
        try messages.compactMap { try JSON(parsing: $0)["params"]?[0]?.int }
    }

    // MARK: Away

    @Test func theOldestNotificationsGoAndBothSidesKnowWhich() async throws {
        let fixture = try Fixture()
        fixture.client.cut()
        try await fixture.notify(1...10)
        let (_, said) = fixture.comeBack(at: 2, received: 0)
        let state = try ResumeTests.state(said.first)
        #expect(state["state"]?.string == "gap")
        #expect(state["next"]?.int == 5)
        #expect(state["gaps"]?.text == #"[{"from":1,"to":4,"why":"overflow"}]"#)
        #expect(try Self.numbers(said) == [5, 6, 7, 8, 9, 10])
        await fixture.notes.wait(for: 1)
        #expect(fixture.notes.all == ["gap toClient 1...4 overflow"])
        // Told again to a client that did not hear of it, and not to the application.
        let (_, again) = fixture.comeBack(at: 3, received: 0)
        #expect(try ResumeTests.state(again.first)["gaps"]?.text == #"[{"from":1,"to":4,"why":"overflow"}]"#)
        #expect(fixture.notes.all.count == 1)
    }

    @Test func answersAndCallsStay() async throws {
        let fixture = try Fixture()
        let session = try fixture.server
        fixture.client.cut()
        let call = Task { try await session.call("c", as: Int.self) }
        while session.withMachine({ $0.ledger.end }) < 1 { await Task.yield() }
        try await fixture.notify(2...20)
        let (again, said) = fixture.comeBack(at: 2, received: 0)
        #expect(said.count == 1 + 6)
        #expect(said[1].contains(#""method":"c""#))
        #expect(try Self.numbers(said) == [16, 17, 18, 19, 20])
        let id = try #require(try JSON(parsing: said[1])["id"]?.text)
        again.send(#"{"jsonrpc":"2.0","id":\#(id),"result":7,"seq":1}"#)
        #expect(try await call.value == 7)
    }

    @Test func aMessageLargerThanAllRoomIsTheOneThatIsMissing() async throws {
        let fixture = try Fixture()
        fixture.client.cut()
        let session = try fixture.server
        let call = Task { try await session.call("c", as: Int.self) }
        while session.withMachine({ $0.ledger.end }) < 1 { await Task.yield() }
        try await session.notify("big", [String(repeating: "x", count: 5000)])
        try await fixture.notify(3...3)
        let (_, said) = fixture.comeBack(at: 2, received: 0)
        #expect(try ResumeTests.state(said.first)["gaps"]?.text == #"[{"from":2,"to":2,"why":"overflow"}]"#)
        #expect(try Self.numbers(said) == [3])
        _ = call
    }

    @Test func anEndpointMayRejectOrEndTheSession() async throws {
        let rejecting = try Fixture(.reject)
        rejecting.client.cut()
        try await rejecting.notify(1...6)
        await #expect { try await rejecting.notify(7...7) } throws: { ($0 as? RPCSessionError)?.code == .outboxFull }
        let (_, said) = rejecting.comeBack(at: 2, received: 0)
        #expect(try Self.numbers(said) == [1, 2, 3, 4, 5, 6])

        let ending = try Fixture(.expire)
        ending.client.cut()
        try await ending.notify(1...6)
        await #expect { try await ending.notify(7...7) } throws: { ($0 as? RPCSessionError)?.code == .ended }
        #expect(ending.comeBack(at: 2, received: 0).1 == [ResumeTests.expired(#","rcv":0"#)])
    }

    @Test func allSessionsTogetherKeepNoMoreThanAllowed() async throws {
        // The count is the process's: other tests keep little, and no bound below what this one keeps.
        let fixture = try Fixture(total: 1)
        fixture.client.cut()
        try await fixture.notify(1...1)
        let (_, said) = fixture.comeBack(at: 2, received: 0)
        #expect(try ResumeTests.state(said.first)["gaps"]?.text == #"[{"from":1,"to":1,"why":"overflow"}]"#)
        await fixture.notes.wait(for: 1)
        #expect(fixture.notes.all == ["gap toClient 1...1 overflow"])
    }

    // MARK: Connected

    @Test func sendingWaitsForAClientThatAcknowledgesNothing() async throws {
        let fixture = try Fixture()
        try await fixture.notify(1...6)
        // More than half: it has been asked.
        let said = fixture.client.take()
        #expect(try Self.numbers(said) == [1, 2, 3, 4, 5, 6])
        #expect(said.filter { $0 == #"{"method":"rpc.ackNow","jsonrpc":"2.0"}"# }.count == 1)
        let session = try fixture.server
        let sender = Task { try await session.notify("n", [7]) }
        while !session.withMachine({ $0.hasWaitingSenders }) { await Task.yield() }
        fixture.client.send(#"{"jsonrpc":"2.0","method":"rpc.ack","params":{"rcv":2}}"#)
        try await sender.value
        #expect(try Self.numbers(fixture.client.take()) == [7])
    }

    @Test func aSenderThatWaitsCanBeCancelledAndIsNotLeftBehind() async throws {
        for end in ["cancel", "cut", "close"] {
            let fixture = try Fixture()
            try await fixture.notify(1...6)
            let session = try fixture.server
            let sender = Task { try await session.notify("n", [7]) }
            while !session.withMachine({ $0.hasWaitingSenders }) { await Task.yield() }
            switch end {
            case "cancel":
                sender.cancel()
                await #expect(throws: CancellationError.self) { try await sender.value }
            case "cut":
                fixture.client.cut()
                try await sender.value
                let (_, said) = fixture.comeBack(at: 2, received: 3)
                #expect(try Self.numbers(said) == [4, 5, 6, 7])
            default:
                session.close()
                await #expect { try await sender.value } throws: { ($0 as? RPCSessionError)?.code == .ended }
            }
        }
    }

    @Test func requestsWaitWhileThereIsNoRoomForAnswers() async throws {
        let fixture = try Fixture()
        try await fixture.notify(1...6)
        _ = fixture.client.take()
        #expect(fixture.client.exchange(#"{"jsonrpc":"2.0","method":"echo","params":[1],"id":1,"seq":1}"#).isEmpty)
        // Nor is it acknowledged, so that its client stops in the end.
        fixture.harness.scheduler.advance(by: .seconds(2))
        #expect(fixture.client.take().isEmpty)
        let answers = fixture.client.exchange(#"{"jsonrpc":"2.0","method":"rpc.ack","params":{"rcv":6}}"#)
        #expect(answers.contains { $0.hasPrefix(#"{"id":1,"result":[1],"jsonrpc":"2.0","seq":7"#) })
    }

    @Test func moreThanWasAgreedIsAViolation() async throws {
        let fixture = try Fixture()
        try await fixture.notify(1...6)
        for number in 1...8 {
            fixture.client.send(#"{"jsonrpc":"2.0","method":"echo","params":[1],"id":\#(number),"seq":\#(number)}"#)
        }
        #expect(fixture.client.closeReason == nil)
        fixture.client.send(#"{"jsonrpc":"2.0","method":"echo","params":[1],"id":9,"seq":9}"#)
        #expect(fixture.client.closeReason?.code == .protocolViolation)
    }

    @Test func aClientThatAcknowledgesNothingForLongIsClosedAndMayComeBack() async throws {
        let fixture = try Fixture()
        try await fixture.notify(1...2)
        fixture.harness.scheduler.advance(by: .seconds(29))
        #expect(fixture.client.closeReason == nil)
        fixture.client.send(#"{"jsonrpc":"2.0","method":"rpc.ack","params":{"rcv":1}}"#)
        fixture.harness.scheduler.advance(by: .seconds(29))
        #expect(fixture.client.closeReason == nil)
        fixture.harness.scheduler.advance(by: .seconds(1))
        #expect(fixture.client.closeReason?.code == .slowConsumer)
        #expect(try Self.numbers(fixture.comeBack(at: 2, received: 1).1) == [2])
    }

    @Test func anIdleClientIsLeftAlone() async throws {
        let fixture = try Fixture()
        try await fixture.notify(1...1)
        fixture.client.send(#"{"jsonrpc":"2.0","method":"rpc.ack","params":{"rcv":1}}"#)
        fixture.harness.scheduler.advance(by: .seconds(3600))
        #expect(fixture.client.closeReason == nil)
        try await fixture.notify(2...2)
        fixture.harness.scheduler.advance(by: .seconds(29))
        #expect(fixture.client.closeReason == nil)
    }

    // MARK: Kinds of delivery

    @Test func onlyTheLastOfAKindIsKept() async throws {
        let fixture = try Fixture()
        fixture.client.cut()
        let session = try fixture.server
        try await session.notify("n", [1])
        for number in 2...5 { try await session.notify("n", [number], delivery: .latest(key: "k")) }
        try await session.notify("n", [6], delivery: .latest(key: "other"))
        try await session.notify("n", [7], delivery: .latest(key: "k"))
        let (again, said) = fixture.comeBack(at: 2, received: 0)
        #expect(try Self.numbers(said) == [1, 7, 6])
        // What is out is not replaced.
        try await session.notify("n", [8], delivery: .latest(key: "k"))
        #expect(try Self.numbers(again.take()) == [8])
    }

    @Test func onlyWhoIsThereGetsTheVolatile() async throws {
        let fixture = try Fixture()
        let session = try fixture.server
        try await session.notify("n", [1])
        try await session.notify("n", [2], delivery: .volatile)
        #expect(
            fixture.client.take() == [
                #"{"method":"n","params":[1],"jsonrpc":"2.0","seq":1,"rcv":0}"#,
                #"{"method":"n","params":[2],"jsonrpc":"2.0"}"#,
            ]
        )
        fixture.client.cut()
        try await session.notify("n", [3], delivery: .volatile)
        try await session.notify("n", [4])
        #expect(try Self.numbers(fixture.comeBack(at: 2, received: 1).1) == [4])
    }

    @Test func volatileMessagesCannotFillAConnection() async throws {
        let fixture = try Fixture()
        fixture.client.read(false)
        let session = try fixture.server
        for number in 1...10_000 { try await session.notify("n", [number], delivery: .volatile) }
        #expect(fixture.client.closeReason == nil)
        fixture.client.read(true)
        #expect(fixture.client.take().count < 2000)
        #expect(fixture.client.exchange(#"{"jsonrpc":"2.0","method":"rpc.ping","id":1}"#).count == 1)
    }

    // MARK: From the client

    @Test func aClientMayNameWhatItLost() async throws {
        let fixture = try Fixture()
        _ = fixture.client.exchange(#"{"jsonrpc":"2.0","method":"echo","seq":1}"#)
        #expect(
            fixture.client.exchange(
                #"{"jsonrpc":"2.0","method":"rpc.gap","params":{"dir":"up","from":2,"to":4,"why":"restored"}}"#
            ) == [#"{"method":"rpc.ack","params":{"rcv":4},"jsonrpc":"2.0"}"#]
        )
        #expect(fixture.client.exchange(#"{"jsonrpc":"2.0","method":"echo","params":[1],"id":1,"seq":5}"#).count == 1)
        #expect(fixture.notes.all == ["gap fromClient 2...4 restored"])
        fixture.client.send(#"{"jsonrpc":"2.0","method":"rpc.gap","params":{"dir":"up","from":9,"to":9}}"#)
        #expect(fixture.client.closeReason?.code == .protocolViolation)
    }

    // MARK: The end

    @Test func aCallThatMayHaveRunSaysSo() async throws {
        let fixture = try Fixture()
        let session = try fixture.server
        let taken = Task { try await session.call("c", as: Int.self) }
        while session.withMachine({ $0.resume?.sent ?? 0 }) < 1 { await Task.yield() }
        fixture.client.cut()
        let never = Task { try await session.call("c", as: Int.self) }
        while session.withMachine({ $0.calls.count }) < 2 { await Task.yield() }
        fixture.harness.scheduler.advance(by: .seconds(60))
        await #expect { try await taken.value } throws: { ($0 as? RPCSessionError)?.code == .outcomeUnknown }
        await #expect { try await never.value } throws: { ($0 as? RPCSessionError)?.code == .ended }
    }

    @Test func aShutdownTellsClientsToLookElsewhere() async throws {
        let fixture = try Fixture()
        await fixture.harness.service.shutdown()
        #expect(
            fixture.client.take() == [
                #"{"method":"rpc.goAway","params":{"after":1500,"deadline":20000},"jsonrpc":"2.0"}"#
            ]
        )
        #expect(fixture.client.closeReason?.code == .goingAway)
    }
}
