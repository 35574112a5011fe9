// SPDX-License-Identifier: Apache-2.0
import HoldfastTesting
import Synchronization

/// A server that counts what comes, and says numbered things itself; some transports may be closed for a while.
final class ResumeServer: Sendable {
    private struct State {
        var forbidden: Set<Transport> = []
        /// The numbers of each client's messages, in the order they were served.
        var ups: [Int: [Int]] = [:]
        /// How often each request was served.
        var sums: [String: Int] = [:]
        /// How many numbers each client was sent.
        var downs: [Int: Int] = [:]
    }

    private let state = Mutex(State())

    func ups(_ client: Int) -> [Int] { state.withLock { $0.ups[client] ?? [] } }
    func downs(_ client: Int) -> Int { state.withLock { $0.downs[client] ?? 0 } }
    var servedTwice: [String] { state.withLock { $0.sums.filter { $0.value > 1 }.map(\.key) } }

    /// Refuses requests over these transports from now on.
    func forbid(_ transports: Set<Transport>) { state.withLock { $0.forbidden = transports } }

    private struct Gate: Middleware {
        let server: ResumeServer

        func handle(_ request: Request, _ context: RequestContext, next: Handler) async throws -> Response {
            let forbidden = server.state.withLock { $0.forbidden }
            let transport: Transport? =
                if request[.upgrade] != nil {
                    .webSocket
                } else if request.path.hasSuffix("/xhr_streaming") {
                    .xhrStreaming
                } else if request.path.hasSuffix("/xhr") {
                    .xhrPolling
                } else {
                    nil
                }
            if let transport, forbidden.contains(transport) { return Response(.forbidden) }
            return try await next(request, context)
        }
    }

    @Sendable func makeApplication(_ configuration: ApplicationConfiguration) throws -> Application {
        let rpc = RPCEndpoint(label: "resume")
        rpc.method("up") { (params: [Int], _) in
            self.state.withLock { $0.ups[params[0], default: []].append(params[1]) }
        }
        rpc.method("sum") { (params: [Int], _) in
            self.state.withLock { $0.sums["\(params)", default: 0] += 1 }
            return params[1] + 1
        }
        rpc.method("pull") { (params: [Int], call) in
            for _ in 0..<params[1] {
                let number = self.state.withLock { state in
                    defer { state.downs[params[0], default: 0] += 1 }
                    return state.downs[params[0], default: 0]
                }
                try await call.session.notify("down", [number])
            }
        }
        rpc.method("askMe", .concurrent) { (params: [Int], call) -> Int in
            self.state.withLock { $0.sums["ask \(params)", default: 0] += 1 }
            return try await call.session.call("ask", params[1], as: Int.self)
        }
        let app = Application(configuration: configuration)
        app.use(Gate(server: self))
        app.rpc("/rpc", rpc, options: .init(sockJS: true))
        return app
    }
}
