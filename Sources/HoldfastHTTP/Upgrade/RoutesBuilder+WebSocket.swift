// SPDX-License-Identifier: Apache-2.0
public import HoldfastTransport

extension RoutesBuilder {
    /// Accepts WebSockets on a path.
    ///
    /// The handler runs on the connection's loop until it returns, and is cancelled when the connection is gone. An upgrade that is
    /// malformed, from a page that may not connect, or of a version we do not speak is answered with 400, 403 or 426.
    ///
    /// - Parameters:
    ///   - path: The path pattern.
    ///   - options: Origins, subprotocols and limits.
    ///   - handler: Serves one connection; an error it throws closes the connection with 1011.
    @discardableResult
    public func webSocket(
        _ path: String,
        options: WebSocketOptions = .init(),
        fileID: String = #fileID,
        line: Int = #line,
        handler: @escaping @Sendable (MessageConnection) async throws -> Void
    ) -> Route {
        router.report(options.problems, fileID: fileID, line: line)
        return get(path, fileID: fileID, line: line) { request, context -> Response in
            let logger = context.logger
            return .webSocket(request, context, options: options) { connection in
                connection.run(path: path, logger: logger, handler)
            }
        }
    }
}
