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
    /// Writes what clients can cause as often as they like.
    let lines: LogLines
    let directory: any SessionDirectory
    private let away: AwaySessions
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
        self.init(
            endpoint,
            options: options,
            limits: limits,
            directory: LocalSessionDirectory(endedLimit: (options.limits ?? limits).endedSessions),
            scheduler: scheduler,
            logger: logger
        )
    }

    /// - Parameter directory: Where its sessions are found.
    convenience init(
        _ endpoint: RPCEndpoint,
        options: RPCOptions = .init(),
        limits: Limits.RPC = .init(),
        directory: any SessionDirectory,
        scheduler: any Scheduler,
        logger: Logger
    ) {
        let (methods, callbacks) = endpoint.mount()
        let label = options.label ?? endpoint.label
        self.init(.table(methods), callbacks, label, options, limits, directory, scheduler, logger)
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
        let callbacks = RPCCallbacks(handler)
        let directory = LocalSessionDirectory(endedLimit: (options.limits ?? limits).endedSessions)
        self.init(.one(method), callbacks, options.label ?? "", options, limits, directory, scheduler, logger)
    }

    private init(
        _ methods: Methods,
        _ callbacks: RPCCallbacks,
        _ label: String,
        _ options: RPCOptions,
        _ limits: Limits.RPC,
        _ directory: any SessionDirectory,
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
        self.lines = LogLines(logger, scheduler)
        self.directory = directory
        self.away = AwaySessions(limit: max(limits.sessions / 2, 1))
        self.scanner = EnvelopeScanner(depthLimit: limits.depth, batchLimit: limits.batch)
    }

    /// How many sessions there are, those included whose clients are away.
    package var sessionCount: Int { directory.count }

    /// Whether no new sessions and requests are taken.
    var isShuttingDown: Bool { shuttingDown.load(ordering: .sequentiallyConsistent) }

    // MARK: Links

    /// Serves a connection from now on; to be called before its link starts.
    package func accept(_ connection: MessageConnection) {
        guard !isShuttingDown else { return connection.close(.goingAway, reason: "server is shutting down") }
        let carrier = RPCConnection(service: self, wire: options.wire.chosen(by: connection.info))
        connection.setReceiver(carrier)
        carrier.expectFirstMessage(on: connection)
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
        var origin = Origin(connection: connection, side: .post(transient), wire: options.wire.chosen(by: info))
        let envelope = scanner.scan(body)
        for id in unlocated(in: envelope, origin) { origin.locations[id] = await directory.locate(id) }
        guard !Task.isCancelled else { return nil }
        let collector = ReplyCollector(
            isBatch: envelope.isBatch,
            byteLimit: envelope.isBatch ? limits.outbox.bytes : .max
        )
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                dispatch(envelope, bytes: body.readableBytes, from: origin, collector)
                collector.seal { continuation.resume(returning: $0) }
            }
        } onCancel: {
            transient.end(CloseReason(.abnormalClosure, "the client left"), cancelling: true)
            // A handler that goes on nevertheless, or serves another session, has nobody to answer.
            collector.abandon()
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
    ///
    /// - Parameter patience: How long it waits for what has been accepted.
    package func shutdown(patience: Duration = .seconds(20)) async {
        shuttingDown.store(true, ordering: .sequentiallyConsistent)
        let sessions = directory.all
        // Those that know how look for another server while this one finishes what it has begun.
        for session in sessions {
            session.drain()
            session.sendAway(after: Self.moveAfter, deadline: patience)
        }
        await quiet(sessions, patience)
        let reason = CloseReason(.goingAway, "server is shutting down")
        for session in sessions { session.end(reason, closing: reason, cancelling: true) }
        await quiet(sessions, patience)
    }

    /// When a client begins to look for another server, at the earliest.
    private static let moveAfter = Duration.milliseconds(1500)

    private func quiet(_ sessions: [RPCSession], _ patience: Duration) async {
        let waiting = Task { for session in sessions { await session.quiet() } }
        let timer = scheduler.schedule(after: patience) { waiting.cancel() }
        await withTaskCancellationHandler {
            await waiting.value
        } onCancel: {
            waiting.cancel()
        }
        timer.cancel()
    }

    /// Opens a session on a connection; `nil` when no more are taken.
    ///
    /// - Parameter agree: What happens before the application hears of it.
    func open(
        on connection: MessageConnection,
        _ carrier: RPCConnection,
        registerInfo: JSON?,
        agree: (RPCSession) -> Void = { _ in }
    ) -> RPCSession? {
        // A connection that closes has nobody to serve any more, and one whose session has ended is about to.
        guard !isShuttingDown, connection.closeReason == nil, carrier.attachment == nil else { return nil }
        let session = RPCSession(service: self)
        session.registerInfo = registerInfo
        guard directory.add(session, limit: limits.sessions) else {
            metrics.refused("sessions")
            lines.log(.warning, "session refused: there are \(limits.sessions) already", reason: "sessions")
            return nil
        }
        // The shutdown either finds it among the others, or has begun before.
        guard !isShuttingDown else {
            directory.remove(session)
            return nil
        }
        metrics.sessionOpened()
        logger.debug("session opened", metadata: session.logMetadata(["transport": "\(connection.transport)"]))
        // The shutdown may have ended it since.
        guard carrier.attach(session, on: connection) != nil else { return nil }
        agree(session)
        if !callbacks.onOpen.isEmpty { session.add(.opened, .arrival) }
        return session
    }

    /// The client of a session has left or come back; those who left first make room when too many have.
    func noteAway(_ session: RPCSession, _ isAway: Bool) {
        guard isAway else { return away.remove(session) }
        let oldest = away.add(session)
        // It may have come back meanwhile, and that been noted before.
        let (isBack, keeps) = session.withMachine { ($0.away == nil, $0.ledger.bytes > 0) }
        if isBack { away.remove(session) } else if keeps { boundOutboxes(session) }
        guard let oldest else { return }
        metrics.refused("away")
        oldest.expire()
    }

    /// A session keeps something for a client that is away: as long as all together keep too much, those give it up that have done so
    /// longest.
    func boundOutboxes(_ session: RPCSession) {
        away.keeps(session)
        while Outboxes.bytes.load(ordering: .relaxed) > limits.totalOutboxBytes, let session = away.popKeeper() {
            metrics.refused("totalOutboxBytes")
            let metadata = session.logMetadata()
            lines.log(.warning, "what is kept for clients that are away is given up", metadata, reason: "outboxes")
            session.loseOutbox()
        }
    }

    /// A session has ended: nobody can come back to it.
    func forget(_ session: RPCSession, _ reason: CloseReason) {
        guard !session.isTransient else { return }
        away.remove(session)
        let now = scheduler.now
        // Before it is gone, so that whoever comes back finds one or the other.
        if let tombstone = session.withMachine({ $0.resume?.tombstone }) {
            directory.bury(tombstone, of: session.id, now)
        }
        directory.remove(session)
        metrics.sessionClosed()
        logger.debug("session ended", metadata: session.logMetadata(["reason": "\(reason)"]))
    }

    /// Whether there is room for a request besides all that the process has under way.
    func takes(_ request: InboundRequest) -> Bool {
        InboundRequest.bytesInFlight.load(ordering: .relaxed) <= limits.totalRequestBytes
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
