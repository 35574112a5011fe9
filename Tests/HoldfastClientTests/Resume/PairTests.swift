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
        var (returns, moves) = (0, 0)
        for seed in Self.first..<Self.first + Self.count {
            let pair = Pair(seed: UInt64(seed))
            if let failure = run(pair) {
                let again = Pair(seed: UInt64(seed), isLogged: true)
                _ = run(again)
                Issue.record("HOLDFAST_RESUME_SEED=\(seed): \(failure)\n\(again.log.joined(separator: "\n"))")
                return
            }
            // Whoever waited for an answer goes on in a turn of its own.
            while pair.answered.count < pair.askedCount { await Task.yield() }
            #expect(!pair.answered.contains(-1), "seed \(seed)")
            returns += pair.events.count { $0 == .reconnected(sameServer: true) }
            moves += pair.moves
        }
        print("\(Self.count) schedules from seed \(Self.first): \(returns) returns, \(moves) moves")
        // Otherwise it shows nothing.
        #expect(returns > Self.count)
        #expect(moves > Self.count / 2)
    }

    /// Runs a schedule; returns what was wrong.
    private func run(_ pair: Pair) -> String? {
        for step in 0..<Self.steps {
            pair.step()
            guard isPrefix(pair) else { return "step \(step): up \(pair.served), down \(pair.received)" }
        }
        pair.calm()
        let lost = pair.events.filter(isLoss)
        guard pair.isQuiet, isPrefix(pair), pair.failures.isEmpty, lost.isEmpty else {
            return "\(pair.served.count) of \(pair.sentUp) went up, \(pair.received.count) of \(pair.sentDown) down, "
                + "\(pair.failures) \(lost)"
        }
        return nil
    }

    private func isPrefix(_ pair: Pair) -> Bool {
        pair.served.elementsEqual(0..<pair.served.count) && pair.served.count <= pair.sentUp
            && pair.received.elementsEqual(0..<pair.received.count) && pair.received.count <= pair.sentDown
    }

    private func isLoss(_ event: RPCClientEvent) -> Bool {
        switch event {
        case .gap, .disconnected, .reconnected(sameServer: false): true
        default: false
        }
    }
}
