// SPDX-License-Identifier: Apache-2.0
/// What answers a connection's requests.
package protocol HTTPResponder: Sendable {
    /// Finds what handles a request, before its body is read.
    func route(_ head: RequestHead) -> RoutedRequest
    /// Makes the response for an error that a handler threw.
    func response(to error: any Error, for request: Request, context: RequestContext) -> Response
}

/// A request's handler and the bounds that hold for it.
package struct RoutedRequest: Sendable {
    package var handler: Handler
    /// Tried first on a request that is there with its whole body.
    package var immediate: ImmediateHandler?
    package var parameters: Parameters
    /// The largest body in bytes.
    package var bodyLimit: Int
    /// The time the handler has; `nil` for none.
    package var timeout: Duration?
    /// Whether the handler leaves the connection's loop alone and runs on the global pool.
    package var runsOnGlobalPool: Bool
    /// Whether compressed bodies are decompressed rather than refused.
    package var decompressesBody: Bool

    package init(
        handler: @escaping Handler,
        immediate: ImmediateHandler? = nil,
        parameters: Parameters,
        bodyLimit: Int,
        timeout: Duration?,
        runsOnGlobalPool: Bool = false,
        decompressesBody: Bool = false
    ) {
        self.handler = handler
        self.immediate = immediate
        self.parameters = parameters
        self.bodyLimit = bodyLimit
        self.timeout = timeout
        self.runsOnGlobalPool = runsOnGlobalPool
        self.decompressesBody = decompressesBody
    }
}
