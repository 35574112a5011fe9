// SPDX-License-Identifier: Apache-2.0
public import HoldfastTransport
internal import Synchronization

/// The methods and callbacks of a JSON-RPC endpoint.
///
/// Register methods first, then mount the endpoint. A request for a method that is not registered is answered with −32601.
///
/// ```swift
/// let rpc = RPCEndpoint(label: "demo")
/// rpc.method("sum") { (p: Sum, call) in p.a + p.b }
/// rpc.onOpen { session in try await session.notify("welcome", ["id": session.id]) }
/// ```
///
/// A method's parameters are any `Decodable` type, ``JSON`` for the text as it came; parameters that do not fit are answered
/// with −32602. Parameters by position, an array, fit a type that decodes from one, such as `[Int]`; other types take them when the
/// method names its positions: `rpc.method("sum", params: "a", "b") { (p: Sum, call) in p.a + p.b }`. Its result is any `Encodable` type, or nothing. An ``RPCError`` it throws is the answer; any other error is
/// logged and answered with −32603 and the number under which it is in the log.
///
/// Names that begin with `rpc.` belong to the specification. On Kurento's wire, which is the usual one, `ping`, `connect` and
/// `closeSession` are the framework's; `reconnect`, `close`, `close_session` and `poll` are so unless you register them. On a plain
/// wire all these are yours (see ``RPCOptions/Wire``).
public final class RPCEndpoint: Sendable {
    private struct State {
        var methods: [String: MethodHandler] = [:]
        var callbacks = RPCCallbacks()
        var isMounted = false
    }

    /// The endpoint's name in log lines.
    public let label: String
    private let state = Mutex(State())

    /// Creates an endpoint without methods.
    public init(label: String = "") {
        self.label = label
    }

    // MARK: Methods

    /// Registers a method with parameters and a result.
    ///
    /// - Parameters:
    ///   - name: The method's name; registering one twice is a programming error.
    ///   - concurrency: Whether the session's later requests wait for it; default: as the endpoint's options say, which is serial.
    ///   - handler: Serves a call, on the loop of the connection it came on.
    public func method<Params: Decodable & Sendable, Result: Encodable & Sendable>(
        _ name: String,
        _ concurrency: RPCConcurrency? = nil,
        _ handler: @escaping @Sendable (Params, RPCCall) async throws -> Result
    ) {
        add(name, concurrency) { request, session in
            let params = try ParamsDecoder.decode(Params.self, from: request.params)
            let result = try await handler(params, RPCCall(request, session: session))
            return request.id == nil ? .void : .result(try JSON(encoding: result))
        }
    }

    /// Registers a method with parameters and no result; otherwise like the one with both.
    public func method<Params: Decodable & Sendable>(
        _ name: String,
        _ concurrency: RPCConcurrency? = nil,
        _ handler: @escaping @Sendable (Params, RPCCall) async throws -> Void
    ) {
        add(name, concurrency) { request, session in
            let params = try ParamsDecoder.decode(Params.self, from: request.params)
            try await handler(params, RPCCall(request, session: session))
            return .void
        }
    }

    /// Registers a method whose parameters may also come by position (JSON-RPC 2.0 §4.2); otherwise like the one without positions.
    ///
    /// `"params":[1,2]` is read as `{"a":1,"b":2}` if the positions are `a` and `b`. Fewer values leave out the last members, more
    /// are answered with −32602.
    ///
    /// - Parameters:
    ///   - name: The method's name.
    ///   - concurrency: Whether the session's later requests wait for it.
    ///   - first: The member that the first value stands for.
    ///   - others: The members of the values after it, in order.
    ///   - handler: Serves a call, on the loop of the connection it came on.
    public func method<Params: Decodable & Sendable, Result: Encodable & Sendable>(
        _ name: String,
        _ concurrency: RPCConcurrency? = nil,
        params first: String,
        _ others: String...,
        handler: @escaping @Sendable (Params, RPCCall) async throws -> Result
    ) {
        let positions = [first] + others
        add(name, concurrency) { request, session in
            let params = try ParamsDecoder.decode(Params.self, from: request.params, positions: positions)
            let result = try await handler(params, RPCCall(request, session: session))
            return request.id == nil ? .void : .result(try JSON(encoding: result))
        }
    }

    /// Registers a method whose parameters may also come by position, and which has no result; otherwise like the one with a result.
    public func method<Params: Decodable & Sendable>(
        _ name: String,
        _ concurrency: RPCConcurrency? = nil,
        params first: String,
        _ others: String...,
        handler: @escaping @Sendable (Params, RPCCall) async throws -> Void
    ) {
        let positions = [first] + others
        add(name, concurrency) { request, session in
            let params = try ParamsDecoder.decode(Params.self, from: request.params, positions: positions)
            try await handler(params, RPCCall(request, session: session))
            return .void
        }
    }

    /// Registers a method without parameters; otherwise like the one with both.
    public func method<Result: Encodable & Sendable>(
        _ name: String,
        _ concurrency: RPCConcurrency? = nil,
        _ handler: @escaping @Sendable (RPCCall) async throws -> Result
    ) {
        add(name, concurrency) { request, session in
            let result = try await handler(RPCCall(request, session: session))
            return request.id == nil ? .void : .result(try JSON(encoding: result))
        }
    }

    /// Registers a method without parameters and result; otherwise like the one with both.
    public func method(
        _ name: String,
        _ concurrency: RPCConcurrency? = nil,
        _ handler: @escaping @Sendable (RPCCall) async throws -> Void
    ) {
        add(name, concurrency) { request, session in
            try await handler(RPCCall(request, session: session))
            return .void
        }
    }

    private func add(
        _ name: String,
        _ concurrency: RPCConcurrency?,
        _ body: @escaping @Sendable (InboundRequest, RPCSession) async throws -> RPCReply
    ) {
        precondition(!SpecialMethod.isReserved(name), "the method name '\(name)' is reserved")
        let handler = MethodHandler(concurrency: concurrency) { request, session, _ in
            do {
                return .answer(try await body(request, session))
            } catch {
                return .answer(await session.failure(error, of: request))
            }
        }
        register { state in
            let previous = state.methods.updateValue(handler, forKey: name)
            precondition(previous == nil, "the method '\(name)' is registered twice")
        }
    }

    // MARK: Callbacks

    /// Calls `callback` when a session begins: with the client's first message that needs one, before that is handled.
    ///
    /// Callbacks of one session are called one after the other, and no request of the session starts meanwhile. What they throw
    /// goes to ``onUncaughtError(_:)``. Several callbacks for the same event are called in the order registered.
    public func onOpen(_ callback: @escaping @Sendable (RPCSession) async throws -> Void) {
        register { $0.callbacks.onOpen.append(callback) }
    }

    /// Calls `callback` when a client has come back to its session and has its answer.
    public func onReconnect(_ callback: @escaping @Sendable (RPCSession) async throws -> Void) {
        register { $0.callbacks.onReconnect.append(callback) }
    }

    /// Calls `callback` once when a session has ended: nobody can come back to it and its connection is closed.
    ///
    /// The reason is that of the last connection's close, or 1000 with `Client sent close message`.
    public func onClose(_ callback: @escaping @Sendable (RPCSession, CloseReason) async throws -> Void) {
        register { $0.callbacks.onClose.append(callback) }
    }

    /// Calls `callback` when messages of a session will never arrive, in either direction; see ``RPCOptions/Resume``.
    ///
    /// What is missing to the client is told when it comes back, and the client is told too.
    public func onGap(_ callback: @escaping @Sendable (RPCSession, RPCGap) async throws -> Void) {
        register { $0.callbacks.onGap.append(callback) }
    }

    /// Calls `callback` when a link broke; with its session, if it carried one, which now waits for the client to come back.
    public func onTransportError(_ callback: @escaping @Sendable (RPCSession?, any Error) async throws -> Void) {
        register { $0.callbacks.onTransportError.append(callback) }
    }

    /// Calls `callback` when another callback threw, or a method threw something that is no ``RPCError``.
    ///
    /// It is logged already.
    public func onUncaughtError(_ callback: @escaping @Sendable (RPCSession, any Error) async -> Void) {
        register { $0.callbacks.onUncaughtError.append(callback) }
    }

    private func register(_ change: (inout State) -> Void) {
        state.withLock { state in
            precondition(!state.isMounted, "methods and callbacks are registered before the endpoint is mounted")
            change(&state)
        }
    }

    /// Ends registration and hands over what was registered.
    func mount() -> (methods: [String: MethodHandler], callbacks: RPCCallbacks) {
        state.withLock { state in
            state.isMounted = true
            return (state.methods, state.callbacks)
        }
    }
}
