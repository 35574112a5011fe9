// SPDX-License-Identifier: Apache-2.0
import HoldfastClient
import HoldfastRPC
import HoldfastTransport
import Testing

@Suite(.timeLimit(.minutes(1))) struct ReconnectTests {
    @Test func `A cut link comes back to the same session`() async throws {
        let server = MemoryServer()
        let client = try server.makeClient()
        let log = EventLog(client)
        try await client.connect()
        let session = try #require(client.sessionID)
        server.cut()
        #expect(!client.isConnected)
        server.scheduler.advance(by: .seconds(1))
        #expect(client.isConnected)
        #expect(client.sessionID == session)
        #expect(log.all == [.connected(.webSocket), .reconnecting, .reconnected(sameServer: true)])
        #expect(server.sessionCount == 1)
    }

    @Test func `A call that was sent before the cut is answered after it`() async throws {
        let started = Signal<Void>()
        let release = Signal<Void>()
        let server = MemoryServer { endpoint in
            endpoint.method("slow", .concurrent) { (_: JSON, _) in
                started.send(())
                _ = await release.next()
                return "late"
            }
        }
        let client = try server.makeClient()
        async let answer = client.call("slow", as: String.self)
        _ = await started.next()
        server.cut()
        server.scheduler.advance(by: .seconds(1))
        release.send(())
        #expect(try await answer == "late")
    }

    @Test func `An answer given while the client is away waits for it`() async throws {
        let started = Signal<Void>()
        let release = Signal<Void>()
        let server = MemoryServer { endpoint in
            endpoint.method("slow", .concurrent) { (_: JSON, _) in
                started.send(())
                _ = await release.next()
                return "late"
            }
            endpoint.method("barrier", .concurrent) { (_: JSON, _) in 1 }
        }
        let client = try server.makeClient()
        async let answer = client.call("slow", as: String.self)
        _ = await started.next()
        server.cut()
        release.send(())
        server.scheduler.advance(by: .seconds(1))
        #expect(try await answer == "late")
    }

    @Test func `A call made while away is sent after the return`() async throws {
        let server = MemoryServer()
        let client = try server.makeClient()
        try await client.connect()
        let reconnecting = Signal<Void>()
        client.onEvent { if $0 == .reconnecting { reconnecting.send(()) } }
        server.cut()
        _ = await reconnecting.next()
        let before = server.scheduler.pendingCount
        async let answer = client.call("sum", ["a": 20, "b": 22], as: Int.self)
        // The call's own timer shows that it waits.
        while server.scheduler.pendingCount == before { await Task.yield() }
        server.scheduler.advance(by: .seconds(1))
        #expect(try await answer == 42)
    }

    @Test func `A call made while away fails at its own deadline`() async throws {
        let server = MemoryServer()
        let client = try server.makeClient()
        try await client.connect()
        server.refuseAll(true)
        server.cut()
        let before = server.scheduler.pendingCount
        let answer = Task { try await client.call("sum", ["a": 1], as: Int.self, timeout: .seconds(3)) }
        while server.scheduler.pendingCount == before { await Task.yield() }
        server.scheduler.advance(by: .seconds(3))
        let error = await #expect(throws: RPCClientError.self) { try await answer.value }
        #expect(error?.kind == .timeout)
    }

    @Test(arguments: [true, false])
    func `A restarted server gives a new session and fails the calls of the old one`(losesNothing: Bool) async throws {
        let started = Signal<Void>()
        let server = MemoryServer { endpoint in
            endpoint.method("never", .concurrent) { (_: JSON, _) in
                started.send(())
                try await Task.sleep(for: .seconds(600))
            }
        }
        let client = try server.makeClient { if !losesNothing { $0.resume = nil } }
        let log = EventLog(client)
        let answer = Task { try await client.call("never") }
        _ = await started.next()
        let session = client.sessionID
        server.restart()
        server.scheduler.advance(by: .seconds(1))
        // A call that did not fail with its session fails by its deadline now, and so the test, instead of hanging.
        server.scheduler.advance(by: .seconds(60))
        let error = await #expect(throws: RPCClientError.self) { try await answer.value }
        #expect(error?.kind == (losesNothing ? .outcomeUnknown : .sessionLost))
        #expect(client.sessionID != nil)
        #expect(client.sessionID != session)
        #expect(log.all.last == .reconnected(sameServer: false))
        #expect(try await client.call("sum", ["a": 1, "b": 2], as: Int.self) == 3)
    }

    @Test func `Attempts go on until one succeeds`() async throws {
        let server = MemoryServer()
        let client = try server.makeClient { $0.heartbeat = nil }
        let log = EventLog(client)
        try await client.connect()
        server.refuseAll(true)
        server.cut()
        // Half of 200, 400, 800, 1600 ms.
        server.scheduler.advance(by: .milliseconds(99))
        #expect(server.dialed.count == 1)
        server.scheduler.advance(by: .milliseconds(1))
        #expect(server.dialed.count == 2)
        server.scheduler.advance(by: .milliseconds(199))
        #expect(server.dialed.count == 2)
        server.scheduler.advance(by: .milliseconds(1))
        #expect(server.dialed.count == 3)
        server.refuseAll(false)
        server.scheduler.advance(by: .milliseconds(400))
        #expect(client.isConnected)
        #expect(log.all == [.connected(.webSocket), .reconnecting, .reconnected(sameServer: true)])
    }

    @Test func `A maximum time ends the attempts, and the next call begins anew`() async throws {
        let server = MemoryServer()
        let client = try server.makeClient { $0.reconnection.maximumTime = .seconds(2) }
        let log = EventLog(client)
        try await client.connect()
        server.refuseAll(true)
        server.cut()
        server.scheduler.advance(by: .seconds(2))
        guard case .disconnected = log.all.last else {
            Issue.record("still trying: \(log.all)")
            return
        }
        let count = server.dialed.count
        server.scheduler.advance(by: .seconds(60))
        #expect(server.dialed.count == count)
        server.refuseAll(false)
        #expect(try await client.call("sum", ["a": 1], as: Int.self) == 1)
    }

    @Test func `Closing while it reconnects stops it`() async throws {
        let server = MemoryServer()
        let client = try server.makeClient()
        let log = EventLog(client)
        try await client.connect()
        server.cut()
        await client.close()
        server.scheduler.advance(by: .seconds(60))
        #expect(server.dialed.count == 1)
        #expect(log.all == [.connected(.webSocket), .reconnecting, .disconnected("closed")])
        let error = await #expect(throws: RPCClientError.self) { try await client.call("sum") }
        #expect(error?.kind == .closed)
    }

    @Test func `Closing tells of it once and fails what waits`() async throws {
        let started = Signal<Void>()
        let server = MemoryServer { endpoint in
            endpoint.method("never", .concurrent) { (_: JSON, _) in
                started.send(())
                try await Task.sleep(for: .seconds(600))
            }
        }
        let client = try server.makeClient()
        let log = EventLog(client)
        let answer = Task { try await client.call("never") }
        _ = await started.next()
        await client.close()
        await client.close()
        let error = await #expect(throws: RPCClientError.self) { try await answer.value }
        #expect(error?.kind == .closed)
        #expect(log.all == [.connected(.webSocket), .disconnected("closed")])
    }

    @Test func `The close message ends the session at once`() async throws {
        let server = MemoryServer()
        let client = try server.makeClient()
        try await client.connect()
        #expect(server.sessionCount == 1)
        await client.close(sendCloseMessage: true)
        #expect(server.sessionCount == 0)
    }

    @Test func `Without the close message the session waits`() async throws {
        let server = MemoryServer()
        let client = try server.makeClient()
        try await client.connect()
        await client.close()
        #expect(!client.isConnected)
        #expect(server.sessionCount == 1)
    }

    @Test func `A first connection that fails tells every caller and the next call tries again`() async throws {
        let server = MemoryServer()
        server.refuseAll(true)
        let client = try server.makeClient()
        let log = EventLog(client)
        let error = await #expect(throws: RPCClientError.self) { try await client.connect() }
        #expect(error?.kind == .transport)
        #expect(log.all == [.connectionFailed(RPCClientError(.transport, "refused"))])
        server.refuseAll(false)
        try await client.connect()
        #expect(client.isConnected)
    }

    @Test func `A server that says nothing costs the connection timeout`() async throws {
        let server = MemoryServer()
        server.hang()
        let client = try server.makeClient()
        let connected = Task { try await client.connect() }
        while server.scheduler.pendingCount < 2 { await Task.yield() }
        server.scheduler.advance(by: .seconds(5))
        let error = await #expect(throws: RPCClientError.self) { try await connected.value }
        #expect(error?.kind == .timeout)
    }

    @Test func `Transports are tried in order and the one that worked comes first next time`() async throws {
        let server = MemoryServer()
        server.refuse([.webSocket])
        let client = try server.makeClient(transports: [.webSocket, .xhrStreaming, .xhrPolling])
        try await client.connect()
        #expect(client.transport == .xhrStreaming)
        server.cut()
        server.scheduler.advance(by: .seconds(1))
        #expect(server.dialed == [.webSocket, .xhrStreaming, .xhrStreaming])
        server.refuse([.webSocket, .xhrStreaming])
        server.cut()
        server.scheduler.advance(by: .seconds(1))
        #expect(client.transport == .xhrPolling)
    }

    @Test func `A waiting call that is cancelled ends at once`() async throws {
        let server = MemoryServer()
        server.hang()
        let client = try server.makeClient()
        let call = Task { try await client.call("sum") }
        while server.scheduler.pendingCount < 2 { await Task.yield() }
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
    }

    @Test(arguments: [1, 2]) func `More calls than may wait are refused`(limit: Int) async throws {
        let server = MemoryServer()
        server.hang()
        let client = try server.makeClient { $0.waitingCalls = limit }
        let calls = (0..<limit).map { _ in Task { try await client.call("sum") } }
        // One timer for each call and one for the attempt to connect.
        while server.scheduler.pendingCount < limit + 1 { await Task.yield() }
        let error = await #expect(throws: RPCClientError.self) { try await client.call("sum") }
        #expect(error?.kind == .overloaded)
        for call in calls { call.cancel() }
    }
}
