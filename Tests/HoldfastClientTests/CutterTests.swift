// SPDX-License-Identifier: Apache-2.0
import HoldfastClient
import HoldfastRPC
import HoldfastTransport
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct CutterTests {
    @Test(arguments: 0..<20) func `Cut at random points, no call gets a wrong answer and none hangs`(seed: UInt64)
        async throws
    {
        // Time runs ahead of the threads here; the sessions must outlast that.
        let server = MemoryServer(options: RPCOptions(reconnectionTimeout: .seconds(86_400)))
        let client = try server.makeClient { $0.heartbeat = nil }
        try await client.connect()
        var generator = Seeded(state: seed)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<50 {
                group.addTask {
                    do {
                        let answer = try await client.call("sum", ["a": number, "b": 1000], as: Int.self)
                        #expect(answer == number + 1000)
                        return true
                    } catch let error as RPCClientError {
                        // Lost on the way to the server: nobody can answer it.
                        #expect(error.kind == .timeout)
                        return false
                    }
                }
                if Int.random(in: 0..<5, using: &generator) == 0 {
                    for _ in 0..<Int.random(in: 0..<20, using: &generator) { await Task.yield() }
                    server.cut()
                    server.scheduler.advance(by: .milliseconds(200))
                }
            }
            // What is still waiting once everyone has had a turn fails by its deadline; time moves until all are done.
            let clock = Task {
                while !Task.isCancelled {
                    await Task.yield()
                    server.scheduler.advance(by: .seconds(1))
                }
            }
            var answered = 0
            for try await wasAnswered in group where wasAnswered { answered += 1 }
            clock.cancel()
            await clock.value
            #expect(answered > 0)
        }
        server.scheduler.advance(by: .seconds(1))
        #expect(client.isConnected)
        await client.close()
    }

    @Test func `A client that nobody holds any more closes its connection`() async throws {
        let server = MemoryServer()
        var client: RPCClient? = try server.makeClient()
        try await client?.connect()
        let events = EventLog(try #require(client))
        client = nil
        #expect(events.all == [.disconnected("closed")])
    }
}
