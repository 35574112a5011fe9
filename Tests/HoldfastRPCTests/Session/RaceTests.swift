// SPDX-License-Identifier: Apache-2.0
import HoldfastRPC
import HoldfastTransport
import Synchronization
import Testing

/// What several threads may do to a session at once; most telling under the thread sanitizer.
@Suite(.timeLimit(.minutes(1))) struct RaceTests {
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
