// SPDX-License-Identifier: Apache-2.0
import HoldfastTesting
import Synchronization
import Testing

private struct Told: Encodable {
    var n: Int
    var text: String
}

/// The client over each transport, on links that behave in every way that links do.
@Suite(.timeLimit(.minutes(2))) struct MatrixTests {
    private static let transports = RPCClientConfiguration.supportedTransports

    /// A client with a method of its own, on a link of its own.
    private func withClient(
        over transport: Transport?,
        clock: ManualClock? = nil,
        conditions: LinkConditions = .init(),
        configure: (inout RPCClientConfiguration) -> Void = { _ in },
        _ body: (RPCClient, MatrixServer, TestServer, LinkCutter) async throws -> Void
    ) async throws {
        let matrix = MatrixServer()
        try await withTestServer(clock: clock, matrix.makeApplication) { server in
            try await withLinkCutter(to: server, conditions: conditions) { cutter in
                let client = try server.makeClient(to: "/rpc", over: transport, through: cutter, configure)
                client.method("add") { (params: Sum) in params.a + params.b }
                try await client.connect()
                try await body(client, matrix, server, cutter)
                await client.close()
            }
        }
        #expect(matrix.servedTwice.isEmpty)
    }

    /// Everything a session does: calls, the server's calls, and notifications both ways.
    private func exercise(_ client: RPCClient, _ matrix: MatrixServer, from first: Int = 0) async throws {
        let notifications = client.notifications
        let noted = matrix.notes[client.sessionID ?? ""]?.count ?? 0
        for number in first..<first + 5 {
            try await client.notify("note", ["n": number])
            try await client.notify("tellMe", ["n": number])
            #expect(try await client.call("sum", Sum(a: number, b: 1), as: Int.self) == number + 1)
        }
        #expect(try await client.call("askMe", Sum(a: 40, b: 2), as: Int.self) == 42)
        #expect(await numbers(of: notifications, 5) == Array(first..<first + 5))
        #expect(matrix.notes[client.sessionID ?? ""]?.dropFirst(noted).elementsEqual(first..<first + 5) == true)
    }

    /// Breaks the link, and all that would follow it: between two polls there is none to break.
    private func loseLink(_ cutter: LinkCutter, _ events: some AsyncSequence<RPCClientEvent, Never>) async {
        await cutter.update { $0.refusesLinks = true }
        await cutter.cut()
        await wait(for: .reconnecting, in: events)
    }

    @Test(arguments: transports) func `Fresh: everything works`(transport: Transport) async throws {
        try await withClient(over: transport) { client, matrix, _, _ async throws in
            #expect(client.transport == transport)
            try await exercise(client, matrix)
            let text = String(repeating: "a\"\\\n\u{1F600}ü", count: 20_000)
            #expect(try await client.call("echo", text, as: String.self) == text)
        }
    }

    @Test(arguments: transports) func `Cut: calls under way, both ways, end on the next link`(transport: Transport)
        async throws
    {
        try await withClient(over: transport) { client, matrix, _, cutter async throws in
            let asked = Signal<Void>()
            let answer = Signal<Void>()
            client.method("add") { (params: Sum) in
                asked.send(())
                _ = await answer.next()
                return params.a + params.b
            }
            let session = client.sessionID
            let events = client.events
            async let waited = client.call("wait", ["n": 1])
            async let added = client.call("askMe", Sum(a: 40, b: 2), as: Int.self)
            _ = await matrix.waiting.next()
            _ = await asked.next()
            await loseLink(cutter, events)
            await cutter.update { $0.refusesLinks = false }
            await wait(for: .reconnected(sameServer: true), in: events)
            matrix.release.send(())
            answer.send(())
            #expect(try await waited["n"] == 1)
            #expect(try await added == 42)
            #expect(client.sessionID == session)
        }
    }

    @Test(arguments: transports) func `Cut: what is said while away arrives afterwards, in order`(transport: Transport)
        async throws
    {
        try await withClient(over: transport) { client, matrix, _, cutter async throws in
            let session = try #require(matrix.session(client.sessionID))
            let notifications = client.notifications
            let events = client.events
            for number in 0..<3 { try await session.notify("told", ["n": number]) }
            // What has left for a link that is then cut would be lost with it.
            #expect(await numbers(of: notifications, 3) == [0, 1, 2])
            await loseLink(cutter, events)
            while session.connection != nil { await Task.yield() }
            for number in 3..<6 { try await session.notify("told", ["n": number]) }
            async let sum = client.call("sum", Sum(a: 1, b: 2), as: Int.self)
            await cutter.update { $0.refusesLinks = false }
            #expect(try await sum == 3)
            #expect(await numbers(of: notifications, 3) == [3, 4, 5])
            #expect(client.sessionID == session.id)
            try await exercise(client, matrix, from: 100)
        }
    }

    @Test(arguments: transports) func `Server restart: what was sent fails, what waited goes to the new session`(
        transport: Transport
    ) async throws {
        try await withClient(over: transport) { client, matrix, server, _ async throws in
            let session = client.sessionID
            let events = client.events
            let lost = Task { try await client.call("wait", ["n": 1]) }
            _ = await matrix.waiting.next()
            await server.kill()
            await wait(for: .reconnecting, in: events)
            async let waiting = client.call("sum", Sum(a: 1, b: 2), as: Int.self)
            try await server.start()
            await wait(for: .reconnected(sameServer: false), in: events)
            #expect(try await waiting == 3)
            let error = await #expect(throws: RPCClientError.self) { try await lost.value }
            #expect(error?.kind == .outcomeUnknown)
            #expect(client.sessionID != session)
            matrix.release.send(())
            try await exercise(client, matrix)
        }
    }

    @Test(arguments: transports) func `Expired session: the client is told, and goes on in a new one`(
        transport: Transport
    )
        async throws
    {
        let clock = ManualClock()
        try await withClient(over: transport, clock: clock) { client, matrix, _, cutter async throws in
            let session = client.sessionID
            let events = client.events
            let isClosed = Atomic(false)
            let closing = Task {
                let id = await matrix.closed.next()
                isClosed.store(true, ordering: .relaxed)
                return id
            }
            await loseLink(cutter, events)
            while !isClosed.load(ordering: .relaxed) {
                clock.advance(by: .seconds(1))
                await Task.yield()
            }
            #expect(await closing.value == session)
            await cutter.update { $0.refusesLinks = false }
            await wait(for: .reconnected(sameServer: false), in: events)
            #expect(client.sessionID != session)
            try await exercise(client, matrix)
        }
    }

    @Test func `A proxy that forbids upgrades: streaming carries the session`() async throws {
        var conditions = LinkConditions()
        conditions.forbidsUpgrades = true
        try await withClient(over: nil, conditions: conditions) { client, matrix, _, _ async throws in
            #expect(client.transport == .xhrStreaming)
            try await exercise(client, matrix)
        }
    }

    @Test func `A proxy that forbids upgrades and buffers: polling carries the session`() async throws {
        var conditions = LinkConditions()
        conditions.forbidsUpgrades = true
        conditions.buffersResponses = true
        try await withClient(over: nil, conditions: conditions) {
            $0.connectionTimeout = .seconds(3)
        } _: { client, matrix, _, _ async throws in
            #expect(client.transport == .xhrPolling)
            try await exercise(client, matrix)
        }
    }

    @Test(arguments: transports) func `Slow link: large messages arrive in order, and the heartbeat lets them`(
        transport: Transport
    ) async throws {
        var conditions = LinkConditions()
        conditions.delay = .milliseconds(5)
        conditions.bytesPerSecond = 300_000
        try await withClient(over: transport, conditions: conditions) { client, matrix, _, _ async throws in
            let events = EventLog(client)
            let notifications = client.notifications
            let text = String(repeating: "x", count: 100_000)
            for number in 0..<3 { try await client.notify("tellMe", Told(n: number, text: text)) }
            #expect(await numbers(of: notifications, 3) == [0, 1, 2])
            // It takes longer than two intervals of the heartbeat, during which no message is complete.
            try client.enableHeartbeat(interval: .seconds(1))
            #expect(try await client.call("make", ["size": 1_000_000], as: String.self).utf8.count == 1_000_000)
            client.disableHeartbeat()
            try await exercise(client, matrix)
            #expect(events.all.isEmpty)
        }
    }

    @Test(arguments: transports) func `A link that swallows everything is left by the heartbeat`(transport: Transport)
        async throws
    {
        try await withClient(over: transport) {
            $0.heartbeat = .milliseconds(500)
        } _: { client, matrix, _, cutter async throws in
            let session = client.sessionID
            let events = client.events
            await cutter.update { $0.isHeld = true }
            await wait(for: .reconnecting, in: events)
            await cutter.update { $0.isHeld = false }
            await wait(for: .reconnected(sameServer: true), in: events)
            client.disableHeartbeat()
            #expect(client.sessionID == session)
            try await exercise(client, matrix)
        }
    }
}
