// SPDX-License-Identifier: Apache-2.0
import HoldfastHTTP
import Synchronization
import Testing

@testable import Holdfast

@Suite(.timeLimit(.minutes(1))) struct StarvationTests {
    @Test(arguments: [1, 3]) func `Handlers that yield again and again let their loop's other connections go on`(
        count: Int
    ) async throws {
        let isDone = Mutex(false)
        let gate = Gate()
        let app = makeApplication()
        app.get("/spin") { _, _ in
            gate.open()
            while !isDone.withLock({ $0 }), !Task.isCancelled { await Task.yield() }
            return "spun"
        }
        app.get("/done") { _, _ in
            isDone.withLock { $0 = true }
            return "done"
        }
        let server = try await app.service().start()
        let address = try #require(server.addresses.first)
        var spinning: [WireClient] = []
        for _ in 0..<count { spinning.append(try await WireClient.connect(address)) }
        let other = try await WireClient.connect(address)
        #expect(try await other.get("/none").status == 404)
        for client in spinning { try await client.send("GET", "/spin") }
        await gate.wait()
        #expect(try await other.get("/done").body == "done")
        for client in spinning { #expect(try await client.answer().body == "spun") }
        await server.stop()
    }
}
