// SPDX-License-Identifier: Apache-2.0
import Foundation
import HoldfastTransport
import Testing

@testable import HoldfastClient

/// The client's machine and the server's sessions against each other, over a network that does all it can.
@Suite(.timeLimit(.minutes(10))) struct PairTests {
    static let first = number("HOLDFAST_RESUME_SEED") ?? 1
    static let count = number("HOLDFAST_RESUME_SCHEDULES") ?? 2000
    static let steps = 200

    static func number(_ name: String) -> Int? {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
    }

    @Test func `Whatever happens to the links, each side gets what the other has said, once and in order`() async {
        let (returns, moves, _) = await run(Self.count, .none)
        // Otherwise it shows nothing.
        #expect(returns > Self.count)
        #expect(moves > Self.count / 2)
    }

    @Test func `A client that is killed at any moment comes back, and what it had taken arrives once and in order`()
        async
    {
        let (_, _, kills) = await run(Self.count / 4, .kills)
        #expect(kills > Self.count / 4)
    }

    @Test func `What a server has no room for is named, and all else arrives once and in order`() async {
        let (_, _, gaps) = await run(Self.count / 8, .overflow)
        #expect(gaps > Self.count / 16)
    }

    /// Runs schedules; returns how often the client came back, moved, and was in trouble.
    private func run(_ count: Int, _ trouble: Pair.Trouble) async -> (Int, Int, Int) {
        var (returns, moves, troubles) = (0, 0, 0)
        for seed in Self.first..<Self.first + count {
            let pair = Pair(seed: UInt64(seed), trouble)
            if let failure = run(pair) {
                let again = Pair(seed: UInt64(seed), trouble, isLogged: true)
                _ = run(again)
                let log = again.log.joined(separator: "\n")
                Issue.record("HOLDFAST_RESUME_SEED=\(seed), \(trouble): \(failure)\n\(log)")
                break
            }
            // Whoever waited for an answer goes on in a turn of its own.
            while pair.answered.count < pair.askedDown.count { await Task.yield() }
            #expect(pair.kills > 0 || !pair.answered.contains(-1), "seed \(seed)")
            returns += pair.events.count { $0 == .reconnected(sameServer: true) }
            moves += pair.moves
            troubles += pair.kills + pair.missing.count
        }
        print(
            "\(count) schedules from seed \(Self.first), \(trouble): \(returns) returns, \(moves) moves, \(troubles) troubles"
        )
        return (returns, moves, troubles)
    }

    /// Runs a schedule; returns what was wrong.
    private func run(_ pair: Pair) -> String? {
        for step in 0..<Self.steps {
            pair.step()
            guard isOrdered(pair) else { return "step \(step): up \(pair.served), down \(pair.received)" }
        }
        pair.calm()
        let lost = pair.events.filter(isLoss)
        guard pair.isQuiet, isOrdered(pair), pair.failures.isEmpty, lost.isEmpty else {
            return
                "up \(pair.served) of \(pair.sentUp), down \(pair.received) of \(pair.sentDown), missing \(pair.missing.sorted()), "
                + "\(pair.failures) \(lost)"
        }
        return nil
    }

    /// Whether nothing is lost so far, nothing repeated, and nothing out of order.
    private func isOrdered(_ pair: Pair) -> Bool {
        // What a killed program had not taken is missing, and so is a request that it may have begun to serve.
        let up = zip(pair.served, pair.served.dropFirst())
        guard pair.kills > 0 ? up.allSatisfy({ $0 < $1 }) : pair.served.elementsEqual(0..<pair.served.count) else {
            return false
        }
        var expected = pair.receivedBefore.isEmpty ? 0 : pair.received.first ?? 0
        guard expected == 0 || (0..<expected).allSatisfy({ isExcused($0, pair) }) else { return false }
        for number in pair.received {
            while expected < number, isExcused(expected, pair) { expected += 1 }
            guard number == expected else { return false }
            expected += 1
        }
        return true
    }

    private func isExcused(_ number: Int, _ pair: Pair) -> Bool {
        pair.missing.contains(number) || pair.receivedBefore.contains(number)
            || pair.kills > 0 && pair.askedDown.contains(number)
    }

    private func isLoss(_ event: RPCClientEvent) -> Bool {
        switch event {
        case .disconnected, .reconnected(sameServer: false): true
        default: false
        }
    }
}
