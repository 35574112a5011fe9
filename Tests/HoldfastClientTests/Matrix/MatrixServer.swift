// SPDX-License-Identifier: Apache-2.0
import HoldfastTesting
import Synchronization

/// What the matrix's server has seen, and how it is made to wait.
final class MatrixServer: Sendable {
    /// A request as it reached a handler.
    struct Served: Sendable, Hashable {
        var connection: ObjectIdentifier
        var id: String
    }

    private struct State {
        var sessions: [String: RPCSession] = [:]
        /// Kept, so that no two have the same identity.
        var connections: [ObjectIdentifier: MessageConnection] = [:]
        var served: [Served: Int] = [:]
        var notes: [String: [Int]] = [:]
    }

    private let state = Mutex(State())
    let closed = Signal<String>()
    /// Sent when a `wait` has begun.
    let waiting = Signal<Void>()
    /// Each ends one `wait`.
    let release = Signal<Void>()

    func session(_ id: String?) -> RPCSession? { state.withLock { state in id.flatMap { state.sessions[$0] } } }

    /// The requests that were served more than once for one id within a connection.
    var servedTwice: [Served] { state.withLock { $0.served.filter { $0.value > 1 }.map(\.key) } }
    /// The numbers of each session's notes, in the order they were served.
    var notes: [String: [Int]] { state.withLock { $0.notes } }

    private func record(_ call: RPCCall) {
        guard let id = call.id else { return }
        let connection = ObjectIdentifier(call.connection)
        state.withLock { state in
            state.connections[connection] = call.connection
            state.served[Served(connection: connection, id: "\(id)"), default: 0] += 1
        }
    }

    @Sendable func makeApplication(_ configuration: ApplicationConfiguration) throws -> Application {
        let rpc = RPCEndpoint(label: "matrix")
        rpc.method("sum") { (params: Sum, call) in
            self.record(call)
            return params.a + params.b
        }
        rpc.method("echo") { (params: JSON, call) in
            self.record(call)
            return params
        }
        rpc.method("make") { (params: [String: Int], _) in String(repeating: "y", count: params["size"] ?? 0) }
        rpc.method("note") { (params: [String: Int], call) in
            self.state.withLock { $0.notes[call.session.id, default: []].append(params["n"] ?? -1) }
        }
        rpc.method("tellMe") { (params: JSON, call) in try await call.session.notify("told", params) }
        rpc.method("askMe", .concurrent) { (params: Sum, call) -> Int in
            self.record(call)
            return try await call.session.call("add", params, as: Int.self)
        }
        rpc.method("wait", .concurrent) { (params: JSON, call) in
            self.record(call)
            self.waiting.send(())
            _ = await self.release.next()
            return params
        }
        rpc.onOpen { session in self.state.withLock { $0.sessions[session.id] = session } }
        rpc.onClose { session, _ in self.closed.send(session.id) }
        let app = Application(configuration: configuration)
        app.rpc("/rpc", rpc, options: .init(sockJS: true))
        return app
    }
}

/// The numbers of the next `count` notifications.
func numbers(of notifications: some AsyncSequence<RPCNotification, Never>, _ count: Int) async -> [Int] {
    var numbers: [Int] = []
    for await notification in notifications {
        numbers.append(notification.params["n"]?.int ?? -1)
        if numbers.count == count { break }
    }
    return numbers
}

/// Waits for an event.
func wait(for wanted: RPCClientEvent, in events: some AsyncSequence<RPCClientEvent, Never>) async {
    for await event in events where event == wanted { return }
}
