// SPDX-License-Identifier: Apache-2.0
public import HTTPTypes

// The overloads for handlers that return nothing.
extension RoutesBuilder {
    /// Answers requests of any one method.
    ///
    /// The response is 204, without a body.
    ///
    /// - Parameters:
    ///   - method: The method.
    ///   - path: A ``PathPattern``.
    ///   - options: How the route differs from the server's limits.
    ///   - handler: Runs on the connection's loop, cancelled when the client leaves; what it throws becomes an error response.
    ///     Returns nothing.
    @_disfavoredOverload
    @discardableResult
    public func on(
        _ method: HTTPRequest.Method,
        _ path: String,
        options: RouteOptions = .init(),
        fileID: String = #fileID,
        line: Int = #line,
        handler: @escaping @Sendable (Request, RequestContext) async throws -> Void
    ) -> Route {
        router.add(method, path, options, SourceSite(fileID: fileID, line: line)) { request, context in
            try await handler(request, context)
            return Response(.noContent)
        }
    }

    /// Answers requests of every method that has no route of its own at this path; see ``on(_:_:options:fileID:line:handler:)``.
    @_disfavoredOverload
    @discardableResult
    public func any(
        _ path: String,
        options: RouteOptions = .init(),
        fileID: String = #fileID,
        line: Int = #line,
        handler: @escaping @Sendable (Request, RequestContext) async throws -> Void
    ) -> Route {
        router.add(nil, path, options, SourceSite(fileID: fileID, line: line)) { request, context in
            try await handler(request, context)
            return Response(.noContent)
        }
    }

    /// Answers GET requests; HEAD is answered the same way, without the body; see ``on(_:_:options:fileID:line:handler:)``.
    @_disfavoredOverload
    @discardableResult
    public func get(
        _ path: String,
        options: RouteOptions = .init(),
        fileID: String = #fileID,
        line: Int = #line,
        handler: @escaping @Sendable (Request, RequestContext) async throws -> Void
    ) -> Route {
        on(.get, path, options: options, fileID: fileID, line: line, handler: handler)
    }

    /// Answers POST requests; see ``on(_:_:options:fileID:line:handler:)``.
    @_disfavoredOverload
    @discardableResult
    public func post(
        _ path: String,
        options: RouteOptions = .init(),
        fileID: String = #fileID,
        line: Int = #line,
        handler: @escaping @Sendable (Request, RequestContext) async throws -> Void
    ) -> Route {
        on(.post, path, options: options, fileID: fileID, line: line, handler: handler)
    }

    /// Answers PUT requests; see ``on(_:_:options:fileID:line:handler:)``.
    @_disfavoredOverload
    @discardableResult
    public func put(
        _ path: String,
        options: RouteOptions = .init(),
        fileID: String = #fileID,
        line: Int = #line,
        handler: @escaping @Sendable (Request, RequestContext) async throws -> Void
    ) -> Route {
        on(.put, path, options: options, fileID: fileID, line: line, handler: handler)
    }

    /// Answers PATCH requests; see ``on(_:_:options:fileID:line:handler:)``.
    @_disfavoredOverload
    @discardableResult
    public func patch(
        _ path: String,
        options: RouteOptions = .init(),
        fileID: String = #fileID,
        line: Int = #line,
        handler: @escaping @Sendable (Request, RequestContext) async throws -> Void
    ) -> Route {
        on(.patch, path, options: options, fileID: fileID, line: line, handler: handler)
    }

    /// Answers DELETE requests; see ``on(_:_:options:fileID:line:handler:)``.
    @_disfavoredOverload
    @discardableResult
    public func delete(
        _ path: String,
        options: RouteOptions = .init(),
        fileID: String = #fileID,
        line: Int = #line,
        handler: @escaping @Sendable (Request, RequestContext) async throws -> Void
    ) -> Route {
        on(.delete, path, options: options, fileID: fileID, line: line, handler: handler)
    }

    /// Answers HEAD requests; see ``on(_:_:options:fileID:line:handler:)``.
    @_disfavoredOverload
    @discardableResult
    public func head(
        _ path: String,
        options: RouteOptions = .init(),
        fileID: String = #fileID,
        line: Int = #line,
        handler: @escaping @Sendable (Request, RequestContext) async throws -> Void
    ) -> Route {
        on(.head, path, options: options, fileID: fileID, line: line, handler: handler)
    }

    /// Answers OPTIONS requests; see ``on(_:_:options:fileID:line:handler:)``.
    @_disfavoredOverload
    @discardableResult
    public func options(
        _ path: String,
        options: RouteOptions = .init(),
        fileID: String = #fileID,
        line: Int = #line,
        handler: @escaping @Sendable (Request, RequestContext) async throws -> Void
    ) -> Route {
        on(.options, path, options: options, fileID: fileID, line: line, handler: handler)
    }
}
