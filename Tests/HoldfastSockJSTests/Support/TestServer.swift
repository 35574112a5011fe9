// SPDX-License-Identifier: Apache-2.0
import HoldfastHTTP
import HoldfastSockJS
import HoldfastTransport
import Logging
import NIOCore
import NIOPosix
import Synchronization
import TestSupport

/// A server on a port of its own, with one SockJS endpoint at `/base`, and at `/base` of a group.
struct TestServer {
    let port: Int
    let service: SockJSService
    let connections: ConnectionList

    /// The connections that the application was given.
    final class ConnectionList: Sendable {
        private let connections = Mutex<[MessageConnection]>([])

        var all: [MessageConnection] { connections.withLock { $0 } }

        func add(_ connection: MessageConnection) {
            connections.withLock { $0.append(connection) }
        }
    }

    /// What the application does with a connection.
    typealias Application = @Sendable (MessageConnection) async throws -> Void

    /// Sends everything back.
    static let echo: Application = { connection in
        for try await message in connection.messages { try await connection.send(message) }
    }

    /// Runs `body` with a server.
    ///
    /// - Parameters:
    ///   - threads: Its event loops.
    ///   - scheduler: The sessions' timers. Unless given they are the loops' own, and no session ends while its test is held up.
    ///   - clock: The time of log lines.
    ///   - log: Keeps what is logged.
    static func run(
        options: SockJSOptions = .init(),
        threads: Int = 1,
        scheduler: ManualScheduler? = nil,
        clock: @escaping @Sendable () -> NIODeadline = { .now() },
        log: LogCapture = LogCapture(),
        application: @escaping Application = echo,
        _ body: (TestServer) async throws -> Void
    ) async throws {
        var options = options
        if scheduler == nil { options.disconnectDelay = .seconds(600) }
        let connections = ConnectionList()
        let service = SockJSService(
            options: options,
            scheduler: { loop in scheduler ?? EventLoopScheduler(loop) as any Scheduler },
            clock: clock
        ) { connection, _ in
            connections.add(connection)
            connection.run(path: "/", logger: Logger(label: "test"), application)
        }
        let router = Router()
        router.sockJS("/base", service)
        router.group("/group/:room") { $0.sockJS("/base", service) }
        let other = SockJSService(options: options) { connection, _ in
            connection.run(path: "/other", logger: Logger(label: "test"), echo)
        }
        router.sockJS("/other", other)
        let limits = Limits()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        let server = try await HTTPServer(
            responder: RouterResponder(router: try router.freeze(), limits: limits.http),
            context: ServerContext(limits: limits, logger: log.logger(level: .info)),
            group: group
        )
        let address = try await server.bind(.tcp("127.0.0.1", port: 0))
        let result: Result<Void, any Error>
        do {
            try await body(TestServer(port: address.port ?? 0, service: service, connections: connections))
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await server.stopAccepting()
        server.drain()
        server.closeConnections()
        await server.waitForConnections()
        try await group.shutdownGracefully()
        try result.get()
    }

    /// Every transport, for every page.
    static var permissive: SockJSOptions {
        var options = SockJSOptions()
        options.allowedOrigins = .any
        options.jsonp = true
        options.htmlFile = true
        options.iframe = true
        return options
    }

    // MARK: Requests

    func connect() async throws -> RawClient {
        try await RawClient.connect(port: port)
    }

    /// Sends one request over a connection of its own and reads the whole answer.
    func request(
        _ method: String,
        _ path: String,
        _ fields: [String] = [],
        body: String? = nil,
        version: String = "1.1"
    ) async throws -> RawClient.Answer {
        let client = try await connect()
        defer { client.close() }
        try await client.send(method, path, fields, body: body, version: version)
        return try await client.answer()
    }

    func get(_ path: String, _ fields: [String] = []) async throws -> RawClient.Answer {
        try await request("GET", path, fields)
    }

    func post(_ path: String, _ body: String = "", _ fields: [String] = []) async throws -> RawClient.Answer {
        try await request("POST", path, fields, body: body)
    }

    /// Opens a stream and reads its head.
    func stream(
        _ method: String,
        _ path: String,
        _ fields: [String] = []
    ) async throws -> (client: RawClient, head: RawClient.Answer) {
        let client = try await connect()
        try await client.send(method, path, fields, body: method == "POST" ? "" : nil)
        return (client, try await client.head())
    }
}
