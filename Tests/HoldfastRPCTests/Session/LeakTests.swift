// SPDX-License-Identifier: Apache-2.0
import HoldfastRPC
import HoldfastTransport
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct LeakTests {
    /// Sees an object without keeping it.
    final class Trace: Sendable {
        private struct State: Sendable {
            weak var session: RPCSession?
            weak var connection: MessageConnection?
        }

        private let state = Mutex(State())

        func follow(_ session: RPCSession) {
            state.withLock {
                $0.session = session
                $0.connection = session.connection
            }
        }

        var session: RPCSession? { state.withLock { $0.session } }
        var connection: MessageConnection? { state.withLock { $0.connection } }
    }

    private func endpoint(_ trace: Trace) -> RPCEndpoint {
        let rpc = RPCEndpoint()
        rpc.onOpen { session in trace.follow(session) }
        rpc.onClose { _, _ in }
        rpc.method("wait") { _ in try await Task.sleep(for: .seconds(3600)) }
        rpc.method("echo") { (p: JSON, _) in p }
        rpc.method("call") { call in try await call.session.call("x", as: JSON.self) }
        return rpc
    }

    enum End: CaseIterable {
        case closeSession
        case appCloses
        case expires
        case shutdown
        case replaced
    }

    @Test(arguments: End.allCases)
    func nothingRemainsOfASessionAndItsConnections(end: End) async throws {
        let trace = Trace()
        let harness = Harness(endpoint(trace), .init(pingWatchdog: true))
        do {
            let client = harness.connect()
            let id = try #require(sessionID(in: client.exchange(SessionLifeTests.connect).last))
            for text in [
                #"{"jsonrpc":"2.0","method":"echo","id":1}"#,
                #"{"jsonrpc":"2.0","method":"ping","id":2}"#,
                #"{"jsonrpc":"2.0","method":"call","id":4}"#,
                #"[{"jsonrpc":"2.0","method":"call","id":5}]"#,
            ] {
                client.send(text)
            }
            // `close()` leaves handlers to finish, so one that never does would keep its session.
            if end != .appCloses { client.send(#"{"jsonrpc":"2.0","method":"wait","id":3}"#) }
            #expect(trace.session != nil)
            #expect(trace.connection != nil)
            switch end {
            case .closeSession: client.send(#"{"jsonrpc":"2.0","method":"closeSession","id":9}"#)
            case .appCloses: trace.session?.close()
            case .expires:
                client.cut()
                harness.scheduler.advance(by: .seconds(10))
            case .shutdown:
                let shutdown = Task { [service = harness.service] in await service.shutdown() }
                shutdown.cancel()
                await shutdown.value
            case .replaced:
                let other = harness.connect()
                other.send(SessionLifeTests.connect(id))
                #expect(trace.connection === client.server)
                other.send(#"{"jsonrpc":"2.0","method":"closeSession","id":9}"#)
            }
        }
        while trace.session != nil || trace.connection != nil { await Task.yield() }
        #expect(harness.service.sessionCount == 0)
        #expect(harness.scheduler.pendingCount == 0)
    }

    @Test func nothingRemainsOfAConnectionWithoutASession() {
        let harness = Harness(endpoint(Trace()), .init(pingWatchdog: true))
        weak var connection: MessageConnection?
        do {
            let client = harness.connect()
            connection = client.server
            client.send(#"{"jsonrpc":"2.0","method":"ping","id":2}"#)
            client.cut()
        }
        #expect(connection == nil)
        #expect(harness.scheduler.pendingCount == 0)
    }

    @Test func aConnectionThatTheClientLeavesIsForgottenWhileItsSessionWaits() throws {
        let trace = Trace()
        let harness = Harness(endpoint(trace))
        do {
            let client = harness.connect()
            client.send(SessionLifeTests.connect)
            client.close()
        }
        #expect(trace.connection == nil)
        #expect(trace.session != nil)
    }
}
