// SPDX-License-Identifier: Apache-2.0
internal import Holdfast

/// The methods of `holdfast serve`, which make a server do whatever a client wants to see.
enum EchoEndpoint {
    private struct Delay: Decodable, Sendable {
        var seconds: Double
    }

    private struct Call: Decodable, Sendable {
        var method: String?
        var params: JSON?
        var count: Int?
    }

    private struct Failure: Decodable, Sendable {
        var code: Int?
        var message: String?
        var data: JSON?
    }

    static func make() -> RPCEndpoint {
        let rpc = RPCEndpoint(label: "serve")
        rpc.method("echo") { (params: JSON, _) in params }
        rpc.method("fail") { (wanted: Failure, _) -> JSON in
            throw RPCError(code: wanted.code ?? 1, message: wanted.message ?? "failed as asked", data: wanted.data)
        }
        rpc.method("delay", .concurrent) { (delay: Delay, _) in
            guard (0...3600).contains(delay.seconds) else {
                throw RPCError(code: RPCError.invalidParams.code, message: "seconds must be from 0 to 3600")
            }
            try await Task.sleep(for: .seconds(delay.seconds))
            return delay.seconds
        }
        rpc.method("notifyMe") { (wanted: Call, call) in
            let count = wanted.count ?? 1
            guard (0...1000).contains(count) else {
                throw RPCError(code: RPCError.invalidParams.code, message: "count must be from 0 to 1000")
            }
            for number in 0..<count {
                let params: JSON = ["number": JSON(integerLiteral: number + 1), "params": wanted.params ?? .null]
                try await call.session.notify(wanted.method ?? "notified", params)
            }
            return count
        }
        rpc.method("callMe", .concurrent) { (wanted: Call, call) in
            try await call.session.call(wanted.method ?? "called", wanted.params ?? .null, as: JSON.self)
        }
        return rpc
    }
}
