// SPDX-License-Identifier: Apache-2.0
import HoldfastTesting
import Synchronization
import TestSupport
import Testing

/// A thousand cuts at random bytes of real connections.
@Suite(.timeLimit(.minutes(5))) struct CutPointTests {
    private static let clients = 12
    private static let cuts = 28

    @Test(arguments: RPCClientConfiguration.supportedTransports)
    func `Wherever a link is cut, no answer is wrong, none is missing, and nothing is served twice`(
        transport: Transport
    )
        async throws
    {
        let matrix = MatrixServer()
        let cuts = try await withTestServer(matrix.makeApplication) { server in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for seed in 0..<UInt64(Self.clients) {
                    group.addTask {
                        var generator = Seeded(state: seed)
                        return try await run(transport, server, &generator, seed)
                    }
                }
                return try await group.reduce(0, +)
            }
        }
        #expect(cuts == Self.clients * Self.cuts)
        #expect(matrix.servedTwice.isEmpty)
        for (session, notes) in matrix.notes {
            #expect(zip(notes, notes.dropFirst()).allSatisfy { $0 < $1 }, "session \(session): \(notes)")
        }
    }

    /// Cuts one client's links again and again; returns how often.
    private func run(_ transport: Transport, _ server: TestServer, _ generator: inout Seeded, _ seed: UInt64)
        async throws -> Int
    {
        let asked = Mutex<[Int: Int]>([:])
        let cutter = try await LinkCutter.start(to: server)
        let client = try server.makeClient(to: "/rpc", over: transport, through: cutter) {
            // What is lost on the way to the server fails by its deadline only.
            $0.requestTimeout = .milliseconds(800)
            $0.heartbeat = nil
        }
        client.method("add") { (params: Sum) in
            asked.withLock { $0[params.a, default: 0] += 1 }
            return params.a + params.b
        }
        let notifications = client.notifications
        let told = Task {
            var numbers: [Int] = []
            for await notification in notifications { numbers.append(notification.params["n"]?.int ?? -1) }
            return numbers
        }
        // On a busy machine the first may take longer than a call may here.
        while !client.isConnected { try? await client.connect() }
        var number = 0
        var cuts = 0
        while cuts < Self.cuts {
            let direction: LinkDirection = Bool.random(using: &generator) ? .toServer : .toClient
            await cutter.cut(after: Int.random(in: 1...900, using: &generator), direction)
            repeat {
                try await exchange(client, number, "seed \(seed), \(transport), cut \(cuts)")
                number += 10
            } while await cutter.isArmed
            cuts += 1
        }
        await client.close()
        await cutter.close()
        let numbers = await told.value
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }, "seed \(seed), \(transport): \(numbers)")
        // The server asks once for each number, and never again over the same connection.
        #expect(asked.withLock { $0.values.allSatisfy { $0 <= 1 } }, "seed \(seed), \(transport)")
        return cuts
    }

    private func exchange(_ client: RPCClient, _ number: Int, _ place: String) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for offset in 0..<3 {
                group.addTask {
                    try await expectAnswer(number + offset + 7, place) {
                        try await client.call("sum", Sum(a: number + offset, b: 7), as: Int.self)
                    }
                }
            }
            group.addTask {
                try await expectAnswer(number + 3, place) {
                    try await client.call("askMe", Sum(a: number, b: 3), as: Int.self)
                }
            }
            group.addTask {
                try await expectAnswer(nil, place) {
                    try await client.notify("note", ["n": number])
                    try await client.notify("tellMe", ["n": number])
                    return nil
                }
            }
            try await group.waitForAll()
        }
    }

    /// Either the right answer or an error that says that there is none.
    private func expectAnswer(_ expected: Int?, _ place: String, _ call: () async throws -> Int?) async throws {
        do {
            let answer = try await call()
            #expect(answer == expected, "\(place)")
        } catch let error as RPCClientError {
            // A server call that was lost with its link ends as an error of the server's.
            #expect([.timeout, .transport, .remote].contains(error.kind), "\(place): \(error)")
        }
    }
}
