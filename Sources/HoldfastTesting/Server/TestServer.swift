// SPDX-License-Identifier: Apache-2.0
public import Holdfast
internal import HoldfastTransport
internal import Logging
internal import Synchronization

/// An application under test: a real server on a free port of the loopback interface.
///
/// ```swift
/// @Test func greets() async throws {
///     try await withTestServer(makeApplication) { server in
///         let response = try await server.get("/hello/you")
///         #expect(response.text == "Hello, you")
///         try await server.withClient(to: "/rpc", over: .xhrPolling) { client in
///             #expect(try await client.call("sum", ["a": 1, "b": 2], as: Int.self) == 3)
///         }
///     }
/// }
/// ```
///
/// All members may be used from any task, ``start()`` and ``stop()`` from one at a time.
public final class TestServer: Sendable {
    /// Makes the application, each time the server starts.
    public typealias MakeApplication = @Sendable (ApplicationConfiguration) throws -> Application

    private struct State {
        var running: RunningServer?
        var port = 0
    }

    private let makeApplication: MakeApplication
    private let clock: ManualClock?
    let tls: TLSOptions?
    private let state = Mutex(State())

    init(tls: TLSOptions?, clock: ManualClock?, _ makeApplication: @escaping MakeApplication) {
        self.tls = tls
        self.clock = clock
        self.makeApplication = makeApplication
    }

    // MARK: Where

    /// The port, the same each time the server starts.
    public var port: Int { state.withLock { $0.port } }

    /// The `http` or `https` URL of a path on the server.
    public func url(_ path: String = "/") -> String {
        "\(tls == nil ? "http" : "https")://127.0.0.1:\(port)\(path)"
    }

    // MARK: Life

    /// Starts the server again after ``stop()`` or ``kill()``: a new application, which knows nothing of the one before.
    ///
    /// - Throws: What the factory throws; `StartupError` when the server cannot start. Does nothing while it runs.
    public func start() async throws {
        guard state.withLock({ $0.running == nil }) else { return }
        var logger = Logger(label: "holdfast.test")
        logger.logLevel = .critical
        var configuration = ApplicationConfiguration(
            listeners: [.tcp("127.0.0.1", port: port, tls: tls)],
            threads: 1,
            logger: logger
        )
        configuration.scheduler = clock?.scheduler
        let running = try await makeApplication(configuration).service().start()
        guard let port = running.addresses.first?.port else {
            await running.stop()
            throw TestServerError("the application listens on no port; give it the configuration that its factory gets")
        }
        state.withLock { state in
            state.running = running
            state.port = port
        }
    }

    /// Drains the server as SIGTERM does, and returns when it has ended.
    public func stop() async {
        await takeRunning()?.stop()
    }

    /// Ends the server as SIGKILL does: connections break, nobody is told.
    public func kill() async {
        await takeRunning()?.kill()
    }

    /// Kills the server and starts it again on the same port.
    public func restart() async throws {
        await kill()
        try await start()
    }

    private func takeRunning() -> RunningServer? {
        state.withLock { state in
            defer { state.running = nil }
            return state.running
        }
    }
}

/// Runs an application on a free port of the loopback interface while `body` does, then drains it.
///
/// - Parameters:
///   - tls: The certificate and key for a server under TLS; `nil` for none.
///   - clock: The time of the application's sessions; `nil` for the real one.
///   - makeApplication: Makes the application, with the configuration it is given: one event loop, quiet, a port of its own.
///     Called again when the server is started again.
///   - body: The test.
/// - Throws: What the factory or `body` throws; `StartupError` when the server cannot start.
@discardableResult
public func withTestServer<Result>(
    tls: TLSOptions? = nil,
    clock: ManualClock? = nil,
    _ makeApplication: @escaping TestServer.MakeApplication,
    _ body: (TestServer) async throws -> Result
) async throws -> Result {
    let server = TestServer(tls: tls, clock: clock, makeApplication)
    try await server.start()
    do {
        let result = try await body(server)
        await server.stop()
        return result
    } catch {
        await server.stop()
        throw error
    }
}

/// Why a test's request could not be made or answered.
public struct TestServerError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What happened.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
