// SPDX-License-Identifier: Apache-2.0
import HoldfastHTTP
import HoldfastTransport

extension SockJSService {
    /// `/websocket`: a WebSocket as it is, without sessions and frames.
    func rawWebSocket(_ request: SockJSRequest) -> Response {
        .webSocket(request.request, request.context, options: webSocketOptions(request.context)) {
            [install] connection in
            install(connection, request.context)
        }
    }

    func webSocketOptions(_ context: RequestContext) -> WebSocketOptions {
        var limits = options.limits ?? context.server.limits.webSocket
        limits.pingInterval = options.heartbeat
        limits.outbound = options.outbound
        return WebSocketOptions(
            allowedOrigins: options.allowedOrigins,
            subprotocols: options.subprotocols,
            limits: limits
        )
    }
}
