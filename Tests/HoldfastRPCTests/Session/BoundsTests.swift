// SPDX-License-Identifier: Apache-2.0
import HoldfastTransport
import Synchronization
import Testing

@testable import HoldfastRPC

/// What one client can cost the others: sessions, answers, bytes, lines of a log.
@Suite(.timeLimit(.minutes(1))) struct BoundsTests {
    private func request(_ method: String, _ id: Int, _ params: String = "{}") -> String {
        #"{"jsonrpc":"2.0","method":"\#(method)","params":\#(params),"id":\#(id)}"#
    }

    @Test func `Ids that name no session open none, and cost a connection not the one it has`() throws {
        let rpc = RPCEndpoint()
        rpc.method("echo") { (params: JSON, _) in params }
        let harness = Harness(rpc)
        let client = harness.connect()
        let own = try #require(sessionID(in: client.exchange(request("echo", 0)).last))
        for number in 1...2000 {
            let unknown = RandomID.make()
            client.send(#"{"jsonrpc":"2.0","method":"echo","params":{"sessionId":"\#(unknown)","n":\#(number)}}"#)
        }
        #expect(harness.service.sessionCount == 1)
        #expect(sessionID(in: client.exchange(request("echo", 1)).last) == own)
    }

    @Test func `Sessions whose clients are away take half of the room, and those that left first end`() throws {
        var options = RPCOptions(limits: .init())
        options.limits?.sessions = 10
        let notes = Notes()
        let rpc = RPCEndpoint()
        rpc.method("echo") { (params: JSON, _) in params }
        rpc.onClose { session, _ in notes.add(session.id) }
        let harness = Harness(rpc, options)
        var ids: [String] = []
        for number in 0..<20 {
            let client = harness.connect()
            ids.append(try #require(sessionID(in: client.exchange(request("echo", number)).last)))
            client.cut()
        }
        #expect(harness.service.sessionCount == 5)
        #expect(notes.all == Array(ids.prefix(15)))
        // One that came back is not away any more.
        let back = harness.connect()
        #expect(back.exchange(SessionLifeTests.connect(ids[15])).last?.contains("successful") == true)
        for number in 0..<5 {
            let client = harness.connect()
            client.send(request("echo", number))
            client.cut()
        }
        #expect(sessionID(in: back.exchange(request("echo", 1)).last) == ids[15])
    }

    @Test(arguments: [false, true])
    func `A client that reads nothing and connects again and again is closed`(waits: Bool) async throws {
        let gate = Gate()
        let rpc = RPCEndpoint()
        if waits { rpc.onOpen { _ in await gate.pass() } }
        let harness = Harness(rpc)
        let client = harness.connect(outbound: QueueLimits(messages: 8, bytes: 1 << 16))
        client.send(SessionLifeTests.connect)
        client.read(false)
        for id in 1...1000 { client.send(request("connect", id)) }
        client.read(true)
        gate.open()
        while client.closeReason == nil { await Task.yield() }
        #expect(client.closeReason?.code == .slowConsumer)
        #expect(client.take().count <= ControlLane.limits.messages + 1)
    }

    @Test func `A client that reads nothing and pings is closed`() throws {
        let harness = Harness(RPCEndpoint())
        let client = harness.connect()
        client.send(SessionLifeTests.connect)
        client.read(false)
        for id in 1...1000 { client.send(request("ping", id)) }
        client.read(true)
        #expect(client.closeReason?.code == .slowConsumer)
    }

    @Test func `Requests that wait are bounded in bytes`() async throws {
        let gate = Gate()
        let rpc = RPCEndpoint()
        rpc.method("hold") { (_: JSON, _) in await gate.pass() }
        var options = RPCOptions(limits: .init())
        options.limits?.requestBytes = 10_000
        let client = Harness(rpc, options).connect()
        let big = #"{"text":"\#(String(repeating: "x", count: 4000))"}"#
        for id in 1...4 { client.send(request("hold", id, big)) }
        let refused = client.take()
        #expect(refused.count == 2)
        #expect(refused.allSatisfy { $0.contains("-32051") })
        gate.open()
        #expect(await client.wait(for: 2).count == 2)
        // What has been answered makes room.
        client.send(request("hold", 5, big))
        #expect(await client.wait(for: 1).first?.contains("-32051") == false)
    }

    @Test func `An element of a batch keeps nothing of the batch`() async throws {
        let gate = Gate()
        let rpc = RPCEndpoint()
        rpc.method("hold", .concurrent) { (_: JSON, _) in await gate.pass() }
        rpc.method("drop", .concurrent) { (_: JSON, _) in }
        let before = InboundRequest.bytesInFlight.load(ordering: .relaxed)
        let client = Harness(rpc).connect()
        let junk = request("drop", 1, #"{"text":"\#(String(repeating: "x", count: 900_000))"}"#)
        client.send("[\(request("hold", 2)),\(junk)]")
        #expect(InboundRequest.bytesInFlight.load(ordering: .relaxed) - before < 100_000)
        gate.open()
        #expect(await client.wait(for: 1).count == 1)
    }

    @Test func `A flood of refused notifications is one line a second`() async throws {
        let gate = Gate()
        let rpc = RPCEndpoint()
        rpc.method("hold") { (_: JSON, _) in await gate.pass() }
        let harness = Harness(rpc)
        let client = harness.connect()
        for _ in 1...2000 { client.send(#"{"jsonrpc":"2.0","method":"hold","params":{}}"#) }
        func lines() -> [String] { harness.log.lines.filter { $0.contains("notification dropped") } }
        #expect(lines().count == 1)
        harness.scheduler.advance(by: .seconds(1))
        client.send(#"{"jsonrpc":"2.0","method":"hold","params":{}}"#)
        #expect(lines().count == 2)
        #expect(lines().last?.contains("leftOut") == true)
        gate.open()
    }

    @Test func `A client that leaves is no failure of the handlers that wait for it`() async throws {
        let notes = Notes()
        let rpc = RPCEndpoint()
        rpc.method("ask", .concurrent) { (_: JSON, call) in
            defer { notes.add("over") }
            return try await call.session.call("x", as: JSON.self)
        }
        let harness = Harness(rpc)
        let client = harness.connect()
        for id in 1...10 { client.send(request("ask", id)) }
        client.send(#"{"jsonrpc":"2.0","method":"closeSession"}"#)
        await notes.wait(for: 10)
        #expect(!harness.log.lines.contains { $0.contains("handler failed") })
    }

    @Test func `No timer runs for a call whose client is away, but the one that waits for it`() async throws {
        let sessions = Mutex<[RPCSession]>([])
        let rpc = RPCEndpoint()
        rpc.onOpen { session in sessions.withLock { $0.append(session) } }
        let harness = Harness(rpc, .init(reconnectionTimeout: .seconds(60)))
        let client = harness.connect()
        let id = try #require(sessionID(in: client.exchange(SessionLifeTests.connect).last))
        let session = try #require(sessions.withLock { $0.first })
        let call = Task { try await session.call("x", as: Int.self, timeout: .milliseconds(10)) }
        while session.withMachine({ $0.calls.count }) == 0 { await Task.yield() }
        harness.scheduler.advance(by: .milliseconds(9))
        client.cut()
        // The timer of the call fires once more, and is not set again.
        harness.scheduler.advance(by: .milliseconds(10))
        #expect(harness.scheduler.pendingCount == 1)
        #expect(session.withMachine { $0.nextDeadline } == .milliseconds(9) + .seconds(60))
        let again = harness.connect()
        again.reply { text in
            guard let id = (try? JSON(parsing: text))?["id"], text.contains(#""method":"x""#) else { return nil }
            return #"{"jsonrpc":"2.0","id":\#(id),"result":1}"#
        }
        again.send(SessionLifeTests.connect(id))
        again.reply { _ in nil }
        harness.scheduler.advance(by: .milliseconds(1))
        _ = try? await call.value
        #expect(session.withMachine { $0.calls.count } == 0)
    }
}
