// SPDX-License-Identifier: Apache-2.0
import Foundation
import HoldfastTransport
import TestSupport
import Testing

@testable import HoldfastRPC

/// Both sides of a session that loses nothing, over links that break: everything that can happen, in every order.
@Suite(.timeLimit(.minutes(5))) struct ResumeMachineTests {
    private var limits: Limits.RPC {
        var limits = Limits.RPC()
        limits.running = 2
        limits.waiting = 3
        limits.outbox = QueueLimits(messages: 6, bytes: 1 << 10)
        return limits
    }

    private func budget(_ step: ResumeModel.Step) -> Int {
        switch step {
        case .cut: 3
        case .connect: 2
        case .notify, .ask: 2
        case .advance: 1
        default: 6
        }
    }

    @Test func `Whatever breaks in a few steps, nothing is lost, repeated or out of order`() async throws {
        let stage = Stage(links: 8, requests: 8)
        var histories = 0
        func search(_ model: ResumeModel, depth: Int, _ used: [String: Int]) async throws {
            histories += 1
            if histories % 512 == 0 { await Task.yield() }
            guard depth > 0 else {
                var model = model
                return try model.settle()
            }
            for step in model.enabled {
                let name = String("\(step)".prefix { $0 != "(" })
                guard used[name, default: 0] < budget(step) else { continue }
                var next = model
                try next.perform(step)
                try await search(next, depth: depth - 1, used.merging([name: 1]) { $0 + $1 })
            }
        }
        let depth = ProcessInfo.processInfo.environment["HOLDFAST_MACHINE_DEPTH"].flatMap { Int($0) } ?? 4
        try await search(ResumeModel(stage, links: 3, limits: limits), depth: depth, [:])
        #expect(histories > 1_000)
    }

    @Test func `Long histories lose, repeat and reorder nothing`() async throws {
        let environment = ProcessInfo.processInfo.environment
        // Both sides and their links: a history takes five times as long as the server's alone.
        let count = (environment["HOLDFAST_MACHINE_SCHEDULES"].flatMap { Int($0) } ?? 5_000) / 5
        let seed = environment["HOLDFAST_MACHINE_SEED"].flatMap { UInt64($0) } ?? .random(in: 0 ... .max)
        print("HOLDFAST_MACHINE_SEED=\(seed) HOLDFAST_MACHINE_SCHEDULES=\(count * 5)")
        let stage = Stage(links: 40, requests: 60)
        var generator = Seeded(state: seed)
        var received = 0
        var missing = 0
        for _ in 0..<count {
            await Task.yield()
            var model = try ResumeModel(stage, links: 30, limits: limits)
            for _ in 0..<150 {
                // Links that break at once carry nothing, and what never arrives is never seen.
                let steps = model.enabled.filter { step in
                    switch step {
                    case .cut: Int.random(in: 0..<24, using: &generator) == 0
                    case .connect: Int.random(in: 0..<12, using: &generator) == 0
                    case .notify, .ask, .advance: Int.random(in: 0..<3, using: &generator) == 0
                    default: true
                    }
                }
                guard let step = steps.randomElement(using: &generator) else { continue }
                try model.perform(step)
            }
            try model.settle()
            received += model.received
            missing += model.missing
        }
        print("\(received) messages received, \(missing) named as missing")
        #expect(received > count * 10)
        #expect(missing > count / 10)
    }
}
