// SPDX-License-Identifier: Apache-2.0
import HoldfastRPC
import HoldfastTransport
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct SessionLifeTests {
    static let connect = #"{"jsonrpc":"2.0","method":"connect","id":0}"#
    static func connect(_ id: String, _ number: Int = 0) -> String {
        #"{"jsonrpc":"2.0","method":"connect","params":{"sessionId":"\#(id)"},"id":\#(number)}"#
    }

    /// An endpoint that notes what happens to its sessions.
    struct Fixture {
        let notes = Notes()
        let rpc = RPCEndpoint(label: "life")
        let sessions = Sessions()

        final class Sessions: Sendable {
            private let all = Mutex<[RPCSession]>([])
            var last: RPCSession? { all.withLock { $0.last } }
            func add(_ session: RPCSession) { all.withLock { $0.append(session) } }
        }

        init() {
            rpc.onOpen { [notes, sessions] in
                sessions.add($0)
                notes.add("open")
            }
            rpc.onReconnect { [notes] _ in notes.add("reconnect") }
            rpc.onClose { [notes] session, reason in
                notes.add("close \(reason) ended \(session.hasEnded) connected \(session.connection != nil)")
            }
            rpc.onTransportError { [notes] session, error in
                notes.add("error \(session == nil ? "without" : "with") session: \(error)")
            }
            rpc.method("age") { call in call.isNew == call.session.isNew ? (call.isNew ? "new" : "old") : "confused" }
        }

        func harness(_ options: RPCOptions = .init()) -> Harness { Harness(rpc, options) }
    }

    private func age(_ client: Client, sessionID: String? = nil) -> String? {
        let params = sessionID.map { #","params":{"sessionId":"\#($0)"}"# } ?? ""
        let answer = client.exchange(#"{"jsonrpc":"2.0","method":"age"\#(params),"id":1}"#).last
        return answer.flatMap { try? JSON(parsing: $0) }?["result"]?["value"]?.string
    }

    @Test func aSessionBeginsWithTheFirstMessageThatNeedsOne() {
        let life = Fixture()
        let client = life.harness().connect()
        client.send(#"{"jsonrpc":"2.0","method":"ping","id":0}"#)
        client.send(#"{"jsonrpc":"2.0","method":"closeSession","id":1}"#)
        client.send(Self.connect("unknown"))
        client.send("[]")
        #expect(life.notes.all == [])
        client.send(#"{"jsonrpc":"2.0","method":"age"}"#)
        client.send(#"{"jsonrpc":"2.0","method":"age"}"#)
        #expect(life.notes.all == ["open"])
    }

    @Test func aSessionIsNewForItsFirstMessageOnly() throws {
        let harness = Fixture().harness()
        let client = harness.connect()
        client.send(#"{"jsonrpc":"2.0","method":"ping","id":0}"#)
        _ = client.take()
        #expect(age(client) == "new")
        #expect(age(client) == "old")
        let other = harness.connect()
        _ = other.exchange(Self.connect)
        #expect(age(other) == "old")
    }

    @Test func requestsWithoutAnIdBelongToTheConnectionsSession() throws {
        let harness = Fixture().harness()
        let client = harness.connect()
        let id = try #require(sessionID(in: client.exchange(Self.connect).last))
        #expect(age(client) == "old")
        #expect(age(client, sessionID: id) == "old")
        #expect(harness.service.sessionCount == 1)
    }

    @Test func anUnknownIdIsNeverAdopted() throws {
        let harness = Fixture().harness()
        let client = harness.connect()
        let unknown = RandomID.make()
        let answer = client.exchange(
            #"{"jsonrpc":"2.0","method":"age","params":{"sessionId":"\#(unknown)"},"id":1}"#
        ).last
        let id = try #require(sessionID(in: answer))
        #expect(id != unknown)
        #expect(age(client, sessionID: id) == "old")
    }

    @Test func anUnknownIdCostsNoLiveConnectionItsSession() {
        let life = Fixture()
        let harness = life.harness()
        let client = harness.connect()
        #expect(age(client) == "new")
        for _ in 0..<100 { #expect(age(client, sessionID: RandomID.make()) == "old") }
        #expect(harness.service.sessionCount == 1)
        #expect(life.notes.all == ["open"])
    }

    @Test func aSessionWhoseConnectionMovedOnExpires() {
        let life = Fixture()
        let harness = life.harness()
        let client = harness.connect()
        #expect(age(client) == "new")
        let other = harness.connect()
        #expect(age(other) == "new")
        client.send(Self.connect(life.sessions.last?.id ?? ""))
        #expect(other.closeReason?.code == .replaced)
        #expect(harness.service.sessionCount == 2)
        harness.scheduler.advance(by: .seconds(10))
        #expect(harness.service.sessionCount == 1)
        #expect(age(client) == "old")
    }

    @Test func aSessionSurvivesItsConnectionForItsReconnectionTimeout() throws {
        let life = Fixture()
        let harness = life.harness()
        let first = harness.connect()
        let id = try #require(sessionID(in: first.exchange(Self.connect).last))
        life.sessions.last?.attributes["key"] = 42
        first.cut()
        #expect(life.sessions.last?.connection == nil)
        harness.scheduler.advance(by: .milliseconds(9999))
        let second = harness.connect()
        #expect(
            second.exchange(Self.connect(id))
                == [#"{"id":0,"result":{"value":"reconnection successful","sessionId":"\#(id)"},"jsonrpc":"2.0"}"#]
        )
        #expect(life.sessions.last?.attributes["key", as: Int.self] == 42)
        #expect(life.sessions.last?.connection === second.server)
        harness.scheduler.advance(by: .seconds(100))
        #expect(age(second) == "old")
        #expect(life.notes.all == ["open", "error with session: connection closed: 1006", "reconnect"])
    }

    @Test(arguments: [(1, true), (1999, true), (2000, false), (2001, false)])
    func theReconnectionTimeoutIsReadWhenTheLinkIsLost(milliseconds: Int, survives: Bool) throws {
        let life = Fixture()
        let harness = life.harness(.init(reconnectionTimeout: .seconds(60)))
        let client = harness.connect()
        let id = try #require(sessionID(in: client.exchange(Self.connect).last))
        let session = try #require(life.sessions.last)
        #expect(session.reconnectionTimeout == .seconds(60))
        session.reconnectionTimeout = .seconds(2)
        client.close(.goingAway, reason: "Shutdown")
        session.reconnectionTimeout = .seconds(60)
        harness.scheduler.advance(by: .milliseconds(milliseconds))
        #expect(harness.connect().exchange(Self.connect(id)).last?.contains("successful") == survives)
        #expect(life.notes.all.last == (survives ? "reconnect" : "close 1001 Shutdown ended true connected false"))
        #expect(harness.service.sessionCount == (survives ? 1 : 0))
    }

    @Test(arguments: [CloseCode.normalClosure, .goingAway, .noStatusReceived])
    func everyCloseMayBeFollowedByAReturn(code: CloseCode) throws {
        let life = Fixture()
        let harness = life.harness()
        let client = harness.connect()
        let id = try #require(sessionID(in: client.exchange(Self.connect).last))
        client.close(code)
        #expect(life.notes.all == ["open"])
        #expect(harness.connect().exchange(Self.connect(id)).last?.contains("successful") == true)
    }

    @Test func aSecondConnectionTakesTheSessionOverAndTheFirstIsClosed() throws {
        let life = Fixture()
        let harness = life.harness()
        let first = harness.connect()
        let id = try #require(sessionID(in: first.exchange(Self.connect).last))
        let second = harness.connect()
        _ = second.exchange(Self.connect(id))
        #expect(first.closeReason == CloseReason(.replaced, "replaced"))
        #expect(life.sessions.last?.connection === second.server)
        harness.scheduler.advance(by: .seconds(100))
        #expect(harness.service.sessionCount == 1)
        #expect(life.notes.all == ["open", "reconnect"])
        // Twice in a row, and on its own connection.
        _ = second.exchange(Self.connect(id))
        #expect(second.closeReason == nil)
        #expect(age(second) == "old")
        #expect(life.notes.all == ["open", "reconnect", "reconnect"])
    }

    @Test func aConnectionThatTurnsToAnotherSessionLeavesItsOwnToExpire() throws {
        let life = Fixture()
        let harness = life.harness()
        let owner = harness.connect()
        let id = try #require(sessionID(in: owner.exchange(Self.connect).last))
        let client = harness.connect()
        _ = client.exchange(Self.connect)
        _ = age(client)
        #expect(harness.service.sessionCount == 2)
        _ = client.exchange(Self.connect(id))
        harness.scheduler.advance(by: .seconds(9))
        #expect(harness.service.sessionCount == 2)
        harness.scheduler.advance(by: .seconds(1))
        #expect(harness.service.sessionCount == 1)
        #expect(life.notes.all.last == "close 1000 connected to another session ended true connected false")
    }

    @Test func aSessionThatHasDoneNothingEndsWhenItsConnectionTurnsToAnother() throws {
        let life = Fixture()
        let harness = life.harness()
        let owner = harness.connect()
        let id = try #require(sessionID(in: owner.exchange(Self.connect).last))
        let client = harness.connect()
        _ = client.exchange(Self.connect)
        _ = client.exchange(Self.connect(id))
        #expect(harness.service.sessionCount == 1)
        #expect(life.notes.all.contains("close 1000 connected to another session ended true connected false"))
    }

    @Test func closeSessionEndsTheSessionAtOnce() throws {
        let life = Fixture()
        let harness = life.harness()
        let client = harness.connect()
        let id = try #require(sessionID(in: client.exchange(Self.connect).last))
        _ = client.exchange(#"{"jsonrpc":"2.0","method":"closeSession","id":9}"#)
        client.close()
        harness.scheduler.advance(by: .seconds(100))
        #expect(life.notes.all == ["open", "close 1000 Client sent close message ended true connected false"])
        #expect(harness.connect().exchange(Self.connect(id)).last?.contains("40007") == true)
    }

    @Test func theApplicationEndsASessionOnceAndAtOnce() async throws {
        let life = Fixture()
        let harness = life.harness()
        let client = harness.connect()
        let id = try #require(sessionID(in: client.exchange(Self.connect).last))
        let session = try #require(life.sessions.last)
        session.close()
        session.close()
        #expect(client.closeReason == CloseReason(.normalClosure))
        harness.scheduler.advance(by: .seconds(100))
        await life.notes.wait(for: 2)
        #expect(life.notes.all == ["open", "close 1000 ended true connected false"])
        #expect(harness.connect().exchange(Self.connect(id)).last?.contains("40007") == true)
        #expect(harness.scheduler.pendingCount == 0)
    }

    @Test func theApplicationEndsASessionWhoseClientIsAway() async throws {
        let life = Fixture()
        let harness = life.harness()
        let client = harness.connect()
        _ = client.exchange(Self.connect)
        client.close()
        life.sessions.last?.close()
        await life.notes.wait(for: 2)
        #expect(life.notes.all == ["open", "close 1000 ended true connected false"])
        #expect(harness.scheduler.pendingCount == 0)
    }

    @Test func aSessionBelongsToOneEndpoint() throws {
        let one = Fixture().harness()
        let other = Fixture().harness()
        let id = try #require(sessionID(in: one.connect().exchange(Self.connect).last))
        #expect(other.connect().exchange(Self.connect(id)).last?.contains("40007") == true)
        #expect(one.service.sessionCount == 1)
    }

    @Test func theFirstConnectsParametersAreTheRegisterInfo() throws {
        let life = Fixture()
        let harness = life.harness()
        let client = harness.connect()
        _ = client.exchange(#"{"jsonrpc":"2.0","method":"connect","params":{"user":"ada","n":1.0},"id":0}"#)
        let session = try #require(life.sessions.last)
        #expect(session.registerInfo == (try JSON(parsing: #"{"user":"ada","n":1.0}"#)))
        _ = client.exchange(#"{"jsonrpc":"2.0","method":"connect","params":{"user":"eve"},"id":0}"#)
        #expect(session.registerInfo?["user"] == "ada")
    }

    @Test func aTransportErrorWithoutASessionIsToldWithoutOne() {
        let life = Fixture()
        let client = life.harness().connect()
        client.cut()
        #expect(life.notes.all == ["error without session: connection closed: 1006"])
    }

    @Test(arguments: [(1, false), (2, false), (3, true)])
    func moreSessionsThanTheLimitAreRefused(count: Int, isRefused: Bool) throws {
        var options = RPCOptions(limits: .init())
        options.limits?.sessions = 2
        let harness = Fixture().harness(options)
        let clients = (0..<count).map { _ in harness.connect() }
        let answers = clients.map { $0.exchange(Self.connect).last ?? "" }
        #expect(answers.last?.contains("-32053") == isRefused)
        #expect(harness.service.sessionCount == min(count, 2))
        guard isRefused else { return }
        _ = clients[0].exchange(#"{"jsonrpc":"2.0","method":"closeSession"}"#)
        #expect(clients[2].exchange(Self.connect).last?.contains("OK") == true)
    }

    @Test(arguments: [(59_999, true), (60_000, false)])
    func aConnectionThatSaysNothingIsClosed(milliseconds: Int, stays: Bool) {
        let harness = Fixture().harness()
        let client = harness.connect()
        harness.scheduler.advance(by: .milliseconds(milliseconds))
        #expect(client.closeReason == (stays ? nil : CloseReason(.policyViolation, "no message came")))
        guard stays else { return }
        client.send(#"{"jsonrpc":"2.0","method":"ping","id":0}"#)
        harness.scheduler.advance(by: .seconds(1000))
        #expect(client.closeReason == nil)
    }

    @Test func callbacksComeOneAfterTheOtherAndHoldTheSessionsRequestsBack() async throws {
        let notes = Notes()
        let gate = Gate()
        let rpc = RPCEndpoint()
        rpc.onOpen { session in
            notes.add("opening")
            await gate.pass()
            try await session.notify("welcome")
            notes.add("opened")
        }
        rpc.onClose { _, reason in notes.add("closed \(reason.text)") }
        rpc.method("work") { _ in notes.add("work") }
        let client = Harness(rpc).connect()
        client.send(Self.connect)
        client.send(#"{"jsonrpc":"2.0","method":"work","id":1}"#)
        client.send(#"{"jsonrpc":"2.0","method":"ping","id":2}"#)
        #expect(client.take().map { $0.contains("pong") } == [true])
        #expect(notes.all == ["opening"])
        gate.open()
        let answers = await client.wait(for: 3)
        #expect(answers[0] == #"{"method":"welcome","jsonrpc":"2.0"}"#)
        #expect(answers[1].contains("OK"))
        #expect(answers[2].contains(#""id":1"#))
        client.send(#"{"jsonrpc":"2.0","method":"closeSession"}"#)
        await notes.wait(for: 4)
        #expect(notes.all == ["opening", "opened", "work", "closed Client sent close message"])
    }

    @Test func theCloseCallbackWaitsForTheOpenCallback() async {
        let notes = Notes()
        let gate = Gate()
        let rpc = RPCEndpoint()
        rpc.onOpen { _ in
            await gate.pass()
            notes.add("opened")
        }
        rpc.onClose { _, _ in notes.add("closed") }
        rpc.method("work") { _ in notes.add("work") }
        let client = Harness(rpc).connect()
        client.send(#"{"jsonrpc":"2.0","method":"work","id":1}"#)
        client.send(#"{"jsonrpc":"2.0","method":"closeSession","id":2}"#)
        #expect(client.take() == [#"{"id":2,"result":"bye","jsonrpc":"2.0"}"#])
        gate.open()
        await notes.wait(for: 2)
        #expect(notes.all == ["opened", "closed"])
    }

    struct Boom: Error {}

    @Test func whatACallbackThrowsIsToldAndLifeGoesOn() throws {
        let notes = Notes()
        let rpc = RPCEndpoint()
        rpc.onOpen { _ in throw Boom() }
        rpc.onOpen { _ in notes.add("second") }
        rpc.onReconnect { _ in throw Boom() }
        rpc.onTransportError { _, _ in throw Boom() }
        rpc.onClose { _, _ in throw Boom() }
        rpc.onUncaughtError { _, error in notes.add("\(error)") }
        rpc.method("work") { _ in "done" }
        let harness = Harness(rpc)
        let client = harness.connect()
        let answer = client.exchange(#"{"jsonrpc":"2.0","method":"work","id":1}"#).last
        let id = try #require(sessionID(in: answer))
        client.cut()
        let again = harness.connect()
        _ = again.exchange(Self.connect(id))
        _ = again.exchange(#"{"jsonrpc":"2.0","method":"closeSession","id":1}"#)
        #expect(notes.all == ["Boom()", "second", "Boom()", "Boom()", "Boom()"])
        #expect(harness.service.sessionCount == 0)
    }

    @Test func handlersInKurentosStyleHearTheSame() throws {
        final class Handler: RPCHandler {
            let notes = Notes()
            func handle(_ request: RPCRequest, _ transaction: Transaction) async throws { throw Boom() }
            func connectionEstablished(_ session: RPCSession) async throws { notes.add("established") }
            func connectionReconnected(_ session: RPCSession) async throws { notes.add("reconnected") }
            func connectionClosed(_ session: RPCSession, status: String) async throws { notes.add("closed \(status)") }
            func transportError(_ session: RPCSession, _ error: any Error) async throws { notes.add("error") }
            func transportError(_ error: any Error) async throws { notes.add("error without session") }
            func uncaughtError(_ session: RPCSession, _ error: any Error) async { notes.add("uncaught \(error)") }
        }
        let handler = Handler()
        let harness = Harness(handler)
        harness.connect().cut()
        let client = harness.connect()
        let id = try #require(sessionID(in: client.exchange(Self.connect).last))
        client.send(#"{"jsonrpc":"2.0","method":"any","id":1}"#)
        client.cut()
        let again = harness.connect()
        again.send(Self.connect(id))
        again.close(.goingAway, reason: "Shutdown")
        harness.scheduler.advance(by: .seconds(10))
        #expect(
            handler.notes.all == [
                "error without session", "established", "uncaught Boom()", "error", "reconnected", "closed Shutdown",
            ]
        )
    }

    @Test func theSessionIdIsNeverLoggedInFull() throws {
        let life = Fixture()
        let harness = life.harness()
        let client = harness.connect()
        let id = try #require(sessionID(in: client.exchange(Self.connect).last))
        client.send(#"{"jsonrpc":"2.0","method":"age","params":{"sessionId":"\#(id)"},"id":1}"#)
        client.send(#"{"jsonrpc":"2.0","method":"\#(id)","id":1}"#)
        client.cut()
        harness.scheduler.advance(by: .seconds(10))
        let lines = harness.log.lines
        #expect(lines.contains { $0.contains(id.prefix(6)) })
        #expect(!lines.contains { $0.contains(id.prefix(7)) })
    }
}
