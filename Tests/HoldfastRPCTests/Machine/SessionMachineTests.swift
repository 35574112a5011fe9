// SPDX-License-Identifier: Apache-2.0
import Foundation
import HoldfastTransport
import TestSupport
import Testing

@testable import HoldfastRPC

/// The session's machine by itself: everything that can happen, in every order.
@Suite(.timeLimit(.minutes(5))) struct SessionMachineTests {
    private var limits: Limits.RPC {
        var limits = Limits.RPC()
        limits.running = 2
        limits.waiting = 2
        limits.pendingCalls = 2
        limits.outbox = QueueLimits(messages: 6, bytes: 1 << 10)
        return limits
    }

    /// How often a step may be taken in one history: two links, four messages, three cuts.
    private func budget(_ step: SessionModel.Step) -> Int {
        switch step {
        case .cut: 3
        case .notify, .request: 2
        case .attach, .take: 3
        default: 1
        }
    }

    private struct Kind: Hashable {
        let name: String

        init(_ step: SessionModel.Step) {
            name = String("\(step)".prefix { $0 != "(" })
        }
    }

    @Test func `Everything that can happen in a few steps keeps the rules`() async throws {
        let stage = Stage(links: 2, requests: 16)
        var histories = 0
        func search(_ model: SessionModel, depth: Int, _ used: [Kind: Int]) async throws {
            histories += 1
            // Others want to run too.
            if histories % 512 == 0 { await Task.yield() }
            guard depth > 0 else { return }
            for step in model.enabled where used[Kind(step), default: 0] < budget(step) {
                var next = model
                try next.perform(step)
                var used = used
                used[Kind(step), default: 0] += 1
                try await search(next, depth: depth - 1, used)
            }
        }
        var attached = SessionModel(stage, links: 2, limits: limits)
        try attached.perform(.attach(0))
        let depth = ProcessInfo.processInfo.environment["HOLDFAST_MACHINE_DEPTH"].flatMap { Int($0) } ?? 4
        try await search(attached, depth: depth, [:])
        #expect(histories > 1_000)
    }

    @Test func `Long histories keep the rules`() async throws {
        let environment = ProcessInfo.processInfo.environment
        let count = environment["HOLDFAST_MACHINE_SCHEDULES"].flatMap { Int($0) } ?? 1_000
        let seed = environment["HOLDFAST_MACHINE_SEED"].flatMap { UInt64($0) } ?? .random(in: 0 ... .max)
        print("HOLDFAST_MACHINE_SEED=\(seed) HOLDFAST_MACHINE_SCHEDULES=\(count)")
        let stage = Stage(links: 6, requests: 200)
        var generator = Seeded(state: seed)
        for _ in 0..<count {
            await Task.yield()
            var model = SessionModel(stage, links: 6, limits: limits)
            for _ in 0..<120 {
                // The end is rare, or nothing else would be seen.
                let steps = model.enabled.filter { step in
                    if case .end = step { Int.random(in: 0..<200, using: &generator) == 0 } else { true }
                }
                guard let step = steps.randomElement(using: &generator) else { break }
                try model.perform(step)
            }
        }
    }
}
