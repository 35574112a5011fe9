// SPDX-License-Identifier: Apache-2.0
import HoldfastTransport
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import HoldfastRPC

/// Requests that get their turn on other threads than the one that messages arrive and handlers run on.
///
/// `HOLDFAST_RACES` sets how often each race is run.
@Suite(.timeLimit(.minutes(10))) struct StartOrderTests {
    /// One loop for messages and handlers, and two for whatever else happens.
    private struct Loops {
        private let group = MultiThreadedEventLoopGroup(numberOfThreads: 3)
        let own: any EventLoop
        let others: [any EventLoop]
        let seed = UInt64.random(in: 0 ... .max)

        init() {
            own = group.next()
            others = [group.next(), group.next()]
            print("seed \(seed)")
        }

        func stop() async throws { try await group.shutdownGracefully() }

        var executor: LoopExecutor { .shared(by: own) }

        /// Does something on a loop, a seeded moment later.
        func later(on loop: any EventLoop, _ generator: inout Seeded, _ body: @escaping @Sendable () -> Void) {
            let turns = Int.random(in: 0..<200, using: &generator)
            loop.execute {
                let passed = Mutex(0)
                for _ in 0..<turns { passed.withLock { $0 += 1 } }
                body()
            }
        }
    }

    private static func rounds(
        _ round: (Loops, inout Seeded) async throws -> Void
    ) async throws {
        let loops = Loops()
        var generator = Seeded(state: loops.seed)
        for _ in 0..<RaceTests.rounds { try await round(loops, &generator) }
        try await loops.stop()
    }

    private static func request(_ method: String, _ id: Int) -> String {
        #"{"jsonrpc":"2.0","method":"\#(method)","id":\#(id)}"#
    }

    @Test func `What arrives as a handler calls its client begins after what the call lets start`() async throws {
        try await Self.rounds { loops, generator in
            let notes = Notes()
            let gate = Gate()
            let rpc = RPCEndpoint()
            let elsewhere = LoopExecutor.shared(by: loops.others[0])
            rpc.method("block") { call in
                // Counts as the handler.
                let asking = Task(executorPreference: elsewhere) {
                    await gate.pass()
                    _ = try? await call.session.call("x", as: JSON.self)
                }
                await asking.value
            }
            for name in ["a", "b", "c"] { rpc.method(name, .concurrent) { _ in notes.add(name) } }
            let harness = Harness(rpc)
            let client = try await loops.own.submit {
                let client = harness.connect(executor: loops.executor)
                for (id, name) in ["block", "a", "b"].enumerated() { client.send(Self.request(name, id)) }
                return client
            }.get()
            while gate.waiting == 0 { await Task.yield() }
            loops.later(on: loops.others[0], &generator) { gate.open() }
            loops.later(on: loops.own, &generator) { client.send(Self.request("c", 9)) }
            await notes.wait(for: 3)
            #expect(notes.all == ["a", "b", "c"])
            try await loops.own.submit { client.send(Self.request("closeSession", 10)) }.get()
        }
    }

    /// Keeps requests called `keep`, and notes the others.
    private final class Keeper: RPCHandler {
        let kept = Mutex<[Transaction]>([])
        let notes = Notes()

        func handle(_ request: RPCRequest, _ transaction: Transaction) async throws {
            guard request.method == "keep" else { return notes.add(request.method) }
            transaction.startAsync()
            kept.withLock { $0.append(transaction) }
        }
    }

    @Test func `Requests that answers on two threads make room for begin in the order they came`() async throws {
        try await Self.rounds { loops, generator in
            let handler = Keeper()
            var options = RPCOptions(concurrency: .concurrent, limits: .init())
            options.limits?.running = 2
            let harness = Harness(handler, options)
            let client = try await loops.own.submit {
                let client = harness.connect(executor: loops.executor)
                for (id, name) in ["keep", "keep", "a", "b"].enumerated() { client.send(Self.request(name, id)) }
                return client
            }.get()
            let kept = handler.kept.withLock { kept in
                defer { kept = [] }
                return kept
            }
            #expect(kept.count == 2)
            for (loop, transaction) in zip(loops.others, kept) {
                loops.later(on: loop, &generator) { try? transaction.sendResponse(1) }
            }
            await handler.notes.wait(for: 2)
            #expect(handler.notes.all == ["a", "b"])
            try await loops.own.submit { client.send(Self.request("closeSession", 10)) }.get()
        }
    }
}
