// SPDX-License-Identifier: Apache-2.0
import HoldfastTesting
import Testing

@Suite(.timeLimit(.minutes(1))) struct LinkCutterTests {
    // The example of the documentation.
    @Test func `A client comes back after a cut`() async throws {
        try await withTestServer(makeApplication) { server in
            try await withLinkCutter(to: server) { cutter in
                try await server.withClient(to: "/rpc", through: cutter) { client async throws in
                    let session = client.sessionID
                    let events = client.events
                    await cutter.cut()
                    for await event in events where event == .reconnected(sameServer: true) { break }
                    #expect(client.sessionID == session)
                    #expect(try await client.call("sum", ["a": 1, "b": 2], as: Int.self) == 3)
                    #expect(await cutter.linkCount == 1)
                }
            }
        }
    }

    // The example of the README.
    @Test func `An application's own test of coming back`() async throws {
        try await withTestServer(makeApplication) { server in
            #expect(try await server.get("/hello/you").text == "Hello, you")
            try await withLinkCutter(to: server) { cutter in
                try await server.withClient(to: "/rpc", over: .xhrStreaming, through: cutter) { client async throws in
                    let events = client.events
                    await cutter.cut()
                    for await event in events where event == .reconnected(sameServer: true) { break }
                    #expect(try await client.call("sum", ["a": 1, "b": 2], as: Int.self) == 3)
                }
            }
        }
    }

    @Test(arguments: LinkDirection.allCases) func `A link is cut behind the byte it is told to`(
        direction: LinkDirection
    )
        async throws
    {
        try await withTestServer(makeApplication) { server in
            try await withLinkCutter(to: server) { cutter in
                // The upgrade is longer than that, in either direction.
                await cutter.cut(after: 60, direction)
                #expect(await cutter.isArmed)
                let client = try server.makeClient(to: "/rpc", over: .webSocket, through: cutter)
                await #expect(throws: RPCClientError.self) { try await client.connect() }
                #expect(await !cutter.isArmed)
                try await client.connect()
                await client.close()
            }
        }
    }

    @Test func `New links can be refused`() async throws {
        var conditions = LinkConditions()
        conditions.refusesLinks = true
        try await withTestServer(makeApplication) { server in
            try await withLinkCutter(to: server, conditions: conditions) { cutter in
                let client = try server.makeClient(to: "/rpc", through: cutter)
                await #expect(throws: RPCClientError.self) { try await client.connect() }
                await cutter.update { $0.refusesLinks = false }
                try await client.connect()
                await client.close()
            }
        }
    }

    @Test func `Upgrades can be forbidden`() async throws {
        var conditions = LinkConditions()
        conditions.forbidsUpgrades = true
        try await withTestServer(makeApplication) { server in
            try await withLinkCutter(to: server, conditions: conditions) { cutter in
                let client = try server.makeClient(to: "/rpc", over: .webSocket, through: cutter)
                let error = await #expect(throws: RPCClientError.self) { try await client.connect() }
                #expect(error?.message == "the server refused the upgrade with 403")
                try await server.withClient(to: "/rpc", through: cutter) { client in
                    #expect(client.transport == .xhrStreaming)
                }
            }
        }
    }

    @Test func `A held link lets nothing through until it is released`() async throws {
        try await withTestServer(makeApplication) { server in
            try await withLinkCutter(to: server) { cutter in
                try await server.withClient(to: "/rpc", through: cutter) { client async throws in
                    await cutter.update { $0.isHeld = true }
                    let error = await #expect(throws: RPCClientError.self) {
                        try await client.call("sum", ["a": 1], timeout: .milliseconds(100))
                    }
                    #expect(error?.kind == .timeout)
                    await cutter.update { $0.isHeld = false }
                    #expect(try await client.call("sum", ["a": 1, "b": 2], as: Int.self) == 3)
                }
            }
        }
    }

    @Test func `A delay holds up each way`() async throws {
        try await withTestServer(makeApplication) { server in
            try await withLinkCutter(to: server) { cutter in
                try await server.withClient(to: "/rpc", through: cutter) { client async throws in
                    await cutter.update { $0.delay = .milliseconds(50) }
                    let start = ContinuousClock.now
                    #expect(try await client.call("sum", ["a": 1, "b": 2], as: Int.self) == 3)
                    #expect(.now - start >= .milliseconds(100))
                }
            }
        }
    }

    @Test func `A cutter that is closed takes no more links`() async throws {
        try await withTestServer(makeApplication) { server in
            let cutter = try await LinkCutter.start(to: server)
            await cutter.close()
            let client = try server.makeClient(to: "/rpc", through: cutter)
            await #expect(throws: RPCClientError.self) { try await client.connect() }
        }
    }
}
