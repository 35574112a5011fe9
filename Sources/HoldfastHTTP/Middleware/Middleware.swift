// SPDX-License-Identifier: Apache-2.0

/// Work done around handlers: before them, after them, or in their place.
///
/// ```swift
/// struct ServerName: Middleware {
///     func handle(_ request: Request, _ context: RequestContext, next: Handler) async throws -> Response {
///         var response = try await next(request, context)
///         response.fields[.server] = "example"
///         return response
///     }
/// }
/// ```
///
/// Middleware runs where handlers run, on the connection's loop. The errors of what comes after it arrive as thrown: it may
/// catch, translate or pass them on.
public protocol Middleware: Sendable {
    /// Handles a request, as a rule by calling `next` and returning its response.
    ///
    /// - Parameters:
    ///   - request: The request; a changed copy may be given to `next`.
    ///   - context: What goes with it; a changed copy may be given to `next`.
    ///   - next: The rest of the middleware and the handler.
    func handle(_ request: Request, _ context: RequestContext, next: Handler) async throws -> Response
}

/// Middleware that can be set up in a way that makes no sense; this is reported when the server starts.
protocol CheckedMiddleware: Middleware {
    /// What is wrong, if anything.
    var problem: String? { get }
}

extension Middleware {
    fileprivate func wrapping(_ next: @escaping Handler) -> Handler {
        { request, context in try await self.handle(request, context, next: next) }
    }
}

extension [any Middleware] {
    /// One handler of all of them, the first outermost, and `handler`.
    func wrapping(_ handler: @escaping Handler) -> Handler {
        reversed().reduce(handler) { next, middleware in middleware.wrapping(next) }
    }
}
