// SPDX-License-Identifier: Apache-2.0
import Holdfast
import HoldfastTransport
import Synchronization

@testable import HoldfastCLI

/// Remembers what a server's methods were called with.
final class Calls: Sendable {
    private let stream = AsyncStream.makeStream(of: JSON.self)

    func add(_ params: JSON) { stream.continuation.yield(params) }

    /// Waits for the next one.
    func next() async -> JSON? {
        for await params in stream.stream { return params }
        return nil
    }
}

/// Serves the endpoint of `holdfast serve`, with more methods, on a free port while `body` runs.
///
/// - Parameter body: gets the endpoint's URL, with `http`.
func withServer(
    options: RPCOptions = .init(sockJS: true),
    tls: TLSOptions? = nil,
    refusal: Refusal? = nil,
    _ register: (RPCEndpoint) -> Void = { _ in },
    _ body: (String) async throws -> Void
) async throws {
    var configuration = ApplicationConfiguration(listeners: [.tcp("127.0.0.1", port: 0, tls: tls)], threads: 1)
    configuration.logger.logLevel = .critical
    configuration.shutdownTimeout = .milliseconds(500)
    let rpc = EchoEndpoint.make()
    register(rpc)
    let app = Application(configuration: configuration)
    if let refusal { app.use(refusal) }
    app.rpc("/rpc", rpc, options: options)
    app.webSocket("/silent") { connection in for try await _ in connection.messages {} }
    try await app.withServer { addresses in
        guard let port = addresses.first?.port else { throw StartupError("no port") }
        try await body("http\(tls == nil ? "" : "s")://127.0.0.1:\(port)/rpc")
    }
}

/// Refuses everything once it is told to.
final class Refusal: Middleware {
    private let isOn = Mutex(false)

    func start() { isOn.withLock { $0 = true } }

    func handle(_ request: Request, _ context: RequestContext, next: Handler) async throws -> Response {
        if isOn.withLock({ $0 }) { return Response(.serviceUnavailable) }
        return try await next(request, context)
    }
}
