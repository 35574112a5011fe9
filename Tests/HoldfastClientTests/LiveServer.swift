// SPDX-License-Identifier: Apache-2.0
import HoldfastTesting

struct Sum: Codable, Sendable, Hashable {
    var a: Int
    var b: Int
}

/// Stands for a proxy that forbids upgrades, and some paths.
struct Forbid: Middleware {
    var upgrades = false
    var suffixes: [String] = []

    func handle(_ request: Request, _ context: RequestContext, next: Handler) async throws -> Response {
        if upgrades, request[.upgrade] != nil { return Response(.forbidden) }
        if suffixes.contains(where: { request.path.hasSuffix($0) }) { return Response(.forbidden) }
        return try await next(request, context)
    }
}

/// The methods that the client's tests call.
func makeLiveEndpoint() -> RPCEndpoint {
    let rpc = RPCEndpoint(label: "live")
    rpc.method("echo") { (params: JSON, _) in params }
    rpc.method("sum") { (params: Sum, _) in params.a + params.b }
    rpc.method("swap") { (params: Sum, _) in Sum(a: params.b, b: params.a) }
    rpc.method("nothing") { (_: JSON, _) in }
    rpc.method("fail") { (_: JSON, _) -> Int in throw RPCError(code: 7, message: "no", data: ["why": "because"]) }
    rpc.method("tellMe") { (params: JSON, call) in try await call.session.notify("told", params) }
    rpc.method("askMe", .concurrent) { (params: Sum, call) -> Int in
        try await call.session.call("add", params, as: Int.self)
    }
    rpc.method("askUnknown", .concurrent) { (_: JSON, call) -> Int in
        try await call.session.call("unknown", [1], as: Int.self)
    }
    rpc.method("cutMe") { (_: JSON, call) in call.connection.close(.goingAway) }
    return rpc
}

/// Runs a real server with an endpoint at `/rpc` on a free port.
func withLiveServer(
    tls: TLSOptions? = nil,
    limits: @escaping @Sendable (inout ApplicationConfiguration) -> Void = { _ in },
    configure: @escaping @Sendable (Application) -> Void = { _ in },
    _ body: (Int) async throws -> Void
) async throws {
    try await withTestServer(tls: tls) { configuration in
        var configuration = configuration
        limits(&configuration)
        let app = Application(configuration: configuration)
        configure(app)
        app.rpc("/rpc", makeLiveEndpoint(), options: .init(sockJS: true))
        return app
    } _: { server in
        try await body(server.port)
    }
}
