// SPDX-License-Identifier: Apache-2.0
import HoldfastRPC
import HoldfastTransport
import Synchronization
import Testing

/// What Kurento's own integration tests expect of a server, against mirrors of their handlers.
@Suite(.timeLimit(.minutes(1))) struct KurentoInventoryTests {
    /// Answers "new" to the first message of a session, else "old".
    final class NewSessionHandler: RPCHandler {
        func handle(_ request: RPCRequest, _ transaction: Transaction) async throws {
            try transaction.sendResponse(transaction.session.isNew ? "new" : "old")
        }
    }

    /// Answers like ``NewSessionHandler`` and closes the session after its third answer.
    final class CloseSessionHandler: RPCHandler {
        func handle(_ request: RPCRequest, _ transaction: Transaction) async throws {
            let session = transaction.session
            try transaction.sendResponse(session.isNew ? "new" : "old")
            let count = session.attributes.withLock { values in
                let count = (values["count"] as? Int ?? 0) + 1
                values["count"] = count
                return count
            }
            if count == 3 { session.close() }
        }
    }

    /// Calls the client back with its parameters, then with what it answered.
    final class ReverseHandler: RPCHandler {
        let calls: Int
        init(calls: Int) { self.calls = calls }

        func handle(_ request: RPCRequest, _ transaction: Transaction) async throws {
            try transaction.sendResponse(request.params)
            let session = transaction.session
            let (params, calls) = (request.params, calls)
            Task {
                var params = params
                for _ in 0..<calls { params = try await session.call("method", params) }
            }
        }
    }

    private func ask(_ client: Client, _ params: String = "null") -> String? {
        let answer = client.exchange(#"{"jsonrpc":"2.0","method":"any","params":\#(params),"id":1}"#).last
        return answer.flatMap { try? JSON(parsing: $0) }?["result"]?["value"]?.string
    }

    @Test func newSessionTest() {
        let client = Harness(NewSessionHandler()).connect()
        #expect([ask(client), ask(client), ask(client)] == ["new", "old", "old"])
    }

    @Test func closeMessageTest() throws {
        let harness = Harness(NewSessionHandler())
        let client = harness.connect()
        let id = try #require(sessionID(in: client.exchange(#"{"jsonrpc":"2.0","method":"any","id":0}"#).last))
        #expect([ask(client), ask(client)] == ["old", "old"])
        client.send(#"{"jsonrpc":"2.0","method":"closeSession","params":{"sessionId":"\#(id)"},"id":9}"#)
        let second = harness.connect()
        let answer = second.exchange(#"{"jsonrpc":"2.0","method":"any","params":{"sessionId":"\#(id)"},"id":0}"#).last
        #expect(answer?.contains(#""new""#) == true)
        let learned = try #require(sessionID(in: answer))
        #expect(ask(second, #"{"sessionId":"\#(learned)"}"#) == "old")
    }

    @Test func closeSessionTest() {
        let harness = Harness(CloseSessionHandler())
        let client = harness.connect()
        #expect([ask(client), ask(client), ask(client)] == ["new", "old", "old"])
        #expect(client.closeReason == CloseReason(.normalClosure))
        let again = harness.connect()
        #expect([ask(again), ask(again), ask(again)] == ["new", "old", "old"])
    }

    @Test func reconnectionTestUsesTheConnectionWhenTheClientForgotTheSessionId() throws {
        let harness = Harness(NewSessionHandler())
        let client = harness.connect()
        let id = try #require(sessionID(in: client.exchange(#"{"jsonrpc":"2.0","method":"any","id":0}"#).last))
        let params = #"{"sessionId":"\#(id)"}"#
        #expect([ask(client, params), ask(client, params)] == ["old", "old"])
        client.cut()
        let again = harness.connect()
        again.send(SessionLifeTests.connect(id))
        #expect([ask(again, params), ask(again, params)] == ["old", "old"])
        let answer = again.exchange(#"{"jsonrpc":"2.0","method":"any","id":0}"#).last
        #expect(sessionID(in: answer) == id)
        #expect(ask(again) == "old")
    }

    @Test func bidirectionalTest() async throws {
        let client = Harness(ReverseHandler(calls: 2)).connect()
        let calls = Notes()
        client.reply { text in
            guard let json = try? JSON(parsing: text), json["method"] == "method", let id = json["id"] else {
                return nil
            }
            calls.add(json["params"]?.text ?? "")
            return #"{"id":\#(id),"result":\#(json["params"] ?? .null),"jsonrpc":"2.0"}"#
        }
        client.send(#"{"jsonrpc":"2.0","method":"any","params":{"param1":"v"},"id":1}"#)
        await calls.wait(for: 2)
        #expect(calls.all == [#"{"param1":"v"}"#, #"{"param1":"v"}"#])
    }

    @Test func bidirectionalMultiTest() async throws {
        let client = Harness(ReverseHandler(calls: 10)).connect()
        let (calls, answers) = (Notes(), Notes())
        client.reply { text in
            guard let json = try? JSON(parsing: text), let id = json["id"] else { return nil }
            guard json["method"] == "method" else {
                answers.add(id.text)
                return nil
            }
            calls.add(id.text)
            return #"{"id":\#(id),"result":{"value":1},"jsonrpc":"2.0"}"#
        }
        for id in 0..<60 {
            client.send(#"{"jsonrpc":"2.0","method":"any","params":{"n":\#(id)},"id":\#(id)}"#)
            await answers.wait(for: id + 1)
        }
        await calls.wait(for: 600)
        #expect(answers.all == (0..<60).map(String.init))
        #expect(Set(calls.all).count == 600)
    }

    @Test func largePackageTest() {
        final class Handler: RPCHandler {
            func handle(_ request: RPCRequest, _ transaction: Transaction) async throws {
                try transaction.sendResponse(String(repeating: "a", count: 66_000))
            }
        }
        #expect(ask(Harness(Handler()).connect())?.count == 66_000)
    }

    @Test func notificationTest() async {
        final class Handler: RPCHandler {
            func handle(_ request: RPCRequest, _ transaction: Transaction) async throws {
                guard transaction.isNotification else { return }
                try await transaction.session.notify("response", request.params)
            }
        }
        let client = Harness(Handler()).connect()
        for number in 0..<3 { client.send(#"{"jsonrpc":"2.0","method":"echo","params":\#(number)}"#) }
        #expect(client.take() == (0..<3).map { #"{"method":"response","params":\#($0),"jsonrpc":"2.0"}"# })
    }

    @Test func reconnectionFromServerTest() async throws {
        let harness = Harness(ReverseHandler(calls: 1))
        let first = harness.connect()
        let answer = first.exchange(#"{"jsonrpc":"2.0","method":"any","params":{"a":1},"id":1}"#).first
        let id = try #require(sessionID(in: answer))
        first.cut()
        let second = harness.connect()
        second.send(SessionLifeTests.connect(id))
        // The server's call reaches the client on one of its connections.
        let messages = await second.wait(for: 1)
        #expect(messages.first?.contains("reconnection successful") == true)
        second.send(#"{"jsonrpc":"2.0","method":"any","params":{"b":1},"id":2}"#)
        var seen: [String] = []
        while !seen.contains(where: { $0.contains(#""params":{"b":1}"#) }) { seen += await second.wait(for: 1) }
        #expect(seen.contains { $0.contains(#"{"id":2,"result":{"b":1"#) })
    }

    @Test func serverEventsTest() {
        final class Handler: RPCHandler {
            let notes = Notes()
            func connectionEstablished(_ session: RPCSession) async throws {
                session.reconnectionTimeout = .milliseconds(500)
                notes.add("established")
            }
            func handle(_ request: RPCRequest, _ transaction: Transaction) async throws { notes.add("request") }
            func connectionClosed(_ session: RPCSession, status: String) async throws { notes.add("closed") }
        }
        let handler = Handler()
        let harness = Harness(handler)
        let client = harness.connect()
        client.send(#"{"jsonrpc":"2.0","method":"any","id":1}"#)
        client.close(.goingAway, reason: "Shutdown")
        harness.scheduler.advance(by: .milliseconds(499))
        #expect(handler.notes.all == ["established", "request"])
        harness.scheduler.advance(by: .milliseconds(1))
        #expect(handler.notes.all == ["established", "request", "closed"])
    }

    @Test func multipleSessionsTest() async {
        let rpc = RPCEndpoint()
        rpc.method("count") { call in
            let count = call.session.attributes["count", as: Int.self] ?? 0
            await Task.yield()
            call.session.attributes["count"] = count + 1
            return count
        }
        let harness = Harness(rpc)
        let clients = (0..<5).map { _ in harness.connect() }
        for id in 0..<5 { for client in clients { client.send(#"{"jsonrpc":"2.0","method":"count","id":\#(id)}"#) } }
        for client in clients {
            let counts = await client.wait(for: 5).map { (try? JSON(parsing: $0))?["result"]?["value"]?.int }
            #expect(counts == [0, 1, 2, 3, 4])
        }
    }

    /// A locally closed socket makes Kurento's Java client reconnect twice within milliseconds.
    @Test func twoConnectsWithTheSameSessionAtOnce() throws {
        let harness = Harness(NewSessionHandler())
        let first = harness.connect()
        let id = try #require(sessionID(in: first.exchange(SessionLifeTests.connect).last))
        first.close()
        let (second, third) = (harness.connect(), harness.connect())
        second.send(SessionLifeTests.connect(id))
        third.send(SessionLifeTests.connect(id))
        #expect(third.take().last?.contains("successful") == true)
        second.close()
        harness.scheduler.advance(by: .seconds(60))
        #expect(ask(third) == "old")
    }
}
