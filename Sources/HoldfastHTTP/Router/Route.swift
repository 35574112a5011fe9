// SPDX-License-Identifier: Apache-2.0
internal import HTTPTypes

/// A registered route, returned so that middleware can be put before it alone.
public final class Route {
    let method: HTTPRequest.Method?
    let pattern: PathPattern
    let options: RouteOptions
    let handler: Handler
    let site: SourceSite
    private(set) var middleware: [any Middleware] = []
    private(set) var immediate: ImmediateHandler?

    init(
        method: HTTPRequest.Method?,
        pattern: PathPattern,
        options: RouteOptions,
        site: SourceSite,
        handler: @escaping Handler
    ) {
        self.method = method
        self.pattern = pattern
        self.options = options
        self.site = site
        self.handler = handler
    }

    /// Puts middleware before this route, after that of its groups; the first is the outermost.
    ///
    /// It does not see what the router answers in a route's place, such as OPTIONS: CORS belongs before a group.
    @discardableResult
    public func use<each M: Middleware>(_ middleware: repeat each M) -> Route {
        repeat self.middleware.append(each middleware)
        return self
    }

    /// Saves requests that can be answered at once the cost of a task.
    ///
    /// A request that is there with its whole body is first given to `handler`, and to the route's own when that returns `nil`,
    /// having done nothing. With middleware before the route, which may wait, only the route's own handler is called.
    ///
    /// - Parameter handler: Runs on the connection's loop, outside of any task; what it throws becomes an error response.
    package func answersAtOnce(_ handler: @escaping ImmediateHandler) {
        immediate = handler
    }
}

/// A place in an application's source, for messages about routes.
struct SourceSite: Sendable, CustomStringConvertible {
    var fileID: String
    var line: Int

    var description: String { "\(fileID):\(line)" }
}
