// SPDX-License-Identifier: Apache-2.0
import HoldfastTransport
import Logging
import Synchronization
import Testing

@testable import HoldfastRPC

@Suite(.timeLimit(.minutes(1))) struct ShutdownTests {
    struct Fixture {
        let gate = Gate()
        let notes = Notes()
        let harness: Harness

        init() {
            let rpc = RPCEndpoint()
            rpc.method("work") { [gate] _ in await gate.pass() }
            rpc.onClose { [notes] _, reason in
                await Task.yield()
                notes.add("\(reason)")
            }
            harness = Harness(rpc)
        }
    }

    @Test func sessionsAreClosedWith1001AndTheirCallbacksAwaited() async {
        let fixture = Fixture()
        let client = fixture.harness.connect()
        client.send(SessionLifeTests.connect)
        let away = fixture.harness.connect()
        away.send(SessionLifeTests.connect)
        away.cut()
        await fixture.harness.service.shutdown()
        #expect(client.closeReason == CloseReason(.goingAway, "server is shutting down"))
        #expect(fixture.notes.all == Array(repeating: "1001 server is shutting down", count: 2))
        #expect(fixture.harness.service.sessionCount == 0)
        #expect(fixture.harness.scheduler.pendingCount == 0)
    }

    @Test func whatWasAcceptedIsFinishedAndNothingNewIsTaken() async throws {
        let fixture = Fixture()
        let service = fixture.harness.service
        let client = fixture.harness.connect()
        client.send(#"{"jsonrpc":"2.0","method":"work","id":1}"#)
        client.send(#"{"jsonrpc":"2.0","method":"work","id":2}"#)
        let other = fixture.harness.connect()
        other.send(#"{"jsonrpc":"2.0","method":"ping","id":1}"#)
        _ = other.take()
        let shutdown = Task { await service.shutdown() }
        // It has begun when a new connection is refused.
        while fixture.harness.connect().closeReason?.code != .goingAway { await Task.yield() }
        #expect(client.exchange(#"{"jsonrpc":"2.0","method":"work","id":3}"#).first?.contains("-32053") == true)
        #expect(other.exchange(#"{"jsonrpc":"2.0","method":"work","id":4}"#).first?.contains("-32053") == true)
        #expect(other.exchange(SessionLifeTests.connect("any")).first?.contains("-32053") == true)
        #expect(client.closeReason == nil)
        fixture.gate.open()
        await shutdown.value
        #expect(client.take().map { $0.prefix(8) } == [#"{"id":1,"#, #"{"id":2,"#])
        #expect(client.closeReason?.code == .goingAway)
    }

    @Test func aCancelledShutdownDoesNotWait() async {
        let fixture = Fixture()
        let service = fixture.harness.service
        let client = fixture.harness.connect()
        client.send(#"{"jsonrpc":"2.0","method":"work","id":1}"#)
        let shutdown = Task { await service.shutdown() }
        while fixture.harness.connect().closeReason?.code != .goingAway { await Task.yield() }
        shutdown.cancel()
        await shutdown.value
        #expect(client.closeReason?.code == .goingAway)
        fixture.gate.open()
    }

    /// Does something as a session is about to be added.
    private final class Interrupted: SessionDirectory {
        private let local = LocalSessionDirectory()
        private let interruption = Mutex<(@Sendable () -> Void)?>(nil)

        func interrupt(_ body: @escaping @Sendable () -> Void) { interruption.withLock { $0 = body } }

        func add(_ session: RPCSession, limit: Int) -> Bool {
            interruption.withLock { $0.take() }?()
            return local.add(session, limit: limit)
        }

        func location(of id: String) -> SessionLocation? { local.location(of: id) }
        func locate(_ id: String) async -> SessionLocation { await local.locate(id) }
        func remove(_ session: RPCSession) { local.remove(session) }
        func bury(_ tombstone: Tombstone, of id: String, _ now: Duration) {}
        var count: Int { local.count }
        var all: [RPCSession] { local.all }
    }

    @Test func `A session that is about to be opened when the shutdown begins is refused`() async throws {
        let directory = Interrupted()
        let harness = Harness(RPCEndpoint(), directory: directory)
        let client = harness.connect()
        let shutdown = Mutex<Task<Void, Never>?>(nil)
        // The shutdown has looked for sessions when this returns.
        directory.interrupt { [service = harness.service] in
            let task = startTask(on: nil) { await service.shutdown() }
            shutdown.withLock { $0 = task }
        }
        #expect(client.exchange(SessionLifeTests.connect).first?.contains("-32053") == true)
        await shutdown.withLock { $0 }?.value
        #expect(harness.service.sessionCount == 0)
    }

    /// Ends all sessions, as a shutdown does, when it is told that one has been opened.
    private struct Ending: LogHandler {
        let directory: LocalSessionDirectory
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.debug

        init(_ directory: LocalSessionDirectory) { self.directory = directory }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            guard "\(event.message)" == "session opened" else { return }
            for session in directory.all { session.end(CloseReason(.goingAway), cancelling: true) }
        }
    }

    @Test func `A session that ends before its connection carries it is nobody's`() {
        let directory = LocalSessionDirectory()
        let service = RPCService(
            RPCEndpoint(),
            directory: directory,
            scheduler: ManualScheduler(),
            logger: Logger(label: "test") { _ in Ending(directory) }
        )
        let client = Client(service)
        #expect(client.exchange(SessionLifeTests.connect).first?.contains("-32053") == true)
        #expect(service.sessionCount == 0)
    }
}
