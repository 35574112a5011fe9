// SPDX-License-Identifier: Apache-2.0
import HoldfastRPC
import HoldfastTransport
import Testing

@Suite(.timeLimit(.minutes(1))) struct RequestOrderTests {
    static func request(_ method: String, _ id: Int, _ params: String = "null") -> String {
        #"{"jsonrpc":"2.0","method":"\#(method)","params":\#(params),"id":\#(id)}"#
    }

    /// An endpoint whose methods wait at a gate.
    struct Fixture {
        let gate = Gate()
        let notes = Notes()
        let rpc = RPCEndpoint()

        init() {
            rpc.method("serial") { [gate, notes] (p: Int, _) in
                notes.add("begin \(p)")
                await gate.pass()
                notes.add("end \(p)")
                return p
            }
            rpc.method("concurrent", .concurrent) { [gate, notes] (p: Int, _) in
                notes.add("begin \(p)")
                await gate.pass()
                notes.add("end \(p)")
                return p
            }
            rpc.method("quick") { [notes] (p: Int, _) in
                notes.add("quick \(p)")
                return p
            }
        }

        func waiting(_ count: Int) async {
            while gate.waiting != count { await Task.yield() }
        }
    }

    private func values(_ answers: [String]) -> [Int?] {
        answers.map { (try? JSON(parsing: $0))?["result"]?["value"]?.int }
    }

    @Test func requestsOfASessionRunOneAtATimeInTheOrderTheyCame() async {
        let fixture = Fixture()
        let client = Harness(fixture.rpc).connect()
        for number in 1...3 { client.send(Self.request("serial", number, "\(number)")) }
        client.send(Self.request("quick", 4, "4"))
        #expect(fixture.notes.all == ["begin 1"])
        for number in 1...3 {
            await fixture.waiting(1)
            #expect(fixture.notes.all.last == "begin \(number)")
            fixture.gate.letOneThrough()
        }
        #expect(values(await client.wait(for: 4)) == [1, 2, 3, 4])
        #expect(fixture.notes.all == ["begin 1", "end 1", "begin 2", "end 2", "begin 3", "end 3", "quick 4"])
    }

    @Test func sessionsDoNotWaitForEachOther() {
        let fixture = Fixture()
        let harness = Harness(fixture.rpc)
        harness.connect().send(Self.request("serial", 1, "1"))
        let other = harness.connect()
        #expect(values(other.exchange(Self.request("quick", 2, "2"))) == [2])
    }

    @Test func aConcurrentMethodHoldsNothingBackButWaitsForSerialOnesBeforeIt() async {
        let fixture = Fixture()
        let client = Harness(fixture.rpc).connect()
        client.send(Self.request("concurrent", 1, "1"))
        client.send(Self.request("concurrent", 2, "2"))
        client.send(Self.request("quick", 3, "3"))
        #expect(fixture.notes.all == ["begin 1", "begin 2", "quick 3"])
        client.send(Self.request("serial", 4, "4"))
        client.send(Self.request("concurrent", 5, "5"))
        #expect(fixture.notes.all.last == "begin 4")
        fixture.gate.open()
        let answers = values(await client.wait(for: 5))
        #expect(Set(answers) == [1, 2, 3, 4, 5])
        let notes = fixture.notes.all
        #expect(notes.firstIndex(of: "end 4").map { end in notes.firstIndex(of: "begin 5").map { $0 > end } } == true)
    }

    @Test func theEndpointsConcurrencyAppliesToMethodsThatSayNothing() async {
        let fixture = Fixture()
        let client = Harness(fixture.rpc, .init(concurrency: .concurrent)).connect()
        client.send(Self.request("serial", 1, "1"))
        #expect(values(client.exchange(Self.request("quick", 2, "2"))) == [2])
        fixture.gate.open()
        #expect(values(await client.wait(for: 1)) == [1])
    }

    @Test func pingConnectAndCloseSessionOvertake() throws {
        let fixture = Fixture()
        let client = Harness(fixture.rpc).connect()
        client.send(Self.request("serial", 1, "1"))
        #expect(client.exchange(Self.request("ping", 2)) == [#"{"id":2,"result":{"value":"pong"},"jsonrpc":"2.0"}"#])
        #expect(try #require(client.exchange(Self.request("connect", 3)).first).contains("OK"))
        #expect(client.exchange(Self.request("closeSession", 4)) == [#"{"id":4,"result":"bye","jsonrpc":"2.0"}"#])
        fixture.gate.open()
    }

    @Test(arguments: [(257, 0), (258, 1), (259, 2)])
    func atMostOneRunsAnd256WaitWhenSerial(count: Int, refused: Int) async throws {
        let fixture = Fixture()
        let harness = Harness(fixture.rpc)
        let client = harness.connect()
        for number in 1...count { client.send(Self.request("serial", number, "\(number)")) }
        let answers = client.take()
        #expect(answers.count == refused)
        #expect(answers.allSatisfy { $0.contains("-32051") })
        fixture.gate.open()
        #expect(values(await client.wait(for: 257)) == (1...257).map { $0 })
        #expect(values(client.exchange(Self.request("quick", 0, "0"))) == [0])
    }

    @Test(arguments: [(319, 0), (320, 0), (321, 1)])
    func atMost64RunAnd256WaitWhenConcurrent(count: Int, refused: Int) async {
        let fixture = Fixture()
        let client = Harness(fixture.rpc).connect()
        for number in 1...count { client.send(Self.request("concurrent", number, "\(number)")) }
        #expect(fixture.notes.all.count == 64)
        #expect(client.take().count == refused)
        fixture.gate.open()
        #expect(Set(values(await client.wait(for: count - refused))).count == count - refused)
    }

    @Test func aNotificationBeyondTheLimitIsLogged() {
        let fixture = Fixture()
        var options = RPCOptions(limits: .init())
        options.limits?.waiting = 1
        let harness = Harness(fixture.rpc, options)
        let client = harness.connect()
        client.send(Self.request("serial", 1, "1"))
        for _ in 0..<2 { client.send(#"{"jsonrpc":"2.0","method":"quick","params":1}"#) }
        #expect(client.take() == [])
        #expect(harness.log.lines.filter { $0.contains("notification dropped") }.count == 1)
        fixture.gate.open()
    }

    @Test func aRequestRepeatedWhileInFlightGetsTheOneAnswer() async {
        let fixture = Fixture()
        let client = Harness(fixture.rpc).connect()
        for _ in 0..<3 { client.send(Self.request("serial", 1, "1")) }
        client.send(Self.request("serial", 2, "2"))
        client.send(Self.request("serial", 2, "2"))
        #expect(client.take() == [])
        fixture.gate.open()
        #expect(values(await client.wait(for: 2)) == [1, 2])
        #expect(fixture.notes.all == ["begin 1", "end 1", "begin 2", "end 2"])
        // The answer is out, so this is another request.
        #expect(values(client.exchange(Self.request("serial", 1, "1"))) == [1])
    }

    @Test func anotherRequestUnderAnIdInFlightIsRefused() async throws {
        let fixture = Fixture()
        let client = Harness(fixture.rpc).connect()
        client.send(Self.request("serial", 1, "1"))
        for request in [Self.request("quick", 1, "1"), Self.request("serial", 1, "2")] {
            let answer = try #require(client.exchange(request).first)
            #expect(answer.contains("-32600"))
        }
        fixture.gate.open()
        #expect(values(await client.wait(for: 1)) == [1])
    }

    @Test func aBatchKeepsTheOrderAndIsAnsweredWhenAllAreDone() async {
        let fixture = Fixture()
        let client = Harness(fixture.rpc).connect()
        let batch = [
            Self.request("concurrent", 1, "1"), Self.request("serial", 2, "2"), Self.request("quick", 3, "3"),
            Self.request("ping", 4),
        ]
        client.send("[\(batch.joined(separator: ","))]")
        #expect(fixture.notes.all == ["begin 1", "begin 2"])
        #expect(client.take() == [])
        fixture.gate.open()
        let answer = await client.wait(for: 1)
        let answers = answer.first.flatMap { try? JSON(parsing: $0) }?.array ?? []
        #expect(answers.map { $0["id"]?.int } == [1, 2, 3, 4])
    }

    @Test func aBatchMayCloseTheSessionAndIsAnsweredFirst() throws {
        let client = Harness(Fixture().rpc).connect()
        let batch = "[\(Self.request("quick", 1, "1")),\(Self.request("closeSession", 2))]"
        let text = try #require(client.exchange(batch).first)
        let answer = try JSON(parsing: text)
        #expect(answer.array?.map { $0["id"]?.int } == [1, 2])
        #expect(answer[1]?["result"] == "bye")
        #expect(client.closeReason == CloseReason(.normalClosure))
    }

    @Test func answersFollowASessionThatMoved() async throws {
        let fixture = Fixture()
        let harness = Harness(fixture.rpc)
        let first = harness.connect()
        let id = try #require(sessionID(in: first.exchange(Self.request("connect", 0)).first))
        first.send(Self.request("serial", 1, "1"))
        let second = harness.connect()
        _ = second.exchange(SessionLifeTests.connect(id))
        fixture.gate.open()
        #expect(values(await second.wait(for: 1)) == [1])
        #expect(first.take() == [])
    }

    @Test func aBatchesAnswerFollowsASessionThatMoved() async throws {
        let fixture = Fixture()
        let harness = Harness(fixture.rpc)
        let first = harness.connect()
        let id = try #require(sessionID(in: first.exchange(Self.request("connect", 0)).first))
        first.send("[\(Self.request("serial", 1, "1")),\(Self.request("quick", 2, "2"))]")
        let second = harness.connect()
        _ = second.exchange(SessionLifeTests.connect(id))
        fixture.gate.open()
        #expect(await second.wait(for: 1).first?.hasPrefix("[") == true)
        #expect(first.take() == [])
    }

    @Test func aRequestForASessionOfAnotherConnectionIsAnsweredWhereItWasAsked() async throws {
        let fixture = Fixture()
        let harness = Harness(fixture.rpc)
        let owner = harness.connect()
        let id = try #require(sessionID(in: owner.exchange(Self.request("connect", 0)).first))
        let other = harness.connect()
        let answers = other.exchange(Self.request("echo", 1, #"{"sessionId":"\#(id)"}"#))
        #expect(answers.first?.contains("-32601") == true)
        #expect(owner.take() == [])
        // In the session's order, and nowhere if the asker has gone meanwhile: the owner has not asked.
        owner.send(Self.request("serial", 1, "1"))
        other.send(Self.request("quick", 2, #"{"value":2,"sessionId":"\#(id)"}"#))
        #expect(fixture.notes.all == ["begin 1"])
        other.cut()
        fixture.gate.open()
        owner.send(Self.request("quick", 3, "3"))
        #expect(values(await owner.wait(for: 2)) == [1, 3])
        #expect(harness.service.sessionCount == 1)
    }

    @Test func whatWaitsIsForgottenWhenTheSessionEndsAndWhatRunsIsCancelled() async {
        let notes = Notes()
        let rpc = RPCEndpoint()
        rpc.method("forever") { _ in
            do {
                try await Task.sleep(for: .seconds(3600))
            } catch {
                notes.add("cancelled")
            }
        }
        rpc.method("quick") { _ in notes.add("quick") }
        let client = Harness(rpc).connect()
        client.send(Self.request("forever", 1))
        client.send(Self.request("quick", 2))
        client.send(Self.request("closeSession", 3))
        await notes.wait(for: 1)
        #expect(notes.all == ["cancelled"])
        #expect(client.take() == [#"{"id":3,"result":"bye","jsonrpc":"2.0"}"#])
    }

    @Test func aHandlerThatClosesItsSessionIsNotCancelled() async {
        let notes = Notes()
        let rpc = RPCEndpoint()
        rpc.method("leave") { call in
            call.session.close()
            await Task.yield()
            notes.add("cancelled \(Task.isCancelled)")
        }
        Harness(rpc).connect().send(Self.request("leave", 1))
        await notes.wait(for: 1)
        #expect(notes.all == ["cancelled false"])
    }
}
