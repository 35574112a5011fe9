// SPDX-License-Identifier: Apache-2.0
import HoldfastRPC
import HoldfastTransport
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct ServerCallTests {
    /// A session and the client that carries it.
    struct Fixture {
        let harness: Harness
        let client: Client
        let session: RPCSession
        let id: String

        init(_ options: RPCOptions = .init()) throws {
            let opened = Mutex<RPCSession?>(nil)
            let rpc = RPCEndpoint()
            rpc.onOpen { session in opened.withLock { $0 = session } }
            rpc.method("ask") { call in try await call.session.call("question", ["n": 1], as: String.self) }
            harness = Harness(rpc, options)
            client = harness.connect()
            id = try #require(sessionID(in: client.exchange(SessionLifeTests.connect).last))
            session = try #require(opened.withLock { $0 })
        }

        /// Starts a call and waits until its request is out.
        func start<Result: Decodable & Sendable>(
            _ type: Result.Type = JSON.self,
            timeout: Duration? = nil
        ) async -> (task: Task<Result, any Error>, id: Int) {
            let session = session
            let task = Task { try await session.call("clientEcho", ["x": 1], as: type, timeout: timeout) }
            let request = await client.wait(for: 1).first ?? ""
            return (task, (try? JSON(parsing: request))?["id"]?.int ?? -1)
        }
    }

    @Test func aCallIsARequestWhoseAnswerIsReturned() async throws {
        let fixture = try Fixture()
        fixture.client.reply { request in
            guard let json = try? JSON(parsing: request), let id = json["id"] else { return nil }
            #expect(request == #"{"id":\#(id),"method":"clientEcho","params":{"x":1},"jsonrpc":"2.0"}"#)
            return #"{"jsonrpc":"2.0","id":\#(id),"result":{"y":2}}"#
        }
        let result: JSON = try await fixture.session.call("clientEcho", ["x": 1])
        #expect(result == (try JSON(parsing: #"{"y":2}"#)))
        // The timer of a call is left to fire once, for the next call's sake.
        fixture.harness.scheduler.advance(by: .seconds(10))
        #expect(fixture.harness.scheduler.pendingCount == 0)
    }

    @Test func notificationsGoOutWithAndWithoutParameters() async throws {
        let fixture = try Fixture()
        try await fixture.session.notify("done")
        try await fixture.session.notify("note", [1])
        #expect(
            fixture.client.take() == [
                #"{"method":"done","jsonrpc":"2.0"}"#,
                #"{"method":"note","params":[1],"jsonrpc":"2.0"}"#,
            ]
        )
    }

    @Test(arguments: [
        (#"{"value":"x","sessionId":"%"}"#, "x"), (#""x""#, "x"), (#"{"value":"x"}"#, "x"), (#"["x"]"#, "x"),
    ])
    func aWrappedResultIsUnwrapped(result: String, value: String) async throws {
        let fixture = try Fixture()
        let (task, id) = await fixture.start(String.self)
        let result = result.replacing("%", with: fixture.session.id)
        fixture.client.send(#"{"jsonrpc":"2.0","id":\#(id),"result":\#(result)}"#)
        #expect(try await task.value == value)
    }

    @Test(arguments: [
        (#"{"value":5,"sessionId":"%"}"#, "5"), (#"{"value":5}"#, #"{"value":5}"#),
        (#"{"a":1,"sessionId":"%"}"#, #"{"a":1}"#), (#"{"value":[],"sessionId":"%"}"#, "[]"),
        (#"{"value":{"a":1},"sessionId":"%"}"#, #"{"value":{"a":1}}"#),
        ("null", "null"), (#""""#, #""""#), (#"{"sessionId":"%"}"#, "{}"),
        // Not the session's own: the application's.
        (#"{"value":5,"sessionId":"room-7"}"#, #"{"value":5,"sessionId":"room-7"}"#),
        (
            #"{"value":5,"sessionId":"0123456789abcdefghijklmnuv"}"#,
            #"{"value":5,"sessionId":"0123456789abcdefghijklmnuv"}"#
        ),
    ])
    func aRawResultLosesOnlyTheSession(result: String, value: String) async throws {
        let fixture = try Fixture()
        let (task, id) = await fixture.start()
        let result = result.replacing("%", with: fixture.session.id)
        fixture.client.send(#"{"jsonrpc":"2.0","id":\#(id),"result":\#(result)}"#)
        #expect(try await task.value.text == value)
    }

    @Test func anErrorOfTheClientIsThrown() async throws {
        let fixture = try Fixture()
        let (task, id) = await fixture.start()
        fixture.client.send(#"{"id":\#(id),"error":{"code":7,"message":"no","data":[1],"type":"T"},"jsonrpc":"2.0"}"#)
        await #expect(throws: RPCError(code: 7, message: "no", data: [1], type: "T")) { try await task.value }
    }

    @Test(arguments: [
        (#"{"code":7,"message":"no"}"#, RPCError(code: 7, message: "no")),
        (#""just text""#, RPCError(code: -32603, message: "just text", data: "just text")),
        ("5", RPCError(code: -32603, message: "the client answered with an error", data: 5)),
    ])
    func anErrorOfAnyShapeIsThrown(error: String, expected: RPCError) async throws {
        let fixture = try Fixture()
        let (task, id) = await fixture.start()
        fixture.client.send(#"{"id":\#(id),"error":\#(error),"jsonrpc":"2.0"}"#)
        await #expect(throws: expected) { try await task.value }
    }

    @Test func idsAreUniqueInTheProcess() async throws {
        let (one, other) = (try Fixture(), try Fixture())
        let (first, firstID) = await one.start()
        let (second, secondID) = await other.start()
        #expect(firstID != secondID)
        one.client.send(#"{"jsonrpc":"2.0","id":\#(secondID),"result":0}"#)
        one.client.send(#"{"jsonrpc":"2.0","id":\#(firstID),"result":1}"#)
        other.client.send(#"{"jsonrpc":"2.0","id":\#(secondID),"result":2}"#)
        #expect(try await first.value == 1)
        #expect(try await second.value == 2)
    }

    @Test(arguments: [(9999, true), (10_000, false)])
    func aCallTimesOutAfterTenSeconds(milliseconds: Int, answersInTime: Bool) async throws {
        let fixture = try Fixture()
        let (task, id) = await fixture.start()
        fixture.harness.scheduler.advance(by: .milliseconds(milliseconds))
        fixture.client.send(#"{"jsonrpc":"2.0","id":\#(id),"result":1}"#)
        if answersInTime {
            #expect(try await task.value == 1)
        } else {
            await #expect(throws: RPCSessionError.self) { try await task.value }
        }
        #expect(fixture.client.closeReason == nil)
    }

    @Test func aCallHasItsOwnTimeout() async throws {
        let fixture = try Fixture()
        let (task, _) = await fixture.start(timeout: .seconds(1))
        fixture.harness.scheduler.advance(by: .seconds(1))
        await #expect(throws: RPCSessionError.self) { try await task.value }
    }

    @Test func timeAwayDoesNotCountAndTheAnswerMayComeOverAnotherConnection() async throws {
        let fixture = try Fixture(.init(reconnectionTimeout: .seconds(60)))
        let (task, id) = await fixture.start()
        fixture.harness.scheduler.advance(by: .seconds(9))
        fixture.client.cut()
        fixture.harness.scheduler.advance(by: .seconds(30))
        let again = fixture.harness.connect()
        _ = again.exchange(SessionLifeTests.connect(fixture.id))
        fixture.harness.scheduler.advance(by: .milliseconds(999))
        again.send(#"{"jsonrpc":"2.0","id":\#(id),"result":1}"#)
        #expect(try await task.value == 1)
    }

    @Test func timeAwayOnlyDelaysTheTimeout() async throws {
        let fixture = try Fixture(.init(reconnectionTimeout: .seconds(60)))
        let (task, _) = await fixture.start()
        fixture.harness.scheduler.advance(by: .seconds(9))
        fixture.client.cut()
        fixture.harness.scheduler.advance(by: .seconds(30))
        _ = fixture.harness.connect().exchange(SessionLifeTests.connect(fixture.id))
        fixture.harness.scheduler.advance(by: .seconds(1))
        await #expect(throws: RPCSessionError.self) { try await task.value }
    }

    @Test func callsFailWhenTheSessionEnds() async throws {
        let fixture = try Fixture()
        let (task, _) = await fixture.start()
        fixture.session.close()
        await #expect(throws: RPCSessionError.self) { try await task.value }
        await #expect(throws: RPCSessionError.self) { try await fixture.session.call("late", as: JSON.self) }
        await #expect(throws: RPCSessionError.self) { try await fixture.session.notify("late") }
        #expect(fixture.harness.scheduler.pendingCount == 0)
    }

    @Test func aCancelledCallThrowsAndForgets() async throws {
        let fixture = try Fixture()
        let (task, _) = await fixture.start()
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        fixture.harness.scheduler.advance(by: .seconds(10))
        #expect(fixture.harness.scheduler.pendingCount == 0)
    }

    @Test(arguments: ["1.0", "10e-1", "#1#"])
    func theAnswersNumberCountsHoweverItIsWritten(spelling: String) async throws {
        let fixture = try Fixture()
        fixture.client.reply { text in
            guard let id = (try? JSON(parsing: text))?["id"]?.int, text.contains(#""method""#) else { return nil }
            let written = spelling == "#1#" ? "\"\(id)\"" : spelling == "1.0" ? "\(id).0" : "\(id)0e-1"
            return #"{"jsonrpc":"2.0","id":\#(written),"result":"yes"}"#
        }
        #expect(try await fixture.session.call("question", as: String.self) == "yes")
    }

    @Test(arguments: [Duration.zero, .seconds(-1)])
    func aCallWithoutTimeIsRefused(timeout: Duration) async throws {
        let fixture = try Fixture()
        let error = await #expect(throws: RPCSessionError.self) {
            try await fixture.session.call("question", as: String.self, timeout: timeout)
        }
        #expect(error?.code == .invalidTimeout)
        #expect(fixture.client.take() == [])
    }

    @Test func moreCallsThanTheLimitThrow() async throws {
        var options = RPCOptions(limits: .init())
        options.limits?.pendingCalls = 1
        let fixture = try Fixture(options)
        let (task, id) = await fixture.start()
        await #expect(throws: RPCSessionError.self) { try await fixture.session.call("more", as: JSON.self) }
        fixture.client.send(#"{"jsonrpc":"2.0","id":\#(id),"result":1}"#)
        #expect(try await task.value == 1)
    }

    @Test func aHandlerMayCallTheClientAndWait() async throws {
        let fixture = try Fixture()
        fixture.client.reply { request in
            guard let json = try? JSON(parsing: request), json["method"] == "question", let id = json["id"] else {
                return nil
            }
            return #"{"jsonrpc":"2.0","id":\#(id),"result":"answer"}"#
        }
        fixture.client.send(#"{"jsonrpc":"2.0","method":"ask","id":7}"#)
        let answers = await fixture.client.wait(for: 2)
        #expect(answers.last?.contains(#"{"id":7,"result":{"value":"answer""#) == true)
    }

    @Test func aPollBringsAnswers() async throws {
        let fixture = try Fixture()
        let (first, firstID) = await fixture.start()
        let (second, secondID) = await fixture.start()
        let (third, thirdID) = await fixture.start()
        let answers = """
            {"id":\(secondID),"result":{"value":2,"sessionId":"\(fixture.session.id)"},"jsonrpc":"2.0"},
            {"method":"not an answer"},5,
            {"id":\(firstID),"result":{"a":1}},{"id":\(thirdID),"error":{"code":7,"message":"no"}}
            """
        #expect(
            fixture.client.exchange(#"{"jsonrpc":"2.0","method":"poll","params":[\#(answers)],"id":6}"#)
                == [#"{"id":6,"result":[],"jsonrpc":"2.0"}"#]
        )
        #expect(try await first.value.text == #"{"a":1}"#)
        #expect(try await second.value == 2)
        await #expect(throws: RPCError(code: 7, message: "no")) { try await third.value }
    }

    @Test(arguments: [(99, false), (100, false), (101, true)])
    func answersToNoCallAreDroppedAndTooManyCloseTheConnection(count: Int, closes: Bool) throws {
        let fixture = try Fixture()
        for number in 0..<count { fixture.client.send(#"{"jsonrpc":"2.0","id":\#(-1 - number),"result":1}"#) }
        #expect(fixture.client.take() == [])
        #expect(fixture.client.closeReason?.code == (closes ? CloseCode(rawValue: 4400) : nil))
    }

    @Test func answersToNoCallAreCountedByTheMinute() throws {
        let fixture = try Fixture()
        for _ in 0..<3 {
            for _ in 0..<100 { fixture.client.send(#"{"jsonrpc":"2.0","id":0,"error":"x"}"#) }
            fixture.harness.scheduler.advance(by: .seconds(60))
        }
        #expect(fixture.client.closeReason == nil)
    }
}
