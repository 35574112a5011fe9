// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import HoldfastCLI

/// When calls are due.
@Suite struct BenchPlanTests {
    private func plan(rate: Double?, _ duration: Duration) -> BenchPlan {
        BenchPlan(
            url: "ws://h/",
            method: "echo",
            params: nil,
            connections: 1,
            inFlight: 1,
            rate: rate,
            duration: duration,
            timeout: .seconds(1)
        )
    }

    @Test func `Calls are due at even times until the end`() {
        let plan = plan(rate: 4, .seconds(1))
        #expect(plan.due(0, rate: 4) == .zero)
        #expect(plan.due(3, rate: 4) == .milliseconds(750))
        #expect(plan.due(4, rate: 4) == nil)
    }

    @Test(arguments: [(0, 0), (1, 1), (250, 1), (251, 2), (1000, 4), (5000, 4)])
    func `As many calls are due as have come up`(milliseconds: Int, expected: Int) {
        #expect(plan(rate: 4, .seconds(1)).dueCount(within: .milliseconds(milliseconds)) == expected)
    }

    @Test func `Without a rate none is due`() {
        #expect(plan(rate: nil, .seconds(1)).dueCount(within: .seconds(1)) == 0)
    }

    @Test func `Due times and their count agree`() {
        for rate in [0.1, 0.3, 1, 7, 333.3, 1_000_000] {
            let plan = plan(rate: rate, .milliseconds(300))
            var count = 0
            while plan.due(count, rate: rate) != nil, count < 1_000_000 { count += 1 }
            #expect(plan.dueCount(within: .seconds(1)) == count)
        }
    }
}
