// SPDX-License-Identifier: Apache-2.0
internal import HoldfastClient
internal import Synchronization
internal import UnixSignals

/// Makes the connections and the calls of a bench, and counts.
final class Bench: Sendable {
    /// Connections being made at once, few enough for a server's backlog.
    private static let connectsAtOnce = 64

    private let plan: BenchPlan
    private let makeClient: @Sendable () throws -> RPCClient
    private let clock = ContinuousClock()
    private let tally = Mutex(BenchTally())
    private let nextNumber = Mutex(0)

    init(plan: BenchPlan, makeClient: @escaping @Sendable () throws -> RPCClient) {
        self.plan = plan
        self.makeClient = makeClient
    }

    /// Runs until the plan's end or a signal.
    ///
    /// - Throws: ``Failure`` when no connection can be made.
    func run(until signals: some AsyncSequence<UnixSignal, Never> & Sendable) async throws -> BenchReport {
        let wasInterrupted = try await withThrowingTaskGroup(of: Bool?.self) { group in
            group.addTask {
                for await _ in signals { return true }
                return nil
            }
            group.addTask { [self] in
                await BenchProgress(plan: plan).show(clock) { tally.withLock { $0 } }
                return nil
            }
            group.addTask { [self] in
                try await measure()
                return false
            }
            defer { group.cancelAll() }
            while let outcome = try await group.next() {
                if let outcome { return outcome }
            }
            return false
        }
        return BenchReport(plan: plan, tally: tally.withLock { $0 }, wasInterrupted: wasInterrupted)
    }

    private func measure() async throws {
        let clients = await connect()
        if clients.isEmpty, let error = tally.withLock({ $0.connectError }) { throw Failure(error, url: plan.url) }
        let begin = clock.now
        tally.withLock { tally in
            tally.begin = begin
            tally.transport = clients.first?.transport
        }
        await withDiscardingTaskGroup { group in
            for (number, client) in clients.enumerated() {
                for _ in 0..<plan.inFlight {
                    group.addTask { [self] in await callAgainAndAgain(client, number, begin) }
                }
            }
        }
        tally.withLock { tally in
            let elapsed = clock.now - begin
            // With a rate the last call is due before the end.
            let isWhole = !Task.isCancelled && tally.lost.count < clients.count
            tally.elapsed = isWhole ? max(elapsed, plan.duration) : elapsed
        }
        await withDiscardingTaskGroup { group in
            for client in clients {
                group.addTask { await client.close(sendCloseMessage: true) }
            }
        }
    }

    // MARK: Connections

    private func connect() async -> [RPCClient] {
        await withTaskGroup(of: RPCClient?.self) { group in
            var clients: [RPCClient] = []
            for number in 0..<plan.connections {
                if number >= Self.connectsAtOnce, let client = await group.next() ?? nil { clients.append(client) }
                group.addTask { [self] in await connectOne() }
            }
            for await client in group {
                if let client { clients.append(client) }
            }
            return clients
        }
    }

    private func connectOne() async -> RPCClient? {
        let start = clock.now
        do {
            let client = try makeClient()
            try await client.connect()
            tally.withLock { $0.connects.record(clock.now - start) }
            return client
        } catch is CancellationError {
            return nil
        } catch {
            tally.withLock { tally in
                tally.unmade += 1
                if tally.connectError == nil { tally.connectError = error as? RPCClientError }
            }
            return nil
        }
    }

    // MARK: Calls

    private func callAgainAndAgain(_ client: RPCClient, _ number: Int, _ begin: ContinuousClock.Instant) async {
        let end = begin + plan.duration
        while !Task.isCancelled, let start = await nextStart(begin), clock.now < end {
            tally.withLock { $0.sent += 1 }
            do {
                _ = try await client.call(plan.method, plan.params, timeout: plan.timeout)
                let latency = clock.now - start
                tally.withLock { $0.latencies.record(latency) }
            } catch is CancellationError {
                return
            } catch {
                tally.withLock { $0.recordFailure(error) }
                guard BenchTally.Cause(error) != .connection else {
                    if await connectAgain(client, number) { continue }
                    return
                }
            }
        }
    }

    /// Waits until the next call is due.
    ///
    /// - Returns: since when its latency counts; `nil` when none is due any more.
    private func nextStart(_ begin: ContinuousClock.Instant) async -> ContinuousClock.Instant? {
        guard let rate = plan.rate else { return clock.now }
        let number = nextNumber.withLock { number in
            defer { number += 1 }
            return number
        }
        guard let due = plan.due(number, rate: rate) else { return nil }
        let start = begin + due
        guard start > clock.now else { return start }
        do {
            try await clock.sleep(until: start, tolerance: .zero)
            return start
        } catch {
            return nil
        }
    }

    private func connectAgain(_ client: RPCClient, _ number: Int) async -> Bool {
        do {
            try await client.connect()
            return true
        } catch {
            tally.withLock { tally in
                tally.lost.insert(number)
                if tally.connectError == nil { tally.connectError = error as? RPCClientError }
            }
            return false
        }
    }
}
