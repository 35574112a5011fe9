// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
package import HoldfastHTTP
package import HoldfastTransport
import Logging
package import NIOCore
import Synchronization

/// One SockJS endpoint: its sessions, and the answers to all requests below its base URL.
package final class SockJSService: Sendable {
    package let options: SockJSOptions
    let install: @Sendable (MessageConnection, RequestContext) -> Void
    private let makeScheduler: @Sendable (any EventLoop) -> any Scheduler
    private let clock: @Sendable () -> NIODeadline
    /// When it was last logged that a session was refused.
    private let refusalLogged = Mutex<NIODeadline?>(nil)
    let iframePage: IframePage
    let sessionFields: SessionFields
    let framed = ConnectionRegistry()
    let table = SessionTable()
    private let lastReceiver = Atomic<UInt64>(0)

    /// - Parameters:
    ///   - scheduler: Makes the timers of a session that lives on a loop.
    ///   - clock: The time of log lines that may come often.
    ///   - install: Puts the application on a new connection, on the connection's loop and before its first message; given the
    ///     context of the request that opened it.
    package init(
        options: SockJSOptions = .init(),
        scheduler: @escaping @Sendable (any EventLoop) -> any Scheduler = { EventLoopScheduler($0) },
        clock: @escaping @Sendable () -> NIODeadline = { .now() },
        install: @escaping @Sendable (MessageConnection, RequestContext) -> Void
    ) {
        self.options = options
        self.install = install
        self.makeScheduler = scheduler
        self.clock = clock
        self.iframePage = IframePage(clientScriptURL: options.clientScriptURL)
        self.sessionFields = SessionFields(options: options)
    }

    /// Answers a request of a route that ends in `**` after the base URL.
    ///
    /// - Throws: What reading the request's body throws.
    package func respond(_ request: Request, _ context: RequestContext) async throws -> Response {
        switch resolve(request, context) {
        case .answer(let response): response
        case .messages(let request, let id, let transport): try await send(request, session: id, transport)
        }
    }

    /// Answers as ``respond(_:_:)`` does; `nil` when that would wait, for the application to take messages or for another loop.
    package func respondAtOnce(_ request: Request, _ context: RequestContext) -> Response? {
        switch resolve(request, context) {
        case .answer(let response): response
        case .messages(let request, let id, let transport): sendAtOnce(request, session: id, transport)
        }
    }

    /// What a request comes to, before its body is looked at.
    private enum Resolution {
        case answer(Response)
        case messages(SockJSRequest, session: String, SendingTransport)
    }

    private func resolve(_ request: Request, _ context: RequestContext) -> Resolution {
        guard let path = SockJSPath(rest: context.parameters.rest), isOffered(path) else {
            return .answer(.text("Not found\n", status: .notFound, fields: [:], contentType: ContentType.text))
        }
        let request = SockJSRequest(request: request, context: context, service: self)
        let methods = path.methods
        guard methods.contains(request.request.method) else {
            let allowed = methods.map(\.rawValue).joined(separator: ", ")
            return .answer(Response(.methodNotAllowed, fields: [.allow: allowed]))
        }
        guard path == .greeting || request.isFromAllowedOrigin else { return .answer(Response(.forbidden)) }
        if request.request.method == .options { return .answer(request.preflight(path)) }
        switch path {
        case .greeting:
            return .answer(.text("Welcome to SockJS!\n", fields: [:], contentType: ContentType.text))
        case .info:
            return .answer(info(request))
        case .iframe:
            return .answer(iframe(request))
        case .rawWebSocket:
            return .answer(rawWebSocket(request))
        case .session(_, .webSocket):
            return .answer(framedWebSocket(request))
        case .session(let id, .receiving(let transport)):
            switch transport {
            case .xhr: return .answer(xhr(request, session: id))
            case .xhrStreaming: return .answer(xhrStreaming(request, session: id))
            case .eventSource: return .answer(eventSource(request, session: id))
            case .htmlFile: return .answer(htmlFile(request, session: id))
            case .jsonp: return .answer(jsonp(request, session: id))
            }
        case .session(let id, .sending(let transport)):
            return .messages(request, session: id, transport)
        }
    }

    private func isOffered(_ path: SockJSPath) -> Bool {
        switch path {
        case .greeting, .info: true
        case .iframe: options.iframe
        case .rawWebSocket: options.webSocket && options.rawWebSocket
        case .session(_, .webSocket): options.webSocket
        case .session(_, .receiving(.htmlFile)): options.htmlFile
        case .session(_, .receiving(.jsonp)), .session(_, .sending(.jsonp)): options.jsonp
        case .session: true
        }
    }

    /// Closes every session and framed WebSocket with 3000 `Go away!`, as at a shutdown.
    package func closeAll() {
        let reason = CloseReason(.goAway, "Go away!")
        for session in table.all { session.close(reason) }
        for connection in framed.all { connection.close(reason.code, reason: reason.text) }
    }

    // MARK: Receiving

    /// A receiving request's answer.
    struct Receiving: Sendable {
        var transport: Transport
        var mode: SessionStateMachine.ReceiverMode
        var wrapping: FrameWrapping
        var contentType: String
        var fields: HTTPFields
    }

    /// Answers with a stream that becomes the session's receiver.
    func receive(_ request: SockJSRequest, session id: String, _ receiving: Receiving) -> Response {
        let binding = request.binding
        if let session = table.session(id) {
            guard session.admits(binding) else { return request.unknownSession(cors: receiving.wrapping.allowsCORS) }
        } else if request.isContinued {
            return request.unknownSession(cors: receiving.wrapping.allowsCORS)
        } else if table.count >= options.maximumSessions {
            tellOfRefusal(request.context.logger)
            return request.failure(.serviceUnavailable, "Too many sessions", cors: receiving.wrapping.allowsCORS)
        }
        let info = request.request.connectionInfo()
        let isEndless = receiving.mode == .streaming
        let body = ResponseBody.driven(contentType: receiving.contentType, isEndless: isEndless) { [self] stream in
            let receiver = ResponseReceiver(
                id: ReceiverID(lastReceiver.wrappingAdd(1, ordering: .relaxed).newValue),
                mode: receiving.mode,
                wrapping: receiving.wrapping,
                stream: stream
            )
            while true {
                // Forgotten since the look above: the client hears nothing, which to it is the same as 404.
                if request.isContinued, table.session(id) == nil { return receiver.end() }
                let session = table.session(id) {
                    makeSession(id, binding, request, receiving.transport, info, stream.eventLoop)
                }
                if session.attach(receiver) { return }
                table.remove(session)
            }
        }
        return Response(.ok, fields: receiving.fields, body: body)
    }

    /// Logs that a session was refused, at most once a second.
    private func tellOfRefusal(_ logger: Logger) {
        let now = clock()
        let isDue = refusalLogged.withLock { last in
            guard last.map({ now - $0 >= .seconds(1) }) ?? true else { return false }
            last = now
            return true
        }
        guard isDue else { return }
        logger.warning(
            "a SockJS session is refused: there are maximumSessions",
            metadata: ["holdfast.sessions": "\(options.maximumSessions)"]
        )
    }

    private func makeSession(
        _ id: String,
        _ binding: SessionBinding,
        _ request: SockJSRequest,
        _ transport: Transport,
        _ info: ConnectionInfo,
        _ eventLoop: any EventLoop
    ) -> SockJSSession {
        let options = options
        let install = install
        let context = request.context
        return SockJSSession(
            id: id,
            binding: binding,
            environment: .init(
                options: options,
                scheduler: makeScheduler(eventLoop),
                eventLoop: eventLoop,
                start: { link in
                    let connection = MessageConnection(
                        transport: transport,
                        info: info,
                        link: link,
                        outbound: options.outbound,
                        inbound: options.inbound,
                        rate: (options.limits ?? context.server.limits.webSocket).rate
                    )
                    install(connection, context)
                    return connection
                },
                onGone: { [table] session in table.remove(session) }
            )
        )
    }
}
