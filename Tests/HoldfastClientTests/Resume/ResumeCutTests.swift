// SPDX-License-Identifier: Apache-2.0
import HoldfastTesting
import Synchronization
import TestSupport
import Testing

/// Cuts at random bytes of real connections, half-open links, and transports that close and open, while both sides talk.
@Suite(.timeLimit(.minutes(30))) struct ResumeCutTests {
    /// What carries a client's session.
    struct Way: Sendable, CustomTestStringConvertible {
        /// The transports of the client, best first.
        let transports: [Transport]

        var testDescription: String { transports.reversed().map(\.description).joined(separator: " to ") }

        static let all: [Way] = {
            let single = RPCClientConfiguration.supportedTransports
            let pairs = single.flatMap { from in single.filter { $0 != from }.map { Way(transports: [$0, from]) } }
            return single.map { Way(transports: [$0]) } + pairs
        }()
    }

    private static let clients = 2
    private static let cuts = (PairTests.number("HOLDFAST_RESUME_CUTS") ?? 270) / (Way.all.count * clients)

    @Test(arguments: Way.all) func `Wherever links break, nothing is lost, nothing comes twice, all comes in order`(
        way: Way
    ) async throws {
        let moves = try await withThrowingTaskGroup(of: Int.self) { group in
            for client in 0..<Self.clients {
                group.addTask {
                    let resume = ResumeServer()
                    let seed = UInt64(PairTests.first * 1000 + client)
                    return try await withTestServer(resume.makeApplication) { server in
                        var run = ResumeRun(way, client, resume, server, seed: seed)
                        return try await run.go(cuts: Self.cuts)
                    }
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(way.transports.count == 1 || moves > Self.clients * (Self.cuts / 10))
    }
}

/// One client and what breaks its links.
private struct ResumeRun {
    let way: ResumeCutTests.Way
    let number: Int
    let resume: ResumeServer
    let server: TestServer
    let place: String
    private let asked = Noted<Int>()
    private let events = Noted<RPCClientEvent>()
    private var generator: Seeded

    init(_ way: ResumeCutTests.Way, _ number: Int, _ resume: ResumeServer, _ server: TestServer, seed: UInt64) {
        self.way = way
        self.number = number
        self.resume = resume
        self.server = server
        place = "HOLDFAST_RESUME_SEED=\(seed / 1000), client \(number), \(way.testDescription)"
        generator = Seeded(state: seed)
    }

    /// Returns how often the session has moved.
    mutating func go(cuts: Int) async throws -> Int {
        let cutter = try await LinkCutter.start(to: server)
        let transports = way.transports
        let client = try server.makeClient(to: "/rpc", through: cutter) {
            $0.transports = transports
            $0.heartbeat = .milliseconds(500)
            $0.probeDelay = .milliseconds(20)
            $0.bufferedNotifications = 1 << 20
        }
        client.method("ask") { [asked] (params: Int) in
            asked.add(params)
            return params + 1
        }
        let notifications = client.notifications
        let told = Task {
            var numbers: [Int] = []
            for await notification in notifications { numbers.append(notification.params[0]?.int ?? -1) }
            return numbers
        }
        client.onEvent { [events] in events.add($0) }
        while !client.isConnected { try? await client.connect() }
        let session = client.sessionID
        var next = 0
        for cut in 0..<cuts {
            if cut % 10 == 0, way.transports.count > 1 {
                try await move(client, cutter, from: next, cut)
                next += 10
            }
            try await breakLinks(cutter, client)
            repeat {
                try await exchange(client, from: next, cut)
                next += 10
            } while await cutter.isArmed
        }
        await cutter.update { $0 = .init() }
        resume.forbid([])
        try await exchange(client, from: next, cuts)
        next += 10
        // Behind all the others.
        _ = try await client.call("sum", [number, -1], as: Int.self)
        #expect(resume.ups(number) == Array(0..<next), "\(place)")
        #expect(asked.all.sorted() == stride(from: 0, to: next, by: 10).flatMap { [$0, $0 + 1] }, "\(place)")
        #expect(resume.servedTwice.isEmpty, "\(place)")
        #expect(client.sessionID == session, "\(place)")
        #expect(!events.all.contains(.reconnected(sameServer: false)), "\(place)")
        await client.close()
        await cutter.close()
        #expect(await told.value == Array(0..<resume.downs(number)), "\(place)")
        return events.all.count { if case .transportChanged = $0 { true } else { false } }
    }

    /// Has the session fall back, and move to the better transport while both sides talk.
    private func move(_ client: RPCClient, _ cutter: LinkCutter, from first: Int, _ cut: Int) async throws {
        let events = client.events
        resume.forbid([way.transports[0]])
        if client.transport != way.transports[1] {
            await cutter.update { $0.refusesLinks = true }
            await cutter.cut()
            await wait(for: .reconnecting, in: events)
            await cutter.update { $0.refusesLinks = false }
            await wait(for: .reconnected(sameServer: true), in: events)
        }
        resume.forbid([])
        async let exchanged: Void = exchange(client, from: first, cut)
        await wait(for: .transportChanged(way.transports[0]), in: events)
        try await exchanged
    }

    /// Has something break soon.
    private mutating func breakLinks(_ cutter: LinkCutter, _ client: RPCClient) async throws {
        if way.transports.count > 1 {
            resume.forbid(Bool.random(using: &generator) ? [way.transports[0]] : [])
        }
        switch Int.random(in: 0..<20, using: &generator) {
        case 0:
            // Nothing gets through, and nobody is told; then all of it arrives.
            let events = client.events
            await cutter.update { $0.isHeld = true }
            await wait(for: .reconnecting, in: events)
            await cutter.update { $0.isHeld = false }
        case 1: await cutter.cut()
        case 2...3:
            let delay = Int.random(in: 0...3, using: &generator)
            await cutter.update { $0.delay = .milliseconds(delay) }
            fallthrough
        default:
            let direction: LinkDirection = Bool.random(using: &generator) ? .toServer : .toClient
            await cutter.cut(after: Int.random(in: 1...1500, using: &generator), direction)
        }
    }

    private func exchange(_ client: RPCClient, from first: Int, _ cut: Int) async throws {
        let place = "\(place), cut \(cut)"
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [number] in
                for offset in 0..<10 { try await client.notify("up", [number, first + offset]) }
            }
            group.addTask { [number] in
                for offset in 0..<2 {
                    let sum = try await client.call("sum", [number, first + offset], as: Int.self)
                    #expect(sum == first + offset + 1, "\(place)")
                }
            }
            group.addTask { [number] in
                for offset in 0..<2 {
                    let answer = try await client.call("askMe", [number, first + offset], as: Int.self)
                    #expect(answer == first + offset + 1, "\(place)")
                }
            }
            group.addTask { [number] in _ = try await client.call("pull", [number, 5], as: JSON.self) }
            try await group.waitForAll()
        }
    }
}

/// What was seen, in order.
private final class Noted<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])

    func add(_ element: Element) { elements.withLock { $0.append(element) } }

    var all: [Element] { elements.withLock { $0 } }
}
