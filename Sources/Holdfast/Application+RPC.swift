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
    /// of them.
    ///
    /// - Parameters:
    ///   - path: Where the endpoint is; a path without parameters.
    ///   - endpoint: The methods; registering ends here.
    ///   - options: Origins, watchdog, timeouts and limits.
    public func rpc(_ path: String, _ endpoint: RPCEndpoint, options: RPCOptions = .init()) {
        mount(
            RPCService(endpoint, options: options, scheduler: sessionScheduler, logger: configuration.logger),
            at: path
        )
    }

    /// Serves a handler in the style of Kurento's `DefaultJsonRpcHandler`; see ``rpc(_:_:options:)-(_,RPCEndpoint,_)``.
    public func rpc(_ path: String, _ handler: some RPCHandler, options: RPCOptions = .init()) {
        mount(
            RPCService(handler, options: options, scheduler: sessionScheduler, logger: configuration.logger),
            at: path
        )
    }

    /// Session timers are few and not tied to a connection's loop.
    private var sessionScheduler: any Scheduler {
        configuration.scheduler ?? EventLoopScheduler(MultiThreadedEventLoopGroup.singleton.next())
    }

    private func mount(_ service: RPCService, at path: String) {
        drainables.append(service)
        let origins = service.options.originPolicy
        let sockJS = service.options.sockJS
        get(path) { request, context -> Response in
            if sockJS, !request.asksForWebSocket { return .text("Welcome to SockJS!\n") }
            return .webSocket(request, context, options: .init(origins: origins), closesOnDrain: false) { connection in
                service.accept(connection)
            }
        }
        post(path) { request, context -> Response in
            try await RPCPost(service: service, origins: origins).respond(to: request)
        }
        guard sockJS else { return }
        var options = SockJSOptions()
        options.allowedOrigins = origins
        let transports = SockJSService(options: options, scheduler: connectionScheduler) { connection, _ in
            service.accept(connection)
        }
        drainables.append(transports)
        self.sockJS(path, transports)
    }
}

extension RPCService: Drainable {
    package func drain() async {
        await shutdown()
    }
}
