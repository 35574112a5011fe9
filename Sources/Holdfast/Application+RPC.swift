// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HoldfastHTTP
public import HoldfastRPC
import HoldfastSockJS
import HoldfastTransport
import NIOCore
import NIOPosix

extension Application {
    /// Serves a JSON-RPC endpoint of registered methods.
    ///
    /// A WebSocket on `path` opens a connection; sessions outlive it (see ``RPCSession``). A `POST` of a message or batch to `path` is
    /// answered at once. With ``RPCOptions/sockJS`` every SockJS transport is served under `path`, and a session may move between all
    /// of them. Pages of the allowed origins may use all of this, with credentials if the origins are listed.
    ///
    /// - Parameters:
    ///   - path: Where the endpoint is; a path without parameters.
    ///   - endpoint: The methods; registering ends here.
    ///   - options: Origins, watchdog, timeouts and limits; what makes no sense keeps the application from starting.
    public func rpc(
        _ path: String,
        _ endpoint: RPCEndpoint,
        options: RPCOptions = .init(),
        fileID: String = #fileID,
        line: Int = #line
    ) {
        let service = RPCService(
            endpoint,
            options: options,
            limits: configuration.limits.rpc,
            scheduler: sessionScheduler,
            logger: configuration.logger
        )
        mount(service, at: path, fileID, line)
    }

    /// Serves a handler in the style of Kurento's `DefaultJsonRpcHandler`; otherwise like an endpoint of registered methods.
    public func rpc(
        _ path: String,
        _ handler: some RPCHandler,
        options: RPCOptions = .init(),
        fileID: String = #fileID,
        line: Int = #line
    ) {
        let service = RPCService(
            handler,
            options: options,
            limits: configuration.limits.rpc,
            scheduler: sessionScheduler,
            logger: configuration.logger
        )
        mount(service, at: path, fileID, line)
    }

    /// Session timers are few and not tied to a connection's loop.
    private var sessionScheduler: any Scheduler {
        configuration.scheduler ?? EventLoopScheduler(MultiThreadedEventLoopGroup.singleton.next())
    }

    private func mount(_ service: RPCService, at path: String, _ fileID: String, _ line: Int) {
        router.report(service.options.problems, fileID: fileID, line: line)
        let origins = service.options.allowedOrigins.usable
        let sockJS = service.options.sockJS
        var cors = CORSMiddleware(origins: origins, credentials: !origins.allowsAnyPage, methods: [.get, .head, .post])
        // Handlers see the fields of the request; which of them an application wants is not known here. SockJS does the same.
        cors.allowsRequestedHeaders = true
        group(path, cors, fileID: fileID, line: line) { routes in
            routes.get("/", fileID: fileID, line: line) { request, context -> Response in
                if sockJS, !request.asksForWebSocket { return .text("Welcome to SockJS!\n") }
                let options = WebSocketOptions(
                    allowedOrigins: origins,
                    subprotocols: [RPCOptions.Wire.plainSubprotocol]
                )
                return .webSocket(request, context, options: options) { connection in
                    service.accept(connection)
                }
            }
            routes.post("/", fileID: fileID, line: line) { request, context -> Response in
                try await RPCPost(service: service, origins: origins).respond(to: request)
            }
            if sockJS { answerOtherMethods(routes, fileID, line) }
        }
        guard sockJS else { return drainables.append(RPCDrain(service, nil, configuration)) }
        var options = SockJSOptions(allowedOrigins: origins)
        options.subprotocols = [RPCOptions.Wire.plainSubprotocol]
        let transports = SockJSService(options: options, scheduler: connectionScheduler) { connection, _ in
            service.accept(connection)
        }
        drainables.append(RPCDrain(service, transports, configuration))
        self.sockJS(path, transports, fileID: fileID, line: line)
    }

    /// Answers in the place of SockJS, whose route begins at the same path and whose greeting there knows only GET.
    private func answerOtherMethods(_ routes: Router, _ fileID: String, _ line: Int) {
        let allow: HTTPFields = [.allow: "GET, HEAD, OPTIONS, POST"]
        routes.options("/", fileID: fileID, line: line) { _, _ in Response(.noContent, fields: allow) }
        routes.any("/", fileID: fileID, line: line) { _, _ -> Response in
            throw HTTPError(.methodNotAllowed, fields: allow)
        }
    }
}

/// Drains an endpoint with all that carries it: what has been accepted is answered before any transport ends.
private struct RPCDrain: Drainable {
    let service: RPCService
    let transports: SockJSService?
    let patience: Duration

    init(_ service: RPCService, _ transports: SockJSService?, _ configuration: ApplicationConfiguration) {
        self.service = service
        self.transports = transports
        // What is said at the end needs time to go out.
        patience = configuration.shutdownTimeout.bounded / 5 * 4
    }

    func drain() async {
        await service.shutdown(patience: patience)
        transports?.closeAll()
    }
}
