// SPDX-License-Identifier: Apache-2.0
public import HTTPTypes

// The overloads for handlers that return what is or makes a response.
extension RoutesBuilder {
    /// Answers requests of any one method.
    ///
    /// What the handler returns is the response, or becomes one: a `String` plain text, a status an empty response.
    ///
    /// - Parameters:
    ///   - method: The method.
    ///   - path: A ``PathPattern``.
    ///   - options: How the route differs from the server's limits.
    ///   - handler: Runs on the connection's loop, cancelled when the client leaves; what it throws becomes an error response.
    ///     Returns a ``Response``, a `String`, a status or another ``ResponseConvertible``.
    @discardableResult
    public func on<R: ResponseConvertible & SendableMetatype>(
        _ method: HTTPRequest.Method,
        _ path: String,
        options: RouteOptions = .init(),
        fileID: String = #fileID,
        line: Int = #line,
        handler: @escaping @Sendable (Request, RequestContext) async throws -> R
    ) -> Route {
        router.add(method, path, options, SourceSite(fileID: fileID, line: line)) { request, context in
            try await handler(request, context).response()
        }
    }

    /// Answers requests of every method that has no route of its own at this path; see ``on(_:_:options:fileID:line:handler:)``.
    @discardableResult
    public func any<R: ResponseConvertible & SendableMetatype>(
        _ path: String,
        options: RouteOptions = .init(),
        fileID: String = #fileID,
        line: Int = #line,
        handler: @escaping @Sendable (Request, RequestContext) async throws -> R
    ) -> Route {
        router.add(nil, path, options, SourceSite(fileID: fileID, line: line)) { request, context in
            try await handler(request, context).response()
        }
    }

    /// Answers GET requests; HEAD is answered the same way, without the body; see ``on(_:_:options:fileID:line:handler:)``.
    @discardableResult
    public func get<R: ResponseConvertible & SendableMetatype>(
        _ path: String,
        options: RouteOptions = .init(),
        fileID: String = #fileID,
        line: Int = #line,
        handler: @escaping @Sendable (Request, RequestContext) async throws -> R
    ) -> Route {
        on(.get, path, options: options, fileID: fileID, line: line, handler: handler)
    }

    /// Answers POST requests; see ``on(_:_:options:fileID:line:handler:)``.
    @discardableResult
    public func post<R: ResponseConvertible & SendableMetatype>(
        _ path: String,
        options: RouteOptions = .init(),
        fileID: String = #fileID,
        line: Int = #line,
        handler: @escaping @Sendable (Request, RequestContext) async throws -> R
    ) -> Route {
        on(.post, path, options: options, fileID: fileID, line: line, handler: handler)
    }

    /// Answers PUT requests; see ``on(_:_:options:fileID:line:handler:)``.
    @discardableResult
    public func put<R: ResponseConvertible & SendableMetatype>(
        _ path: String,
        options: RouteOptions = .init(),
        fileID: String = #fileID,
        line: Int = #line,
        handler: @escaping @Sendable (Request, RequestContext) async throws -> R
    ) -> Route {
        on(.put, path, options: options, fileID: fileID, line: line, handler: handler)
    }

    /// Answers PATCH requests; see ``on(_:_:options:fileID:line:handler:)``.
    @discardableResult
    public func patch<R: ResponseConvertible & SendableMetatype>(
        _ path: String,
        options: RouteOptions = .init(),
        fileID: String = #fileID,
        line: Int = #line,
        handler: @escaping @Sendable (Request, RequestContext) async throws -> R
    ) -> Route {
        on(.patch, path, options: options, fileID: fileID, line: line, handler: handler)
    }

    /// Answers DELETE requests; see ``on(_:_:options:fileID:line:handler:)``.
    @discardableResult
    public func delete<R: ResponseConvertible & SendableMetatype>(
        _ path: String,
        options: RouteOptions = .init(),
        fileID: String = #fileID,
        line: Int = #line,
        handler: @escaping @Sendable (Request, RequestContext) async throws -> R
    ) -> Route {
        on(.delete, path, options: options, fileID: fileID, line: line, handler: handler)
    }

    /// Answers HEAD requests; see ``on(_:_:options:fileID:line:handler:)``.
    @discardableResult
    public func head<R: ResponseConvertible & SendableMetatype>(
        _ path: String,
        options: RouteOptions = .init(),
        fileID: String = #fileID,
        line: Int = #line,
        handler: @escaping @Sendable (Request, RequestContext) async throws -> R
    ) -> Route {
        on(.head, path, options: options, fileID: fileID, line: line, handler: handler)
    }

    /// Answers OPTIONS requests; see ``on(_:_:options:fileID:line:handler:)``.
    @discardableResult
    public func options<R: ResponseConvertible & SendableMetatype>(
        _ path: String,
        options: RouteOptions = .init(),
        fileID: String = #fileID,
        line: Int = #line,
        handler: @escaping @Sendable (Request, RequestContext) async throws -> R
    ) -> Route {
        on(.options, path, options: options, fileID: fileID, line: line, handler: handler)
    }
}
