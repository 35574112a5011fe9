// SPDX-License-Identifier: Apache-2.0
import Synchronization
import Testing

@testable import Holdfast

/// Row 1: listeners pause at the limit and go on below it.
@Suite(.timeLimit(.minutes(1))) struct AcceptTests {
    /// Serves with at most so many connections; `most` is the largest number that a request ever saw.
    private func withServer(
        connections: Int,
        listeners: [Listener] = [.tcp("127.0.0.1", port: 0)],
        threads: Int = 1,
        _ body: (RunningServer, _ most: () -> Int) async throws -> Void
    ) async throws {
        var configuration = makeApplication(listeners).configuration
        configuration.limits.http.connections = connections
        configuration.threads = threads
        let app = Application(configuration: configuration)
        let running = Mutex<RunningServer?>(nil)
        let most = Atomic(0)
        app.get("/") { _, _ in
            let count = running.withLock { $0?.server.connectionCount } ?? 0
            most.max(count, ordering: .relaxed)
            return "\(count)"
        }
        let server = try await app.service().start()
        running.withLock { $0 = server }
        do {
            try await body(server) { most.load(ordering: .relaxed) }
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    @Test func `beyond the limit clients wait until others leave, and then are served`() async throws {
        try await withServer(connections: 3) { server, most in
            let address = try #require(server.addresses.first)
            var clients: [WireClient] = []
            for _ in 0..<10 { clients.append(try await WireClient.connect(address)) }
            for client in clients { try await client.send("GET", "/") }
            for client in clients {
                #expect(try await client.answer().status == 200)
                client.close()
            }
            #expect(most() == 3)
        }
    }

    @Test func `several listeners and loops keep the limit together`() async throws {
        let listeners = [Listener](repeating: .tcp("127.0.0.1", port: 0), count: 3)
        try await withServer(connections: 4, listeners: listeners, threads: 4) { server, most in
            try await withThrowingTaskGroup { tasks in
                for number in 0..<90 {
                    let address = server.addresses[number % 3]
                    tasks.addTask {
                        let client = try await WireClient.connect(address)
                        #expect(try await client.get("/").status == 200)
                        client.close()
                    }
                }
                try await tasks.waitForAll()
            }
            #expect((1...4).contains(most()))
        }
    }

    @Test func `a listener that others would shut out keeps a place`() async throws {
        let listeners = [Listener](repeating: .tcp("127.0.0.1", port: 0), count: 2)
        try await withServer(connections: 3, listeners: listeners) { server, _ in
            var crowd: [WireClient] = []
            for _ in 0..<5 { crowd.append(try await WireClient.connect(server.addresses[0])) }
            for client in crowd { try await client.send("GET", "/") }
            #expect(try await crowd[0].answer().status == 200)
            #expect(try await crowd[1].answer().status == 200)
            let quiet = try await WireClient.connect(server.addresses[1])
            #expect(try await quiet.get("/").body == "3")
            for client in crowd.prefix(2) { client.close() }
            for client in crowd.dropFirst(2) {
                #expect(try await client.answer().status == 200)
                client.close()
            }
            quiet.close()
        }
    }

    @Test func `a limit below the number of listeners is named at the start`() async throws {
        let listeners = [Listener](repeating: .tcp("127.0.0.1", port: 0), count: 2)
        let error = await #expect(throws: StartupError.self) {
            try await withServer(connections: 1, listeners: listeners) { _, _ in }
        }
        #expect(error?.description == "the limit http.connections is 1, less than the 2 listeners")
    }

    @Test func `connections that were idle before make room when there is little left, on every loop`() async throws {
        var configuration = makeApplication().configuration
        configuration.limits.http.connections = 20
        configuration.limits.http.keepAliveUnderPressure = .milliseconds(10)
        configuration.threads = 3
        let app = Application(configuration: configuration)
        app.get("/") { _, _ in "A" }
        let server = try await app.service().start()
        let address = try #require(server.addresses.first)
        var idle: [WireClient] = []
        for _ in 0..<17 {
            let client = try await WireClient.connect(address)
            #expect(try await client.get("/").status == 200)
            idle.append(client)
        }
        // 90 % of the places are taken with this one.
        let last = try await WireClient.connect(address)
        for client in idle { #expect(await client.untilClosed() == "") }
        #expect(try await last.get("/").status == 200)
        last.close()
        await server.stop()
    }
}
