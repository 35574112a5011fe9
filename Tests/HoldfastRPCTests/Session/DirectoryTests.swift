// SPDX-License-Identifier: Apache-2.0
import HoldfastTransport
import NIOCore
import Synchronization
import Testing

@testable import HoldfastRPC

/// Sessions that have to be asked for before anybody knows where they are.
@Suite(.timeLimit(.minutes(1))) struct DirectoryTests {
    /// Knows nothing until it is asked, and answers when it is told to.
    final class Asked: SessionDirectory {
        let gate = Gate()
        let local = LocalSessionDirectory()

        func location(of id: String) -> SessionLocation? { nil }

        func locate(_ id: String) async -> SessionLocation {
            await gate.pass()
            return local.location(of: id) ?? .unknown
        }

        func add(_ session: RPCSession, limit: Int) -> Bool { local.add(session, limit: limit) }
        func remove(_ session: RPCSession) { local.remove(session) }

        func bury(_ tombstone: Tombstone, of id: String, _ now: Duration) {}
        var count: Int { local.count }
        var all: [RPCSession] { local.all }
    }

    private let directory = Asked()

    private func harness() -> Harness {
        let rpc = RPCEndpoint()
        rpc.method("echo") { (params: JSON, _) in params }
        return Harness(rpc, directory: directory)
    }

    private func request(_ id: Int, _ params: String = "{}") -> String {
        #"{"jsonrpc":"2.0","method":"echo","params":\#(params),"id":\#(id)}"#
    }

    private func ids(_ messages: [String]) -> [Int?] {
        messages.map { (try? JSON(parsing: $0))?["id"]?.int }
    }

    @Test func `What comes while a session is looked for waits, and is taken in its order`() async throws {
        let harness = harness()
        let first = harness.connect()
        let id = try #require(sessionID(in: first.exchange(SessionLifeTests.connect).last))
        let second = harness.connect()
        second.send(SessionLifeTests.connect(id, 1))
        for number in 2...5 { second.send(request(number)) }
        #expect(second.take() == [])
        directory.gate.open()
        let answers = await second.wait(for: 5)
        #expect(ids(answers) == [1, 2, 3, 4, 5])
        #expect(answers.allSatisfy { sessionID(in: $0) == id })
        // Each message that names another session is looked for in turn.
        let other = harness.connect()
        let otherID = try #require(sessionID(in: other.exchange(SessionLifeTests.connect).last))
        second.send(request(6, #"{"sessionId":"\#(otherID)"}"#))
        second.send("[\(request(7, #"{"sessionId":"\#(otherID)"}"#)),\(request(8))]")
        second.send(request(9))
        let more = await second.wait(for: 3)
        #expect(more.count == 3)
        #expect(ids([more[0], more[2]]) == [6, 9])
        #expect(sessionID(in: more[0]) == otherID)
    }

    @Test func `Nothing more is read meanwhile, and who leaves is forgotten`() async throws {
        let harness = harness()
        let client = harness.connect()
        client.send(SessionLifeTests.connect(RandomID.make(), 0))
        for number in 1...100 { client.send(request(number)) }
        let leaver = harness.connect()
        leaver.send(SessionLifeTests.connect(RandomID.make()))
        leaver.cut()
        #expect(harness.service.sessionCount == 0)
        directory.gate.open()
        let answers = await client.wait(for: 101)
        #expect(ids(answers) == (0...100).map { $0 })
        #expect(answers.first?.contains("40007") == true)
        #expect(harness.service.sessionCount == 1)
    }

    @Test func `What is held is bounded`() {
        var held = HeldMessages()
        for _ in 1...HeldMessages.limits.messages { #expect(held.add("x") == .held) }
        #expect(held.add("x") == .full)
        var big = HeldMessages()
        #expect(big.add(Message(String(repeating: "x", count: HeldMessages.limits.bytes))) == .held)
        #expect(big.add("x") == .full)
    }

    @Test func `A POST is answered when its session has been found`() async throws {
        let harness = harness()
        let owner = harness.connect()
        let id = try #require(sessionID(in: owner.exchange(SessionLifeTests.connect).last))
        let post = Task { await harness.post(request(1, #"{"sessionId":"\#(id)"}"#)) }
        while directory.gate.waiting == 0 { await Task.yield() }
        directory.gate.open()
        #expect(sessionID(in: await post.value) == id)
    }
}
