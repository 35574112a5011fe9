// SPDX-License-Identifier: Apache-2.0
import HoldfastRPC
import HoldfastTransport
import Testing

@testable import HoldfastClient

@Suite(.timeLimit(.minutes(1))) struct DurationTests {
    /// Times that a timer, a sum or a description of `Duration` cannot hold.
    static let huge: [Duration] = [.seconds(Int64.max), .seconds(1e19), .seconds(1.7e20), .nanoseconds(Int64.max)]

    private static func setAll(_ configuration: inout RPCClientConfiguration, _ duration: Duration) {
        configuration.connectionTimeout = duration
        configuration.requestTimeout = duration
        configuration.idleTimeout = duration
        configuration.heartbeat = duration
        configuration.probeDelay = duration
        configuration.reconnection.initialDelay = duration
        configuration.reconnection.maximumDelay = duration
        configuration.reconnection.maximumTime = duration
    }

    @Test(arguments: huge)
    func `Times beyond all measure mean never`(duration: Duration) async throws {
        let asked = Signal<Void>()
        let server = MemoryServer(options: .init(pingWatchdog: true)) { rpc in
            rpc.method("hold", .concurrent) { call in
                asked.send(())
                return try await call.session.call("answer", as: Int.self, timeout: duration)
            }
        }
        let answering = Signal<Int>()
        let client = try server.makeClient(transports: [.webSocket, .xhrPolling]) { Self.setAll(&$0, duration) }
        client.method("answer") { (_: JSON) in await answering.next() }
        let events = EventLog(client)
        server.refuse([.webSocket])
        try await client.connect()
        try client.enableHeartbeat(interval: duration)
        async let held = client.call("hold", as: Int.self, timeout: duration)
        _ = await asked.next()

        server.scheduler.advance(by: .seconds(10 * 365 * 86_400))
        #expect(events.all == [.connected(.xhrPolling)])
        answering.send(5)
        #expect(try await held == 5)

        server.cut()
        server.scheduler.advance(by: .seconds(10 * 365 * 86_400))
        #expect(events.all == [.connected(.xhrPolling), .reconnecting])
        await client.close()
    }

    @Test(arguments: huge, ["ws", "http"])
    func `Times beyond all measure do no harm on the network`(duration: Duration, scheme: String) async throws {
        try await withLiveServer { port in
            var configuration = RPCClientConfiguration()
            Self.setAll(&configuration, duration)
            if scheme == "http" { configuration.transports = [.xhrStreaming, .webSocket] }
            let url = "\(scheme)://127.0.0.1:\(port)/rpc"
            try await withRPCClient(to: url, configuration: configuration) { client in
                let sum = try await client.call("sum", Sum(a: 1, b: 2), as: Int.self, timeout: duration)
                #expect(sum == 3)
            }
        }
    }

    @Test(arguments: [Duration.zero, .nanoseconds(-1), .seconds(-5), .zero - .seconds(Int64.max)])
    func `Times of nothing are refused with what is wanted`(duration: Duration) async throws {
        let places: [(String, @Sendable (inout RPCClientConfiguration) -> Void)] = [
            ("connectionTimeout", { $0.connectionTimeout = duration }),
            ("requestTimeout", { $0.requestTimeout = duration }),
            ("idleTimeout", { $0.idleTimeout = duration }), ("heartbeat", { $0.heartbeat = duration }),
            ("reconnection.initialDelay", { $0.reconnection.initialDelay = duration }),
            ("reconnection.maximumDelay", { $0.reconnection.maximumDelay = duration }),
            ("probeDelay", { $0.probeDelay = duration }),
        ]
        let server = MemoryServer()
        for (name, set) in places {
            let error = #expect(throws: RPCClientError.self) { try server.makeClient(set) }
            #expect(error == RPCClientError(.configuration, "\(name) must be more than zero"))
        }
        let client = try server.makeClient()
        let timeout = await #expect(throws: RPCClientError.self) { try await client.call("echo", timeout: duration) }
        #expect(timeout?.kind == .configuration)
        #expect(timeout?.message.hasPrefix("the timeout of a call must be more than zero") == true)
        let heartbeat = #expect(throws: RPCClientError.self) { try client.enableHeartbeat(interval: duration) }
        #expect(heartbeat?.message.hasPrefix("the heartbeat's interval must be more than zero") == true)
        await client.close()
    }

    @Test func `No time at all for reconnecting is none, and less is refused`() throws {
        let server = MemoryServer()
        _ = try server.makeClient { $0.reconnection.maximumTime = .zero }
        let error = #expect(throws: RPCClientError.self) {
            try server.makeClient { $0.reconnection.maximumTime = .seconds(-1) }
        }
        #expect(error?.message == "reconnection.maximumTime must not be negative; nil is for ever")
    }
}
