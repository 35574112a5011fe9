// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTPTypes
import HoldfastHTTP
import NIOCore
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

    /// Four clients flood; while the loop is held, all of it and one request of another client arrive.
    ///
    /// - Returns: How much of the flood was served before that request, of how much.
    private func flood(
        _ route: (Application, @escaping @Sendable () -> Void) -> Void,
        _ prepare: (WireClient) async throws -> Void,
        _ bytes: [UInt8]
    ) async throws -> Int {
        let served = Atomic(0)
        let servedBefore = Atomic(-1)
        let held = Gate()
        let holding = DispatchSemaphore(value: 0)
        let app = makeApplication()
        route(app) { served.wrappingAdd(1, ordering: .relaxed) }
        app.get("/hold") { _, _ in
            held.open()
            holding.wait()
            return "held"
        }
        app.get("/other") { _, _ in
            servedBefore.store(served.load(ordering: .relaxed), ordering: .relaxed)
            return "other"
        }
        let server = try await app.service().start()
        let address = try #require(server.addresses.first)
        let other = try await WireClient.connect(address)
        #expect(try await other.get("/none").status == 404)
        var flooding: [WireClient] = []
        for _ in 1...4 {
            let client = try await WireClient.connect(address)
            try await prepare(client)
            flooding.append(client)
        }
        let holder = try await WireClient.connect(address)
        try await holder.send("GET", "/hold")
        await held.wait()
        for client in flooding { try await client.write(ByteBuffer(bytes: bytes)) }
        try await other.send("GET", "/other")
        holding.signal()
        #expect(try await other.answer().body == "other")
        for client in flooding { client.close() }
        holder.close()
        await server.kill()
        return servedBefore.load(ordering: .relaxed)
    }

    @Test func `a flood of empty messages leaves the others their turn`() async throws {
        let count = 10_000
        let served = try await flood(
            { app, count in
                app.webSocket("/ws") { connection in
                    for try await _ in connection.messages { count() }
                }
            },
            { _ = try await $0.upgrade("/ws") },
            Array(repeatElement([0x81, 0x80, 1, 2, 3, 4], count: count).joined())
        )
        #expect((0..<count).contains(served))
    }

    @Test func `a flood of pipelined requests leaves the others their turn`() async throws {
        let count = 10_000
        let served = try await flood(
            { app, count in
                app.get("/") { _, _ -> HTTPResponse.Status in
                    count()
                    return .noContent
                }
            },
            { _ in },
            Array(repeatElement(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8), count: count).joined())
        )
        #expect((0..<count).contains(served))
    }

    @Test func `requests that take long are fewer in a turn`() async throws {
        let clock = ContinuousClock()
        let served = try await flood(
            { app, count in
                app.get("/") { _, _ -> HTTPResponse.Status in
                    count()
                    // Two milliseconds of work.
                    let end = clock.now + .milliseconds(2)
                    while clock.now < end {}
                    return .noContent
                }
            },
            { _ in },
            Array(repeatElement(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8), count: 200).joined())
        )
        // A few turns of the four, of a few requests each.
        #expect((0..<100).contains(served))
    }
}
