// SPDX-License-Identifier: Apache-2.0
package import HoldfastTransport

/// Answers requests from a router's routes.
package struct RouterResponder: HTTPResponder {
    private let router: CompiledRouter
    private let limits: Limits.HTTP

    package init(router: CompiledRouter, limits: Limits.HTTP) {
        self.router = router
        self.limits = limits
    }

    package func route(_ head: RequestHead) -> RoutedRequest {
        let method = head.method
        let resolution = head.withPath { path in
            router.resolve(method: method, path: RawSpan(_unsafeBytes: path))
        }
        let options = resolution.route.options
        return RoutedRequest(
            route: resolution.route,
            parameters: resolution.parameters,
            bodyLimit: options.bodyLimit ?? limits.body,
            timeout: options.streams ? nil : options.timeout ?? limits.handlerTimeout
        )
    }

    package func response(to error: any Error, for request: Request, context: RequestContext) -> Response {
        ErrorResponse.make(for: error, request, context)
    }
}
