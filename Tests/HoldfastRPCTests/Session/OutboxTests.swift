// SPDX-License-Identifier: Apache-2.0
import HoldfastTransport
import Synchronization
import Testing

@testable import HoldfastRPC

@Suite(.timeLimit(.minutes(1))) struct OutboxTests {
    struct Fixture {
        let harness: Harness
        let client: Client
        let session: RPCSession
        let id: String
        let notes = Notes()
        let kept = Kept()

        final class Kept: Sendable {
            let transactions = Mutex<[Transaction]>([])
        }

        final class Handler: RPCHandler {
            let kept: Kept
            let notes: Notes
            let session = Mutex<RPCSession?>(nil)

            init(_ kept: Kept, _ notes: Notes) {
                self.kept = kept
                self.notes = notes
            }

            func connectionEstablished(_ session: RPCSession) async throws { self.session.withLock { $0 = session } }
            func connectionClosed(_ session: RPCSession, status: String) async throws { notes.add("closed \(status)") }
            func handle(_ request: RPCRequest, _ transaction: Transaction) async throws {
                transaction.startAsync()
                kept.transactions.withLock { $0.append(transaction) }
            }
        }

        init(_ outbox: QueueLimits = .init(), link: QueueLimits = .init()) throws {
            var options = RPCOptions(limits: .init())
            options.limits?.outbox = outbox
            let handler = Handler(kept, notes)
            harness = Harness(handler, options)
            client = harness.connect(outbound: link)
            id = try #require(sessionID(in: client.exchange(SessionLifeTests.connect).last))
            session = try #require(handler.session.withLock { $0 })
        }

        func comeBack() -> (Client, [String]) {
            let again = harness.connect()
            return (again, again.exchange(SessionLifeTests.connect(id)))
        }

        func answerAll() {
            for transaction in kept.transactions.withLock({ $0 }) { try? transaction.sendResponse("late") }
            kept.transactions.withLock { $0 = [] }
        }
    }

    private func methods(_ messages: [String]) -> [String] {
        messages.map { text in
            let json = try? JSON(parsing: text)
            return json?["method"]?.string ?? json?["result"]?["value"]?.string ?? text
        }
    }

    @Test func whatIsSentWhileTheClientIsAwayComesAfterTheAnswerToConnectAndInOrder() async throws {
        let fixture = try Fixture()
        fixture.client.send(#"{"jsonrpc":"2.0","method":"any","id":5}"#)
        fixture.client.cut()
        try await fixture.session.notify("one")
        fixture.answerAll()
        try await fixture.session.notify("two")
        let call = Task { [session = fixture.session] in try await session.call("three", as: Int.self) }
        while fixture.session.withMachine({ $0.calls.count }) < 1 { await Task.yield() }
        let (again, messages) = fixture.comeBack()
        try await fixture.session.notify("four")
        #expect(methods(messages + again.take()) == ["reconnection successful", "one", "late", "two", "three", "four"])
        let id = try #require(try JSON(parsing: messages[4])["id"])
        again.send(#"{"jsonrpc":"2.0","id":\#(id),"result":3}"#)
        #expect(try await call.value == 3)
    }

    @Test(arguments: [(2, false), (3, false), (4, true)])
    func notificationsFillThreeQuartersOfTheOutbox(count: Int, throwsError: Bool) async throws {
        let fixture = try Fixture(QueueLimits(messages: 4, bytes: 1 << 20))
        fixture.client.send(#"{"jsonrpc":"2.0","method":"any","id":5}"#)
        fixture.client.cut()
        for _ in 1..<count { try await fixture.session.notify("kept") }
        if throwsError {
            await #expect(throws: RPCSessionError.self) { try await fixture.session.notify("refused") }
        } else {
            try await fixture.session.notify("kept")
        }
        fixture.answerAll()
        let (_, messages) = fixture.comeBack()
        #expect(
            methods(messages) == ["reconnection successful"] + Array(repeating: "kept", count: min(count, 3)) + ["late"]
        )
    }

    @Test(arguments: [(29, false), (30, false), (31, true)])
    func notificationsFillThreeQuartersOfTheOutboxesBytes(length: Int, throwsError: Bool) async throws {
        // `{"method":"","jsonrpc":"2.0"}` has 29 bytes.
        let fixture = try Fixture(QueueLimits(messages: 100, bytes: 120))
        fixture.client.cut()
        try await fixture.session.notify("x")
        let name = String(repeating: "y", count: length + 1)
        if throwsError {
            await #expect(throws: RPCSessionError.self) { try await fixture.session.notify(name) }
        } else {
            try await fixture.session.notify(name)
        }
    }

    @Test(arguments: [(4, false), (5, true)])
    func moreAnswersThanTheOutboxHoldsEndTheSession(count: Int, ends: Bool) async throws {
        let fixture = try Fixture(QueueLimits(messages: 4, bytes: 1 << 20))
        for id in 0..<count { fixture.client.send(#"{"jsonrpc":"2.0","method":"any","id":\#(id)}"#) }
        fixture.client.cut()
        fixture.answerAll()
        #expect(fixture.session.hasEnded == ends)
        if ends { await fixture.notes.wait(for: 1) }
        #expect(fixture.notes.all == (ends ? ["closed too many answers wait to be read"] : []))
        #expect(fixture.comeBack().1.first?.contains("40007") == ends)
    }

    @Test func aSlowClientGetsEverythingInOrderWhenItReadsAgain() async throws {
        let fixture = try Fixture(link: QueueLimits(messages: 2, bytes: 1 << 20))
        fixture.client.read(false)
        for number in 0..<20 { try await fixture.session.notify("\(number)") }
        #expect(fixture.client.take() == [])
        fixture.client.read(true)
        try await fixture.session.notify("20")
        #expect(methods(fixture.client.take()) == (0...20).map { "\($0)" })
    }

    @Test func aClientThatNeverReadsLosesItsConnectionWhenAnswersOverflow() async throws {
        let fixture = try Fixture(
            QueueLimits(messages: 4, bytes: 1 << 20),
            link: QueueLimits(messages: 2, bytes: 1 << 20)
        )
        fixture.client.read(false)
        for _ in 0..<3 { try await fixture.session.notify("kept") }
        await #expect(throws: RPCSessionError.self) { try await fixture.session.notify("refused") }
        for id in 0..<2 { fixture.client.send(#"{"jsonrpc":"2.0","method":"any","id":\#(id)}"#) }
        fixture.answerAll()
        #expect(fixture.session.hasEnded)
        fixture.client.read(true)
        #expect(fixture.client.closeReason?.code == .slowConsumer)
    }

    @Test func aSlowClientsMessagesMoveToItsNextConnection() async throws {
        let fixture = try Fixture(link: QueueLimits(messages: 2, bytes: 1 << 20))
        fixture.client.read(false)
        for number in 0..<6 { try await fixture.session.notify("\(number)") }
        fixture.client.cut()
        let (again, messages) = fixture.comeBack()
        try await fixture.session.notify("6")
        #expect(methods(messages + again.take()) == ["reconnection successful"] + (0...6).map { "\($0)" })
    }

    @Test func whatAReplacedConnectionHadNotGivenAwayMovesToItsSuccessor() async throws {
        let fixture = try Fixture(link: QueueLimits(messages: 2, bytes: 1 << 20))
        fixture.client.read(false)
        for number in 0..<6 { try await fixture.session.notify("\(number)") }
        let (again, messages) = fixture.comeBack()
        try await fixture.session.notify("6")
        #expect(methods(messages + again.take()) == ["reconnection successful"] + (0...6).map { "\($0)" })
        fixture.client.read(true)
        #expect(fixture.client.take() == [])
        #expect(fixture.client.closeReason?.code == .replaced)
    }

    @Test func whatComesBackKeepsItsOrderOnAConnectionThatIsSlowToo() async throws {
        let fixture = try Fixture(link: QueueLimits(messages: 4, bytes: 1 << 20))
        fixture.client.read(false)
        for number in 0..<12 { try await fixture.session.notify("\(number)") }
        let again = fixture.harness.connect(outbound: QueueLimits(messages: 2, bytes: 1 << 20))
        again.read(false)
        again.send(SessionLifeTests.connect(fixture.id))
        again.read(true)
        #expect(methods(again.take()) == ["reconnection successful"] + (0..<12).map { "\($0)" })
    }

    @Test func whatAConnectionHasNotTakenStaysWithItsSessionWhenItGoesToAnother() async throws {
        let fixture = try Fixture()
        let other = fixture.harness.connect()
        let otherID = try #require(sessionID(in: other.exchange(SessionLifeTests.connect).last))
        other.cut()
        fixture.client.read(false)
        try await fixture.session.notify("given")
        fixture.client.send(SessionLifeTests.connect(otherID))
        fixture.client.read(true)
        #expect(methods(fixture.client.take()) == ["reconnection successful"])
        #expect(methods(fixture.comeBack().1) == ["reconnection successful", "given"])
    }

    @Test func manyTasksSendInOrderEachWhileTheClientComesAndGoes() async throws {
        let fixture = try Fixture(QueueLimits(messages: 100_000, bytes: 1 << 26))
        let session = fixture.session
        fixture.client.cut()
        try await withThrowingTaskGroup { group in
            for sender in 0..<4 {
                group.addTask {
                    for number in 0..<500 { try await session.notify("m", ["sender": sender, "number": number]) }
                }
            }
            try await group.waitForAll()
        }
        let (_, messages) = fixture.comeBack()
        var next = Array(repeating: 0, count: 4)
        for message in messages.dropFirst() {
            let params = try #require(try JSON(parsing: message)["params"])
            let sender = try #require(params["sender"]?.int)
            #expect(params["number"]?.int == next[sender])
            next[sender] += 1
        }
        #expect(next == [500, 500, 500, 500])
    }

    @Test func manyTasksSendInOrderEachToAClientThatReads() async throws {
        let fixture = try Fixture(
            QueueLimits(messages: 100_000, bytes: 1 << 26),
            link: QueueLimits(messages: 3, bytes: 1 << 20)
        )
        let session = fixture.session
        try await withThrowingTaskGroup { group in
            for sender in 0..<4 {
                group.addTask {
                    for number in 0..<500 { try await session.notify("m", ["sender": sender, "number": number]) }
                }
            }
            try await group.waitForAll()
        }
        var next = Array(repeating: 0, count: 4)
        for message in await fixture.client.wait(for: 2000) {
            let params = try #require(try JSON(parsing: message)["params"])
            let sender = try #require(params["sender"]?.int)
            #expect(params["number"]?.int == next[sender])
            next[sender] += 1
        }
        #expect(next == [500, 500, 500, 500])
    }
}
