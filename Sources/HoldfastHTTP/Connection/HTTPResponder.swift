// SPDX-License-Identifier: Apache-2.0
/// What answers a connection's requests.
package protocol HTTPResponder: Sendable {
    /// Finds what handles a request, before its body is read.
    func route(_ head: RequestHead) -> RoutedRequest
    /// Makes the response for an error that a handler threw.
    func response(to error: any Error, for request: Request, context: RequestContext) -> Response
}

/// A request's route and the bounds that hold for it.
package struct RoutedRequest: Sendable {
    package var route: CompiledRoute
    package var parameters: Parameters
    /// The largest body in bytes.
    package var bodyLimit: Int
    /// The time the handler has; `nil` for none.
    package var timeout: Duration?

    package init(route: CompiledRoute, parameters: Parameters, bodyLimit: Int, timeout: Duration?) {
        self.route = route
        self.parameters = parameters
        self.bodyLimit = bodyLimit
        self.timeout = timeout
    }
}
