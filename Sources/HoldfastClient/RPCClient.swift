// SPDX-License-Identifier: Apache-2.0
internal import HoldfastRPC
public import HoldfastTransport
internal import NIOPosix

/// A JSON-RPC client that stays in session with its server.
///
/// ```swift
/// try await withRPCClient(to: "wss://example.com/rpc") { client in
///     let sum = try await client.call("sum", ["a": 1, "b": 2], as: Int.self)
/// }
/// ```
///
/// It asks for the plain wire, by `wire=plain` in the query and by `rpc.connect`, and speaks Kurento's to a server that knows only that.
/// The first call connects. When the connection is lost the client makes it again and goes back to its session: calls that wait
/// for an answer go on waiting, calls made meanwhile are sent afterwards, each until its own timeout. All members may be used from
/// any task.
///
/// With servers that agree to it, ours do, both sides number their messages and keep each until the other has it
/// (``RPCClientConfiguration/Resume``). **Within the server's window and without overflow every counted message reaches the other
/// application once and in order; when that cannot be kept the application is told which are missing; a request is started at most
/// once.** So a notification that ``notify(_:_:)`` has taken arrives, and a call runs once or fails: with
/// ``RPCClientError/Kind/outcomeUnknown`` when the session ended and nobody knows whether it has run. Missing messages of the server
/// are named by ``RPCClientConfiguration/Resume/onGap`` and ``RPCClientEvent/gap(_:)``. With ``RPCClientConfiguration/store`` the
/// session outlives the program.
public final class RPCClient: Sendable {
    /// The configuration as it was given.
    public let configuration: RPCClientConfiguration
    private let core: ClientCore

    /// Creates a client; it connects at the first call, or at ``connect()``.
    ///
    /// - Parameters:
    ///   - url: `ws`, `wss`, `http` or `https`; the latter two may fall back to HTTP where a WebSocket cannot be made.
    ///   - configuration: Timeouts, heartbeat, transports and trust.
    /// - Throws: ``RPCClientError`` of kind `configuration` that says what is wrong.
    public convenience init(_ url: String, configuration: RPCClientConfiguration = .init()) throws {
        let url = try ClientURL(url).adding(RPCOptions.Wire.plainQueryItem)
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let dialer = try NetworkDialer(url: url, configuration: configuration, eventLoop: eventLoop)
        let usual: [Transport] = url.isHTTP ? RPCClientConfiguration.supportedTransports : [.webSocket]
        try self.init(
            dialer: dialer,
            scheduler: EventLoopScheduler(eventLoop),
            transports: configuration.transports ?? usual,
            configuration: configuration
        )
    }

    package init(
        dialer: any LinkDialer,
        scheduler: any Scheduler,
        transports: [Transport],
        configuration: RPCClientConfiguration,
        random: (@Sendable () -> Double)? = nil
    ) throws {
        try configuration.validate()
        self.configuration = configuration
        var settings = ClientMachine.Settings()
        settings.connectionTimeout = configuration.connectionTimeout.bounded
        settings.idleTimeout = configuration.idleTimeout.bounded
        settings.reconnection = configuration.reconnection.bounded
        settings.waitingCalls = configuration.waitingCalls
        settings.probeDelay = configuration.probeDelay?.boundedOrNever
        settings.transports = transports
        settings.resume = configuration.resume.map { QueueLimits(messages: $0.messages, bytes: $0.bytes) }
        settings.toleratesGaps = configuration.resume?.onGap != nil
        if let random { settings.random = random }
        let keeper = configuration.resume == nil ? nil : SessionKeeper(configuration.store, configuration.logger)
        settings.isStored = keeper != nil
        core = ClientCore(
            machine: ClientMachine(
                settings: settings,
                heartbeat: configuration.heartbeat.flatMap { max($0, .milliseconds(1)).boundedOrNever },
                record: keeper?.load()
            ),
            bufferLimit: configuration.bufferedNotifications,
            onGap: configuration.resume?.onGap,
            keeper: keeper,
            scheduler: scheduler,
            dialer: dialer,
            logger: configuration.logger
        )
    }

    deinit {
        core.handle(.close(sendCloseMessage: false))
    }

    // MARK: Connection

    /// Connects, or waits until the connection stands; calls do so by themselves.
    ///
    /// - Throws: ``RPCClientError`` when no connection can be made; `CancellationError` when the task is cancelled.
    public func connect() async throws {
        _ = try await core.submit(.connection, "", nil, configuration.requestTimeout.bounded)
    }

    /// Closes for good: calls that wait fail with `closed`, nothing connects again.
    ///
    /// Returns when that is done, at most 5 s later if the server does not do its part.
    ///
    /// - Parameter sendCloseMessage: Whether the server is asked to end the session at once, instead of keeping it for a while;
    ///   waits at most 1 s for its answer. Default: false.
    public func close(sendCloseMessage: Bool = false) async {
        await core.close(sendCloseMessage: sendCloseMessage)
    }

    /// Whether the connection stands at this moment.
    public var isConnected: Bool { core.isConnected }

    /// What carries the messages at this moment, or `nil` while there is no connection.
    public var transport: Transport? { core.transport }

    /// The session's id, or `nil` before the first connection.
    ///
    /// Whoever knows it can take the session over.
    public var sessionID: String? { core.sessionID }

    /// What happens to the connection from now on; each access gives a sequence of its own.
    ///
    /// Ends when the client is closed.
    public var events: some AsyncSequence<RPCClientEvent, Never> & Sendable { core.events.subscribe() }

    /// Has every event given to `listener`, in order, on a thread of the client's; it must not block.
    public func onEvent(_ listener: @escaping @Sendable (RPCClientEvent) -> Void) {
        core.addListener(listener)
    }

    /// Pings at this interval from now on.
    ///
    /// - Parameter interval: More than zero; default 5 s. A hundred years or more means never.
    /// - Throws: ``RPCClientError`` of kind `configuration` for an interval of zero or less.
    public func enableHeartbeat(interval: Duration = .seconds(5)) throws {
        guard interval > .zero else {
            throw RPCClientError(
                .configuration,
                "the heartbeat's interval must be more than zero; disableHeartbeat() ends it"
            )
        }
        core.handle(.heartbeat(max(interval, .milliseconds(1)).boundedOrNever))
    }

    /// Stops pinging.
    public func disableHeartbeat() {
        core.handle(.heartbeat(nil))
    }

    // MARK: Calls

    /// Calls a method of the server.
    ///
    /// The result is what the server's method returned. A server that speaks only Kurento's wire adds its session id to it, and puts
    /// `{"value":…}` around what is no object; both are taken off again.
    ///
    /// - Parameters:
    ///   - method: The method's name.
    ///   - params: Anything that can be encoded, ``JSON`` included.
    ///   - type: The result's type; ``JSON`` for the result as it came, where an absent result is `null`.
    ///   - timeout: The time until the call fails, more than zero; `nil` for the configuration's.
    /// - Throws: ``RPCClientError``, of kind `configuration` for a timeout of zero or less; `CancellationError` when the task is cancelled; `EncodingError` for the parameters.
    public func call<Result: Decodable>(
        _ method: String,
        _ params: some Encodable,
        as type: Result.Type = Result.self,
        timeout: Duration? = nil
    ) async throws -> Result {
        try await send(method, JSON(encoding: params), timeout).decode(type)
    }

    /// Calls a method of the server without parameters; otherwise like the one with them.
    public func call<Result: Decodable>(
        _ method: String,
        as type: Result.Type = Result.self,
        timeout: Duration? = nil
    ) async throws -> Result {
        try await send(method, nil, timeout).decode(type)
    }

    /// Calls a method of the server with parameters and a result as they are on the wire.
    @discardableResult
    public func call(_ method: String, _ params: JSON? = nil, timeout: Duration? = nil) async throws -> JSON {
        try await send(method, params, timeout).result
    }

    private func send(_ method: String, _ params: JSON?, _ timeout: Duration?) async throws -> ClientMachine.Answer {
        guard timeout ?? .longest > .zero else {
            throw RPCClientError(
                .configuration,
                "the timeout of a call must be more than zero; leave it out for the usual one"
            )
        }
        return try await core.submit(.call, method, params, (timeout ?? configuration.requestTimeout).bounded)
    }

    /// Sends a notification; returns when it is queued on a connection, which may have to be made first.
    ///
    /// In a session that loses nothing it is numbered by then, and kept until the server has it.
    ///
    /// - Throws: ``RPCClientError`` when there is no connection in time.
    public func notify(_ method: String, _ params: some Encodable) async throws {
        _ = try await core.submit(.notification, method, JSON(encoding: params), configuration.requestTimeout.bounded)
    }

    /// Sends a notification without parameters; see ``notify(_:_:)``.
    public func notify(_ method: String) async throws {
        _ = try await core.submit(.notification, method, nil, configuration.requestTimeout.bounded)
    }

    // MARK: From the server

    /// The server's notifications from now on, except those with a ``method(_:_:)`` of their own.
    ///
    /// Each access gives a sequence of its own, with room for ``RPCClientConfiguration/bufferedNotifications``; beyond, the oldest is
    /// dropped. Ends when the client is closed.
    public var notifications: some AsyncSequence<RPCNotification, Never> & Sendable { core.notifications.subscribe() }

    /// Answers the server's requests for a method, and takes its notifications of that name; replaces an earlier handler.
    ///
    /// - Parameters:
    ///   - name: The method's name; register before the client connects.
    ///   - handler: Gets the parameters and returns the result. Runs in a task of its own, so several may run at once. An
    ///     ``RPCError`` it throws is the answer; parameters that do not fit are answered with −32602, other errors with −32603.
    public func method<Params: Decodable & Sendable, Result: Encodable & Sendable>(
        _ name: String,
        _ handler: @escaping @Sendable (Params) async throws -> Result
    ) {
        core.setHandler(name) { params in try JSON(encoding: try await handler(params.decode(as: Params.self))) }
    }

    /// Answers the server's requests for a method with `null`; see ``method(_:_:)``.
    public func method<Params: Decodable & Sendable>(
        _ name: String,
        _ handler: @escaping @Sendable (Params) async throws -> Void
    ) {
        core.setHandler(name) { params in
            try await handler(params.decode(as: Params.self))
            return .null
        }
    }

    /// Answers the server's requests for a method whose parameters may also come by position, an array; see ``method(_:_:)``.
    ///
    /// - Parameters:
    ///   - name: The method's name.
    ///   - first: The member that the first value stands for.
    ///   - others: The members of the values after it, in order.
    ///   - handler: Gets the parameters and returns the result.
    public func method<Params: Decodable & Sendable, Result: Encodable & Sendable>(
        _ name: String,
        params first: String,
        _ others: String...,
        handler: @escaping @Sendable (Params) async throws -> Result
    ) {
        let positions = [first] + others
        core.setHandler(name) { params in
            try JSON(
                encoding: try await handler(ParamsDecoder.decode(Params.self, from: params, positions: positions))
            )
        }
    }

    /// Answers the server's requests for a method with `null`; see ``method(_:params:_:handler:)``.
    public func method<Params: Decodable & Sendable>(
        _ name: String,
        params first: String,
        _ others: String...,
        handler: @escaping @Sendable (Params) async throws -> Void
    ) {
        let positions = [first] + others
        core.setHandler(name) { params in
            try await handler(ParamsDecoder.decode(Params.self, from: params, positions: positions))
            return .null
        }
    }

    /// Answers the server's requests for methods that have no ``method(_:_:)``, which are answered with −32601 otherwise; replaces
    /// an earlier handler.
    ///
    /// Notifications of such methods still go to ``notifications``.
    ///
    /// - Parameter handler: Gets the method's name and the parameters, `null` if there were none, and returns the result. Runs and
    ///   fails like the handlers of methods.
    public func otherMethods(_ handler: @escaping @Sendable (_ method: String, _ params: JSON) async throws -> JSON) {
        core.setOtherHandler(handler)
    }
}

/// Connects to a server, runs `body`, and closes the client whatever happens.
///
/// - Parameters:
///   - url: `ws`, `wss`, `http` or `https`.
///   - configuration: Timeouts, heartbeat, transports and trust.
///   - body: Gets the connected client.
/// - Throws: ``RPCClientError`` when there is no connection, or what `body` throws.
public func withRPCClient<Result>(
    to url: String,
    configuration: RPCClientConfiguration = .init(),
    _ body: (RPCClient) async throws -> Result
) async throws -> Result {
    try await RPCClient(url, configuration: configuration).connected(body)
}

extension RPCClient {
    /// Connects, runs `body`, and closes whatever happens.
    package func connected<Result>(_ body: (RPCClient) async throws -> Result) async throws -> Result {
        do {
            try await connect()
            let result = try await body(self)
            await close()
            return result
        } catch {
            await close()
            throw error
        }
    }
}
