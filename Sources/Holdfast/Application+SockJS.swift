// SPDX-License-Identifier: Apache-2.0
import HoldfastHTTP
public import HoldfastSockJS
public import HoldfastTransport
import NIOCore

extension Application {
    /// Serves SockJS clients: WebSockets where they work, and HTTP in their place where a proxy breaks them.
    ///
    /// The handler gets the same kind of connection as from `webSocket`; its `transport` tells what carries it. At shutdown every
    /// connection is closed with 3000 `Go away!`.
    ///
    /// - Parameters:
    ///   - path: The base URL; everything below it belongs to the endpoint.
    ///   - options: What is offered, to whom, and its bounds; what makes no sense keeps the application from starting.
    ///   - handler: Serves one connection on its loop until it returns; cancelled when the connection is gone.
    public func sockJS(
        _ path: String,
        options: SockJSOptions = .init(),
        fileID: String = #fileID,
        line: Int = #line,
        handler: @escaping @Sendable (MessageConnection) async throws -> Void
    ) {
        router.report(options.problems, fileID: fileID, line: line)
        let service = SockJSService(options: options, scheduler: connectionScheduler) { connection, context in
            connection.run(path: path, logger: context.logger, handler)
        }
        drainables.append(service)
        sockJS(path, service, fileID: fileID, line: line)
    }

    /// Makes the timers of what lives on a loop.
    var connectionScheduler: @Sendable (any EventLoop) -> any Scheduler {
        { [scheduler = configuration.scheduler] in scheduler ?? EventLoopScheduler($0) }
    }
}

extension SockJSService: Drainable {
    package func drain() async {
        closeAll()
    }
}
