// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
package import HoldfastTransport
import HoldfastWebSocket
package import Logging

extension Response {
    /// Answers an upgrade request: with 101 and a WebSocket, or with the reason why not (RFC 6455 §4.2.2).
    ///
    /// - Parameter start: Takes the connection on its loop before the first message arrives.
    package static func webSocket(
        _ request: Request,
        _ context: RequestContext,
        options: WebSocketOptions,
        closesOnDrain: Bool = true,
        start: @escaping @Sendable (MessageConnection) -> Void
    ) -> Response {
        let head = request.head
        let verdict = WebSocketHandshake.accept(
            method: head.method,
            isHTTP10: head.isHTTP10,
            hasBody: head.framing != .none && head.framing != .length(0),
            supportedProtocols: options.subprotocols,
            fieldValues: head.values
        )
        switch verdict {
        case .failure(let refusal):
            return .text(refusal.reason + "\n", status: refusal.status, fields: refusal.fields)
        case .success(let accepted):
            guard
                options.allowedOrigins.allows(
                    origins: head.values(.origin),
                    host: head.host,
                    isSecure: request.isSecure
                )
            else { return Response(.forbidden) }
            let upgrade = WebSocketUpgrade(
                limits: options.limits ?? context.server.limits.webSocket,
                info: request.connectionInfo(subprotocol: accepted.subprotocol),
                closesOnDrain: closesOnDrain,
                start: start
            )
            return Response(.switchingProtocols, fields: accepted.fields, body: ResponseBody(.webSocket(upgrade)))
        }
    }
}

extension MessageConnection {
    /// Runs an application's handler on the connection's loop, for as long as the connection lives.
    ///
    /// When the handler returns, the connection closes with 1000; when it throws, with 1011; when the connection is gone, the
    /// handler is cancelled.
    package func run(
        path: String,
        logger: Logger,
        _ handler: @escaping @Sendable (MessageConnection) async throws -> Void
    ) {
        let task = startTask(on: link.executor) {
            do {
                try await handler(self)
                self.close()
            } catch {
                let isOver = error is CancellationError || error is ConnectionClosed
                if !isOver {
                    logger.error(
                        "a connection's handler failed",
                        metadata: ["holdfast.path": "\(path)", "holdfast.error": "\(LogText.escaped("\(error)"))"]
                    )
                }
                self.close(isOver ? .normalClosure : .internalError)
            }
        }
        onClosed { _ in task.cancel() }
    }
}
