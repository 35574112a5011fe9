// SPDX-License-Identifier: Apache-2.0
package import HoldfastTransport
package import Logging
package import NIOCore
internal import Synchronization

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// Serves an endpoint: takes connections and single messages, owns the sessions.
///
/// Each place an endpoint is mounted at has a service of its own, and sessions of one are unknown at another.
package final class RPCService: Sendable {
    package let options: RPCOptions
    /// The endpoint's own limits, or else the application's.
    let limits: Limits.RPC
    package let label: String

    let scheduler: any Scheduler
    let logger: Logger
    let metrics: RPCMetrics
    let registry: any SessionRegistry
    let callbacks: RPCCallbacks
    let scanner: EnvelopeScanner
    private let methods: Methods
    private let shuttingDown = Atomic<Bool>(false)

    private enum Methods: Sendable {
        case table([String: MethodHandler])
        case one(MethodHandler)
    }

    /// Serves an endpoint of registered methods; ends its registration.
    ///
    /// - Parameter limits: The application's, for options without limits of their own.
    package convenience init(
        _ endpoint: RPCEndpoint,
        options: RPCOptions = .init(),
        limits: Limits.RPC = .init(),
        scheduler: any Scheduler,
        logger: Logger
    ) {
        let (methods, callbacks) = endpoint.mount()
        self.init(.table(methods), callbacks, options.label ?? endpoint.label, options, limits, scheduler, logger)
        let hidden = methods.keys.filter { SpecialMethod($0, on: options.wire) != nil }.sorted()
        if !hidden.isEmpty { self.logger.notice("only plain clients can call \(hidden.joined(separator: ", "))") }
    }

    /// Serves an endpoint in Kurento's style.
    package convenience init(
        _ handler: some RPCHandler,
        options: RPCOptions = .init(),
        limits: Limits.RPC = .init(),
        scheduler: any Scheduler,
        logger: Logger
    ) {
        let method = MethodHandler(concurrency: nil) { request, session, ticket in
            let transaction = Transaction(request, session: session, ticket: ticket)
            do {
                try await handler.handle(RPCRequest(request), transaction)
            } catch {
                await transaction.fail(error)
            }
            return transaction.handlerReturned()
        }
        self.init(.one(method), RPCCallbacks(handler), options.label ?? "", options, limits, scheduler, logger)
    }

    private init(
        _ methods: Methods,
        _ callbacks: RPCCallbacks,
        _ label: String,
        _ options: RPCOptions,
        _ limits: Limits.RPC,
        _ scheduler: any Scheduler,
        _ logger: Logger
    ) {
        self.methods = methods
        self.callbacks = callbacks
        self.label = label
        self.options = options
        let limits = options.limits ?? limits
        self.limits = limits
        self.scheduler = scheduler
        var logger = logger
        if !label.isEmpty { logger[metadataKey: "endpoint"] = "\(label)" }
        self.logger = logger
        self.metrics = RPCMetrics(label: label)
        self.registry = LocalSessionRegistry()
        self.scanner = EnvelopeScanner(depthLimit: limits.depth, batchLimit: limits.batch)
    }

    /// How many sessions there are, those included whose clients are away.
    package var sessionCount: Int { registry.count }

    /// Whether no new sessions and requests are taken.
    var isShuttingDown: Bool { shuttingDown.load(ordering: .relaxed) }

    // MARK: Links

    /// Serves a connection from now on; to be called before its link starts.
    package func accept(_ connection: MessageConnection) {
        guard !isShuttingDown else { return connection.close(.goingAway, reason: "server is shutting down") }
        let receiver = ConnectionReceiver(service: self, wire: options.wire.chosen(by: connection.info))
        connection.setReceiver(receiver)
        receiver.expectFirstMessage(on: connection)
    }

    /// Answers the body of a single HTTP request, a message or a batch.
    ///
    /// A request whose `params.sessionId` names a session runs in that session, in its order; one that has the form of an id and
    /// names an unknown session is answered with 40007. Any other, and on a plain wire every request, runs with a session of its own that no callback hears of and to which nothing can be
    /// sent; its answer carries no session id. Cancelling the task cancels the handlers of the latter.
    ///
    /// - Parameters:
    ///   - body: The message; at most what the HTTP layer lets through.
    ///   - info: What is known of the HTTP request.
    ///   - executor: Where handlers run; `nil` for the global executor.
    /// - Returns: the answer, or `nil` if there is nothing to answer.
    package func respond(
        to body: ByteBuffer,
        info: ConnectionInfo,
        executor: (any TaskExecutor)? = nil
    ) async -> ByteBuffer? {
        let connection = MessageConnection(transport: .http, info: info, link: NoLink(executor: executor))
        connection.linkClosed(CloseReason(.normalClosure, "an HTTP request has no link"))
        let transient = RPCSession(service: self, isTransient: true)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let origin = Origin(
                    connection: connection,
                    side: .post(transient),
                    wire: options.wire.chosen(by: info)
                )
                answer(scanner.scan(body), from: origin) { continuation.resume(returning: $0) }
            }
        } onCancel: {
            transient.end(CloseReason(.abnormalClosure, "the client left"), cancelling: true)
        }
    }

    /// Whether the body of an HTTP request is one `closeSession` that names a session and wants no answer.
    package func endsSession(_ body: ByteBuffer, info: ConnectionInfo) -> Bool {
        guard case .call(let call) = scanner.scan(body), call.id == nil, call.params?.namedSessionID != nil else {
            return false
        }
        return specialMethod(call.method, on: options.wire.chosen(by: info)) == .closeSession
    }

    // MARK: Life

    /// Takes no more sessions and requests, waits for those accepted, then ends every session and closes its connection
    /// with 1001.
    ///
    /// Does not wait once its task is cancelled.
    package func shutdown() async {
        shuttingDown.store(true, ordering: .relaxed)
        let sessions = registry.all
        for session in sessions { await session.quiet() }
        let reason = CloseReason(.goingAway, "server is shutting down")
        for session in sessions { session.end(reason, closing: reason, cancelling: true) }
        for session in sessions { await session.quiet() }
    }

    /// Opens a session on a connection; `nil` when no more are taken.
    func open(on connection: MessageConnection, _ receiver: ConnectionReceiver, registerInfo: JSON?) -> RPCSession? {
        // A connection that closes has nobody to serve any more.
        guard !isShuttingDown, connection.closeReason == nil else { return nil }
        let session = RPCSession(service: self)
        session.registerInfo = registerInfo
        guard registry.add(session, limit: limits.sessions) else {
            metrics.refused("sessions")
            logger.warning("session refused: there are \(limits.sessions) already")
            return nil
        }
        metrics.sessionOpened()
        logger.debug("session opened", metadata: session.logMetadata(["transport": "\(connection.transport)"]))
        _ = session.attach(to: connection, receiver)
        if !callbacks.onOpen.isEmpty { session.add(.opened, on: connection) }
        return session
    }

    // MARK: Methods

    func handler(of method: String) -> MethodHandler {
        guard !method.hasPrefix("rpc.") else { return .failing(.methodNotFound) }
        switch methods {
        case .table(let table): return table[method] ?? .failing(.methodNotFound)
        case .one(let handler): return handler
        }
    }

    func specialMethod(_ name: String, on wire: RPCOptions.Wire) -> SpecialMethod? {
        if let special = SpecialMethod(name, on: wire) { return special }
        guard let alias = SpecialMethod(alias: name, on: wire) else { return nil }
        if case .table(let table) = methods, table[name] != nil { return nil }
        return alias
    }

    /// What a client gets to see of an error that is the server's own affair.
    func shownError(for error: any Error, number: String) -> RPCError {
        let text = (error as? any LocalizedError)?.errorDescription ?? String(describing: error)
        return RPCError(
            code: RPCError.internalError.code,
            message: options.showsErrorText ? text : RPCError.internalError.message,
            data: ["error": JSON(stringLiteral: number)]
        )
    }
}

/// Stands for the link of a plain HTTP request, which ends with its answer.
private final class NoLink: MessageLink {
    let executor: (any TaskExecutor)?

    init(executor: (any TaskExecutor)?) {
        self.executor = executor
    }

    func outboundReady() {}
    func setReading(_ reading: Bool) {}
}
