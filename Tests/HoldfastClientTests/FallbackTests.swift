// SPDX-License-Identifier: Apache-2.0
import Holdfast
import HoldfastClient
import Testing

@Suite(.timeLimit(.minutes(1))) struct FallbackTests {
    private static let transports: [Transport] = [.webSocket, .xhrStreaming, .xhrPolling]

    private func configuration(_ transport: Transport?) -> RPCClientConfiguration {
        var configuration = RPCClientConfiguration()
        configuration.logger.logLevel = .critical
        configuration.transports = transport.map { [$0] }
        configuration.reconnection.initialDelay = .milliseconds(1)
        return configuration
    }

    @Test(arguments: transports) func `Every transport comes back to its session after the server drops it`(
        transport: Transport
    ) async throws {
        try await withLiveServer { port in
            let client = try RPCClient("http://127.0.0.1:\(port)/rpc", configuration: configuration(transport))
            let events = client.events
            try await client.connect()
            let session = client.sessionID
            try await client.notify("cutMe")
            for await event in events {
                guard case .reconnected(let sameServer) = event else { continue }
                #expect(sameServer)
                break
            }
            #expect(client.sessionID == session)
            #expect(try await client.call("sum", Sum(a: 1, b: 1), as: Int.self) == 2)
            await client.close()
        }
    }

    @Test func `A refused upgrade leads to streaming`() async throws {
        try await withLiveServer(configure: { $0.use(Forbid(upgrades: true)) }) { port in
            try await withRPCClient(to: "http://127.0.0.1:\(port)/rpc", configuration: configuration(nil)) { client in
                #expect(client.transport == .xhrStreaming)
            }
        }
    }

    @Test func `Where streaming is refused too, polling remains`() async throws {
        try await withLiveServer(configure: { $0.use(Forbid(upgrades: true, suffixes: ["/xhr_streaming"])) }) { port in
            try await withRPCClient(to: "http://127.0.0.1:\(port)/rpc", configuration: configuration(nil)) { client in
                #expect(client.transport == .xhrPolling)
                let sum: Int = try await client.call("sum", Sum(a: 1, b: 2))
                #expect(sum == 3)
            }
        }
    }

    @Test func `A WebSocket URL does not fall back`() async throws {
        try await withLiveServer(configure: { $0.use(Forbid(upgrades: true)) }) { port in
            let client = try RPCClient("ws://127.0.0.1:\(port)/rpc", configuration: configuration(nil))
            let error = await #expect(throws: RPCClientError.self) { try await client.connect() }
            #expect(error == RPCClientError(.transport, "the server refused the upgrade with 403"))
        }
    }
}
