// SPDX-License-Identifier: Apache-2.0
import Foundation
import HoldfastTransport
import Synchronization
import Testing

@testable import HoldfastRPC

/// What several threads may do to a session at once; most telling under the thread sanitizer.
///
/// `HOLDFAST_RACES` sets how often each race is run.
@Suite(.timeLimit(.minutes(10))) struct RaceTests {
    static let rounds = ProcessInfo.processInfo.environment["HOLDFAST_RACES"].flatMap { Int($0) } ?? 500

    /// Does two things at once, on two threads; which comes first, and by how much, differs from round to round.
    private static func race(
        _ round: Int,
        _ one: @escaping @Sendable () async -> Void,
        _ other: @escaping @Sendable () async -> Void
    ) async {
        let head = round / 2 % 64 * 64
        await withTaskGroup { group in
            for (isLate, body) in [(round % 2 == 0, one), (round % 2 == 1, other)] {
                group.addTask {
                    let passed = Mutex(0)
                    if isLate { for _ in 0..<head { passed.withLock { $0 += 1 } } }
                    await body()
                }
            }
        }
    }

    @Test func `Two clients that fight for a session leave it to one that lives, or to nobody`() async throws {
        let harness = Harness(KurentoInventoryTests.NewSessionHandler())
        for _ in 0..<Self.rounds {
            let first = harness.connect()
            let id = try #require(sessionID(in: first.exchange(SessionLifeTests.connect).last))
            let rivals = [harness.connect(), harness.connect()]
            await withTaskGroup { group in
                for rival in rivals { group.addTask { rival.send(SessionLifeTests.connect(id)) } }
                group.addTask { rivals[0].cut() }
                group.addTask { first.cut() }
            }
            guard case .local(let session) = harness.service.directory.location(of: id) else { continue }
            let (attached, isAway) = session.withMachine { ($0.link?.attachment.connection, $0.away != nil) }
            #expect((attached != nil) != isAway)
            #expect(attached?.closeReason == nil)
            rivals[1].cut()
            #expect(session.withMachine { $0.away != nil })
        }
        harness.scheduler.advance(by: .seconds(10))
        #expect(harness.service.sessionCount == 0)
        #expect(harness.scheduler.pendingCount == 0)
    }

    @Test func `A client that was told it is back is back, however near the end was`() async throws {
        let harness = Harness(KurentoInventoryTests.NewSessionHandler())
        for _ in 0..<Self.rounds {
            let first = harness.connect()
            let id = try #require(sessionID(in: first.exchange(SessionLifeTests.connect).last))
            first.cut()
            harness.scheduler.advance(by: .seconds(10) - .nanoseconds(1))
            let again = harness.connect()
            await withTaskGroup { group in
                group.addTask { again.send(SessionLifeTests.connect(id)) }
                group.addTask { harness.scheduler.advance(by: .nanoseconds(1)) }
            }
            let isBack = again.take().last?.contains("successful") == true
            let answer = again.exchange(#"{"jsonrpc":"2.0","method":"any","id":1}"#).last
            #expect((sessionID(in: answer) == id) == isBack)
            again.send(#"{"jsonrpc":"2.0","method":"closeSession"}"#)
        }
        #expect(harness.service.sessionCount == 0)
    }

    @Test func `A session that one client closes and another takes over has ended or moved, and who asked hears of it`()
        async throws
    {
        let harness = Harness(KurentoInventoryTests.NewSessionHandler())
        var ended = 0
        for round in 0..<Self.rounds {
            let first = harness.connect()
            let id = try #require(sessionID(in: first.exchange(SessionLifeTests.connect).last))
            let rival = harness.connect()
            await Self.race(
                round,
                { first.send(#"{"jsonrpc":"2.0","method":"closeSession","id":7}"#) },
                { rival.send(SessionLifeTests.connect(id, 8)) }
            )
            let answers = rival.take()
            #expect(!answers.contains { $0.contains("bye") })
            #expect(answers.count == 1)
            let byes = first.take().filter { $0.contains("bye") }
            if case .local(let session) = harness.service.directory.location(of: id) {
                // It was another's already when its first client asked.
                #expect(answers.first?.contains("successful") == true)
                #expect(!session.hasEnded)
                #expect(session.connection === rival.server)
                #expect(rival.closeReason == nil)
                #expect(first.closeReason == CloseReason(.replaced, "replaced"))
                #expect(byes.count <= 1)
                #expect(sessionID(in: rival.exchange(#"{"jsonrpc":"2.0","method":"any","id":1}"#).last) == id)
                rival.send(#"{"jsonrpc":"2.0","method":"closeSession"}"#)
            } else {
                ended += 1
                #expect(byes.count == 1)
                #expect(first.closeReason?.code == .normalClosure)
                #expect(answers.first?.contains("40007") == true)
                #expect(rival.closeReason == nil)
            }
            #expect(harness.service.sessionCount == 0)
        }
        print("ended \(ended), moved \(Self.rounds - ended)")
        #expect(harness.scheduler.pendingCount == 0)
    }

    @Test func `A session that is opened as the service shuts down is closed with the others, or refused`() async throws
    {
        var opened = 0
        for round in 0..<Self.rounds {
            let harness = Harness(RPCEndpoint())
            let client = harness.connect()
            await Self.race(
                round,
                { await harness.service.shutdown() },
                { client.send(SessionLifeTests.connect) }
            )
            let answer = client.take().first
            if sessionID(in: answer) != nil {
                opened += 1
                #expect(client.closeReason?.code == .goingAway)
            } else {
                // Or the end came before the answer.
                #expect(answer?.contains("-32053") ?? (client.closeReason?.code == .goingAway))
            }
            #expect(harness.service.sessionCount == 0)
        }
        print("opened \(opened), refused \(Self.rounds - opened)")
    }

    @Test func `A POST ends, whatever ends it first`() async throws {
        let rpc = RPCEndpoint()
        rpc.method("hold", .concurrent) { (_: JSON, _) in while !Task.isCancelled { await Task.yield() } }
        let harness = Harness(rpc)
        for round in 0..<Self.rounds {
            let owner = harness.connect()
            let id = try #require(sessionID(in: owner.exchange(SessionLifeTests.connect).last))
            let params = round % 2 == 0 ? #"{"sessionId":"\#(id)"}"# : "{}"
            let post = Task { await harness.post(#"{"jsonrpc":"2.0","method":"hold","params":\#(params),"id":1}"#) }
            await withTaskGroup { group in
                group.addTask { post.cancel() }
                group.addTask { owner.send(#"{"jsonrpc":"2.0","method":"closeSession"}"#) }
                group.addTask { _ = await post.value }
            }
        }
        #expect(harness.service.sessionCount == 0)
    }

    @Test func `A call ends once, whatever ends it first`() async throws {
        let sessions = Mutex<RPCSession?>(nil)
        let rpc = RPCEndpoint()
        rpc.onOpen { session in sessions.withLock { $0 = session } }
        let harness = Harness(rpc)
        for _ in 0..<Self.rounds {
            let client = harness.connect()
            client.send(SessionLifeTests.connect)
            let session = try #require(sessions.withLock { $0 })
            client.reply { text in
                guard let id = (try? JSON(parsing: text))?["id"], text.contains(#""method""#) else { return nil }
                return #"{"jsonrpc":"2.0","id":\#(id),"result":1}"#
            }
            let call = Task { try await session.call("x", as: Int.self) }
            await withTaskGroup { group in
                group.addTask { call.cancel() }
                group.addTask { session.close() }
                group.addTask { client.cut() }
                group.addTask { _ = await call.result }
            }
            #expect(session.withMachine { $0.calls.count } == 0)
        }
        #expect(harness.service.sessionCount == 0)
    }

    @Test func manyConnectionsTakeTheSameSessionAndOneKeepsIt() async throws {
        let harness = Harness(KurentoInventoryTests.NewSessionHandler())
        let first = harness.connect()
        let id = try #require(sessionID(in: first.exchange(SessionLifeTests.connect).last))
        let clients = await withTaskGroup(of: Client.self) { group in
            for number in 0..<200 {
                group.addTask {
                    let client = harness.connect()
                    client.send(SessionLifeTests.connect(id, number))
                    return client
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let open = clients.filter { $0.closeReason == nil }
        #expect(open.count == 1)
        #expect(clients.filter { $0.closeReason == CloseReason(.replaced, "replaced") }.count == 199)
        _ = open.first?.take()
        #expect(open.first?.exchange(#"{"jsonrpc":"2.0","method":"any","id":1}"#).last?.contains("old") == true)
        #expect(harness.service.sessionCount == 1)
    }

    @Test func connectionsThatCloseWhileTheyTakeASessionLetItExpire() async throws {
        let harness = Harness(KurentoInventoryTests.NewSessionHandler())
        for _ in 0..<100 {
            let first = harness.connect()
            let id = try #require(sessionID(in: first.exchange(SessionLifeTests.connect).last))
            let second = harness.connect()
            await withTaskGroup { group in
                group.addTask { second.send(SessionLifeTests.connect(id)) }
                group.addTask { second.cut() }
                group.addTask { first.cut() }
            }
        }
        harness.scheduler.advance(by: .seconds(10))
        #expect(harness.service.sessionCount == 0)
        #expect(harness.scheduler.pendingCount == 0)
    }

    @Test func aSessionEndedFromManySidesIsToldOnce() async throws {
        let notes = Notes()
        let opened = Mutex<RPCSession?>(nil)
        let rpc = RPCEndpoint()
        rpc.onOpen { session in opened.withLock { $0 = session } }
        rpc.onClose { _, _ in notes.add("closed") }
        let harness = Harness(rpc)
        for round in 1...100 {
            let client = harness.connect()
            client.send(SessionLifeTests.connect)
            let session = try #require(opened.withLock { $0 })
            await withTaskGroup { group in
                group.addTask { session.close() }
                group.addTask { client.send(#"{"jsonrpc":"2.0","method":"closeSession","id":1}"#) }
                group.addTask { client.cut() }
                group.addTask { try? await session.notify("x") }
            }
            harness.scheduler.advance(by: .seconds(10))
            await notes.wait(for: round)
            #expect(notes.all.count == round)
        }
        #expect(harness.service.sessionCount == 0)
    }

    @Test func requestsFromManyThreadsAreEachAnsweredOnce() async throws {
        let rpc = RPCEndpoint()
        rpc.method("serial") { (p: Int, call) in
            let count = call.session.attributes["count", as: Int.self] ?? 0
            await Task.yield()
            call.session.attributes["count"] = count + 1
            return count
        }
        var options = RPCOptions(limits: .init())
        options.limits?.waiting = 1000
        let harness = Harness(rpc, options)
        let client = harness.connect()
        let id = try #require(sessionID(in: client.exchange(SessionLifeTests.connect).last))
        // Posts come from many threads, unlike the messages of a connection.
        let answers = await withTaskGroup(of: Int?.self) { group in
            for number in 0..<400 {
                group.addTask {
                    let params = #"{"value":\#(number),"sessionId":"\#(id)"}"#
                    let answer = await harness.post(#"{"jsonrpc":"2.0","method":"serial","params":\#(params),"id":1}"#)
                    return answer.flatMap { try? JSON(parsing: $0) }?["result"]?["value"]?.int
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(answers) == Set(0..<400))
    }
}
