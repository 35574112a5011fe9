// SPDX-License-Identifier: Apache-2.0
import Holdfast
import Synchronization

/// What the tests of our own clients need: the scripts, `/rpc/session`, and `/rpc/brief`, which waits 50 ms for a lost client; and
/// `/rpc/plain` for clients of JSON-RPC 2.0 that know nothing of sessions.
func addClientEndpoints(to app: Application) {
    app.rpcClientScript("/holdfast.mjs")
    app.rpcClientScript("/holdfast.js")
    app.rpcClientScript("/holdfast.min.mjs")
    app.rpcClientScript("/holdfast.min.js")
    app.rpc("/rpc/session", makeClientEndpoint(), options: .init(allowedOrigins: .any, sockJS: true, label: "session"))
    app.rpc(
        "/rpc/plain",
        makeClientEndpoint(),
        options: .init(allowedOrigins: .any, sockJS: true, label: "plain", wire: .plain)
    )
    app.rpc(
        "/rpc/brief",
        makeClientEndpoint(),
        options: .init(
            allowedOrigins: .any,
            sockJS: true,
            label: "brief",
            reconnectionTimeout: .milliseconds(50),
            resume: .init(window: .milliseconds(50))
        )
    )
}

/// A value of any kind, named or by position.
struct Carried: Codable, Sendable {
    var value: JSON
}

struct SessionName: Codable, Sendable {
    var id: String
}

struct Count: Codable, Sendable {
    var count: Int
}

/// Lets one after the other of those who wait go on, also when the permission came first.
final class Gate: Sendable {
    private struct State {
        var permissions = 0
        var waiters: [CheckedContinuation<Void, Never>] = []
        var hasEnded = false
    }
    private let state = Mutex(State())

    func wait() async {
        await withCheckedContinuation { waiter in
            let mayPass = state.withLock { state in
                if state.hasEnded { return true }
                if state.permissions == 0 {
                    state.waiters.append(waiter)
                    return false
                }
                state.permissions -= 1
                return true
            }
            if mayPass { waiter.resume() }
        }
    }

    func open() {
        let first = state.withLock { state in
            if state.waiters.isEmpty { state.permissions = 1 }
            return state.waiters.isEmpty ? nil : state.waiters.removeFirst()
        }
        first?.resume()
    }

    /// Lets all pass, for ever.
    func end() {
        let waiters = state.withLock { state in
            state.hasEnded = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }
}

/// The ends of an endpoint's sessions.
final class Ends: Sendable {
    private let gates = Mutex<[String: Gate]>([:])

    /// The gate that is opened for good when the session of that id ends.
    subscript(id: String) -> Gate {
        gates.withLock { gates in
            let gate = gates[id] ?? Gate()
            gates[id] = gate
            return gate
        }
    }
}

private func makeClientEndpoint() -> RPCEndpoint {
    let rpc = RPCEndpoint()
    let ends = Ends()
    rpc.method("echo") { (params: JSON, _) in params }
    rpc.method("value", params: "value") { (params: Carried, _) in params.value }
    rpc.method("void") { _ in }
    rpc.method("fail") { _ in throw RPCError(code: 7, message: "as asked", data: ["sessionId": "room-7"]) }
    rpc.method("transport") { call in "\(call.connection.transport)" }
    // `note` is for notifications; `notes` tells what came, in order.
    rpc.method("note") { (params: Count, call) in
        call.session.attributes.withLock { $0["notes"] = ($0["notes"] as? [Int] ?? []) + [params.count] }
    }
    rpc.method("notes") { call in call.session.attributes["notes", as: [Int].self] ?? [] }
    // `hold` is answered after the session's `release`, however long that takes.
    rpc.method("hold", .concurrent) { (params: JSON, call) in
        await call.session.attributes["gate", as: Gate.self]?.wait()
        return params
    }
    rpc.method("release") { call in call.session.attributes["gate", as: Gate.self]?.open() }
    // Sends the notifications `said` 1, 2, … before its answer.
    rpc.method("say") { (params: Count, call) in
        for count in 1...max(1, min(params.count, 1000)) { try await call.session.notify("said", Count(count: count)) }
        return params.count
    }
    // Answers with what the client answered to `confirm`, or to the method named `ask`.
    rpc.method("ask", .concurrent) { (params: JSON, call) in
        try await call.session.call(params["ask"]?.string ?? "confirm", params, as: JSON.self, timeout: .seconds(2))
    }
    // Answered when another session has ended.
    rpc.method("ended", .concurrent) { (session: SessionName, _) in await ends[session.id].wait() }
    rpc.onOpen { session in session.attributes["gate"] = Gate() }
    rpc.onClose { session, _ in
        session.attributes["gate", as: Gate.self]?.end()
        ends[session.id].end()
    }
    return rpc
}
