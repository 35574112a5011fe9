// SPDX-License-Identifier: Apache-2.0
import Holdfast

/// What `sum` adds.
struct Sum: Codable, Sendable {
    var a: Int
    var b: Int
}

/// What `tick` tells.
struct Tick: Codable, Sendable {
    var count: Int
}

/// The methods of `/rpc`.
func makeDemo() -> RPCEndpoint {
    let rpc = RPCEndpoint(label: "demo")
    rpc.method("echo") { (params: JSON, _) in params }
    rpc.method("sum") { (numbers: Sum, _) in
        let (sum, overflow) = numbers.a.addingReportingOverflow(numbers.b)
        guard !overflow else { throw RPCError(code: 1, message: "the sum is too large") }
        return sum
    }
    rpc.method("slow", .concurrent) { call in
        try await Task.sleep(for: .seconds(1))
        return "done on \(call.session.id) over \(call.connection.transport)"
    }
    rpc.method("callMeBack", .concurrent) { (params: JSON, call) in
        try await call.session.call("confirm", params, as: JSON.self)
    }
    // `ticker {"on": true}` starts the session's ticker, `{"on": false}` stops it.
    rpc.method("ticker") { (params: JSON, call) in
        let session = call.session
        (session.attributes["ticker", as: Task<Void, Never>.self])?.cancel()
        let isOn = params["on"]?.bool ?? true
        session.attributes["ticker"] = isOn ? Task { await tick(session) } : nil
        return isOn
    }
    addNumbers(to: rpc)
    rpc.onOpen { session in try await session.notify("welcome", ["id": session.id]) }
    rpc.onClose { session, _ in session.attributes["ticker", as: Task<Void, Never>.self]?.cancel() }
    return rpc
}

/// Notifies a session once a second until it ends or its client has been away too long.
private func tick(_ session: RPCSession) async {
    var count = 0
    while !session.hasEnded, (try? await Task.sleep(for: .seconds(1))) != nil {
        count += 1
        do { try await session.notify("tick", Tick(count: count)) } catch { return }
    }
}
