// SPDX-License-Identifier: Apache-2.0
import HoldfastTransport
import Synchronization
import Testing

@testable import HoldfastRPC

/// Who gets what: replies go to who asked, messages to whose they are, and what has arrived counts.
@Suite(.timeLimit(.minutes(1))) struct DeliveryTests {
    private func request(_ method: String, _ id: Int, _ params: String = "{}") -> String {
        #"{"jsonrpc":"2.0","method":"\#(method)","params":\#(params),"id":\#(id)}"#
    }

    private let gate = Gate()

    private func endpoint() -> RPCEndpoint {
        let rpc = RPCEndpoint()
        rpc.method("hold", .concurrent) { [gate] (_: JSON, _) in
            await gate.pass()
            return "held"
        }
        rpc.method("echo") { (params: JSON, _) in params }
        return rpc
    }

    @Test func `A reply whose asker is gone goes to nobody else`() async throws {
        let harness = Harness(endpoint())
        let owner = harness.connect()
        let id = try #require(sessionID(in: owner.exchange(SessionLifeTests.connect).last))
        let asker = harness.connect()
        asker.send(request("hold", 7, #"{"sessionId":"\#(id)"}"#))
        asker.cut()
        gate.open()
        owner.send(request("hold", 8))
        let answers = await owner.wait(for: 1)
        #expect(answers.count == 1)
        #expect(answers.first?.contains(#""id":8"#) == true)
    }

    @Test func `An asker without room for the reply is closed`() async throws {
        let harness = Harness(endpoint())
        let owner = harness.connect()
        let id = try #require(sessionID(in: owner.exchange(SessionLifeTests.connect).last))
        let asker = harness.connect(outbound: QueueLimits(messages: 2, bytes: 1 << 16))
        asker.read(false)
        for number in 1...5 { asker.send(request("hold", number, #"{"sessionId":"\#(id)"}"#)) }
        gate.open()
        while asker.server.closeReason == nil { await Task.yield() }
        #expect(asker.server.closeReason?.code == .slowConsumer)
        #expect(owner.closeReason == nil)
    }

    @Test func `The answers to a batch that finds no room end the session, as any others`() async throws {
        var options = RPCOptions(limits: .init())
        options.limits?.outbox = QueueLimits(messages: 4, bytes: 1 << 20)
        let harness = Harness(endpoint(), options)
        let client = harness.connect()
        client.send(SessionLifeTests.connect)
        client.read(false)
        for number in 1...6 { client.send("[\(request("echo", number)),\(request("echo", 100 + number))]") }
        client.read(true)
        #expect(client.closeReason?.code == .slowConsumer)
        #expect(harness.service.sessionCount == 0)
    }

    @Test func `Answers that come late are nobody's fault, the same one twice is`() async throws {
        let sessions = Mutex<[RPCSession]>([])
        let rpc = RPCEndpoint()
        rpc.onOpen { session in sessions.withLock { $0.append(session) } }
        var options = RPCOptions(limits: .init())
        options.limits?.strayAnswers = 5
        let harness = Harness(rpc, options)
        let client = harness.connect()
        client.send(SessionLifeTests.connect)
        _ = client.take()
        let session = try #require(sessions.withLock { $0.first })
        let calls = Task {
            await withTaskGroup { group in
                for _ in 1...110 { group.addTask { _ = try? await session.call("x", as: Int.self) } }
            }
        }
        let asked = await client.wait(for: 110)
        harness.scheduler.advance(by: .seconds(10))
        await calls.value
        let ids = try asked.map { try #require(try JSON(parsing: $0)["id"]) }
        for id in ids { client.send(#"{"jsonrpc":"2.0","id":\#(id),"result":1}"#) }
        #expect(client.closeReason == nil)
        for id in ids.prefix(6) { client.send(#"{"jsonrpc":"2.0","id":\#(id),"result":1}"#) }
        #expect(client.closeReason?.code.rawValue == 4400)
    }

    @Test func `What had arrived before another connection took the session counts`() async throws {
        let notes = Notes()
        let rpc = RPCEndpoint()
        rpc.method("note") { (params: Int, _) in notes.add("\(params)") }
        let harness = Harness(rpc)
        let first = harness.connect()
        let id = try #require(sessionID(in: first.exchange(SessionLifeTests.connect).last))
        // The link still has to say good-bye when the rest of what it has read is handed on.
        first.read(false)
        let second = harness.connect()
        second.send(SessionLifeTests.connect(id))
        for number in 1...400 { first.send(#"{"jsonrpc":"2.0","method":"note","params":\#(number)}"#) }
        first.send(request("connect", 5, #"{"sessionId":"\#(id)"}"#))
        first.send(#"{"jsonrpc":"2.0","method":"closeSession"}"#)
        #expect(notes.all == (1...400).map { "\($0)" })
        // But it has no say over the session any more.
        #expect(second.closeReason == nil)
        #expect(sessionID(in: second.exchange(request("note", 6, "401")).last) == id)
    }

    @Test func `A farewell arrives behind everything said, however full the session is`() throws {
        var options = RPCOptions(limits: .init())
        options.limits?.outbox = QueueLimits(messages: 8, bytes: 1 << 20)
        let harness = Harness(endpoint(), options)
        let client = harness.connect(outbound: QueueLimits(messages: 2, bytes: 1 << 16))
        client.send(SessionLifeTests.connect)
        _ = client.take()
        client.read(false)
        for number in 1...8 { client.send(request("echo", number)) }
        client.send(request("closeSession", 9))
        client.read(true)
        let ids = client.take().map { (try? JSON(parsing: $0))?["id"]?.int }
        #expect(ids == Array(1...9))
        #expect(client.closeReason == CloseReason(.normalClosure))
    }

    @Test func `Pongs and answers to connect go over their own connection or nowhere`() throws {
        let harness = Harness(endpoint())
        let first = harness.connect()
        let id = try #require(sessionID(in: first.exchange(SessionLifeTests.connect).last))
        first.read(false)
        first.send(request("ping", 1))
        first.send(request("connect", 2))
        first.send(request("echo", 3))
        first.cut()
        let second = harness.connect()
        let answers = second.exchange(SessionLifeTests.connect(id))
        #expect(answers.count == 2)
        #expect(answers.first?.contains("reconnection successful") == true)
        #expect(answers.last?.contains(#""id":3"#) == true)
    }

    // MARK: POST

    @Test func `A POST to a session whose handler hangs ends with its client`() async throws {
        let harness = Harness(endpoint())
        let owner = harness.connect()
        let id = try #require(sessionID(in: owner.exchange(SessionLifeTests.connect).last))
        let post = Task { await harness.post(request("hold", 1, #"{"sessionId":"\#(id)"}"#)) }
        while gate.waiting == 0 { await Task.yield() }
        post.cancel()
        #expect(await post.value == nil)
        gate.open()
    }

    @Test func `A POST to a session that expires is answered although its handler hangs`() async throws {
        let harness = Harness(endpoint())
        let owner = harness.connect()
        let id = try #require(sessionID(in: owner.exchange(SessionLifeTests.connect).last))
        let post = Task { await harness.post(request("hold", 1, #"{"sessionId":"\#(id)"}"#)) }
        while gate.waiting == 0 { await Task.yield() }
        owner.cut()
        harness.scheduler.advance(by: .seconds(10))
        #expect(await post.value?.contains("40007") == true)
        gate.open()
    }

    @Test func `A POST without a session ends with its client although its handler hangs`() async throws {
        let harness = Harness(endpoint())
        let post = Task { await harness.post(request("hold", 1)) }
        while gate.waiting == 0 { await Task.yield() }
        post.cancel()
        let answer = await post.value
        #expect(answer == nil || answer?.contains("40007") == true)
        gate.open()
    }

    @Test func `A POST whose client has left already is not begun`() async throws {
        let harness = Harness(endpoint())
        let owner = harness.connect()
        let id = try #require(sessionID(in: owner.exchange(SessionLifeTests.connect).last))
        let post = Task {
            while !Task.isCancelled { await Task.yield() }
            return await harness.post(request("hold", 1, #"{"sessionId":"\#(id)"}"#))
        }
        post.cancel()
        #expect(await post.value == nil)
        #expect(gate.waiting == 0)
    }

    @Test func `A POST whose asynchronous request is forgotten after the session's end is answered`() async throws {
        final class Handler: RPCHandler {
            let kept = Mutex<Transaction?>(nil)
            func handle(_ request: RPCRequest, _ transaction: Transaction) async throws {
                transaction.startAsync()
                kept.withLock { $0 = transaction }
            }
        }
        let handler = Handler()
        let harness = Harness(handler)
        let owner = harness.connect()
        let id = try #require(sessionID(in: owner.exchange(SessionLifeTests.connect).last))
        let post = Task { await harness.post(request("any", 1, #"{"sessionId":"\#(id)"}"#)) }
        while handler.kept.withLock({ $0 == nil }) { await Task.yield() }
        handler.kept.withLock { $0 }?.session.close()
        handler.kept.withLock { $0 = nil }
        #expect(await post.value?.contains("40007") == true)
    }

    @Test func `What a connection has to say goes with it to another session`() async throws {
        let opening = Gate()
        let rpc = endpoint()
        rpc.onOpen { session in if session.registerInfo != nil { await opening.pass() } }
        let harness = Harness(rpc)
        let owner = harness.connect()
        let id = try #require(sessionID(in: owner.exchange(SessionLifeTests.connect).last))
        let client = harness.connect()
        client.send(request("connect", 1, #"{"waits":true}"#))
        client.read(false)
        client.send(request("ping", 5))
        client.send(request("connect", 6, #"{"sessionId":"\#(id)"}"#))
        client.read(true)
        let ids = client.take().map { (try? JSON(parsing: $0))?["id"]?.int }
        #expect(Set(ids) == [1, 5, 6])
        opening.open()
    }

    @Test func `A connection whose session ends opens no other`() async throws {
        let sessions = Mutex<[RPCSession]>([])
        let rpc = endpoint()
        rpc.onOpen { session in sessions.withLock { $0.append(session) } }
        let harness = Harness(rpc)
        for _ in 1...300 {
            let client = harness.connect()
            client.send(SessionLifeTests.connect)
            let session = try #require(sessions.withLock { $0.last })
            await withTaskGroup { group in
                group.addTask { session.close() }
                group.addTask { client.send(request("echo", 1)) }
            }
            #expect(client.closeReason == CloseReason(.normalClosure))
        }
        #expect(sessions.withLock { $0.count } == 300)
        #expect(harness.service.sessionCount == 0)
    }
}
