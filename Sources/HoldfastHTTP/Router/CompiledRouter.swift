// SPDX-License-Identifier: Apache-2.0
package import HTTPTypes

/// An application's routes, ready to be looked up from any thread.
package final class CompiledRouter: Sendable {
    /// What answers a request; there is always something.
    package struct Resolution: Sendable {
        package let outcome: Outcome
        package let route: CompiledRoute
        package let parameters: Parameters
    }

    /// How a request was resolved.
    package enum Outcome: Sendable, Hashable {
        case found
        /// No route has this path.
        case notFound
        /// The path's routes have other methods.
        case methodNotAllowed(allow: [HTTPRequest.Method])
        /// OPTIONS on a path without a route for it: the answer lists the methods.
        case options(allow: [HTTPRequest.Method])
        /// A parameter is not percent-encoded UTF-8.
        case badPath
        /// The method is neither a standard one nor that of any route.
        case notImplemented
    }

    private let table: RouteTable
    private let routes: [CompiledRoute]
    /// The middleware of each route's groups, for the answers that the router makes in its place.
    private let groupMiddleware: [[any Middleware]]
    /// The methods that are known here: those of the standards and those of the routes.
    private let methods: Set<HTTPRequest.Method>
    private let notFound: CompiledRoute
    private let notImplemented: CompiledRoute
    private let noProxy: CompiledRoute
    private let badPath: CompiledRoute
    private let serverOptions: CompiledRoute

    init(
        table: RouteTable,
        routes: [CompiledRoute],
        groupMiddleware: [[any Middleware]],
        rootMiddleware: [any Middleware],
        methods: Set<HTTPRequest.Method>
    ) {
        self.table = table
        self.routes = routes
        self.groupMiddleware = groupMiddleware
        self.methods = methods.union([.get, .head, .post, .put, .delete, .options, .trace, .patch, .query, .connect])
        notFound = Self.answer(rootMiddleware) { _, _ in throw HTTPError(.notFound) }
        notImplemented = Self.answer(rootMiddleware) { _, _ in
            throw HTTPError(.notImplemented, message: "the method is not implemented")
        }
        noProxy = Self.answer(rootMiddleware) { _, _ in
            throw HTTPError(.methodNotAllowed, message: "this server is no proxy", fields: [.allow: ""])
        }
        badPath = Self.answer(rootMiddleware) { _, _ in
            throw HTTPError(.badRequest, message: "the path is not percent-encoded UTF-8")
        }
        serverOptions = Self.answer(rootMiddleware) { _, _ in Response(.noContent) }
    }

    /// Finds what answers a method and a raw path.
    ///
    /// A method that is not known at all is answered 501 whatever the path (RFC 9110 §9.1). CONNECT is known and answered 405: its
    /// target is no resource of this server (§9.3.6), which allows nothing there, so that `Allow` is empty (§10.2.1).
    package func resolve(method: HTTPRequest.Method, path: borrowing RawSpan) -> Resolution {
        switch table.match(method, path) {
        case .found(let number):
            let route = routes[number]
            guard let parameters = route.parameters(path) else {
                return Resolution(outcome: .badPath, route: badPath, parameters: Parameters())
            }
            return Resolution(outcome: .found, route: route, parameters: parameters)
        case .notFound where method == .connect:
            return Resolution(outcome: .methodNotAllowed(allow: []), route: noProxy, parameters: Parameters())
        case .otherMethods where !methods.contains(method), .notFound where !methods.contains(method):
            return Resolution(outcome: .notImplemented, route: notImplemented, parameters: Parameters())
        case .otherMethods(let number, let allow):
            return other(method, number, allow)
        case .notFound:
            // `OPTIONS *` asks about the server as a whole (RFC 9110 §9.3.7).
            if method == .options, path.byteCount == 1, path[0] == UInt8(ascii: "*") {
                return Resolution(outcome: .options(allow: []), route: serverOptions, parameters: Parameters())
            }
            return Resolution(outcome: .notFound, route: notFound, parameters: Parameters())
        }
    }

    /// Finds what answers a method and a raw path.
    package func resolve(method: HTTPRequest.Method, path: String) -> Resolution {
        path.withRawSpan { resolve(method: method, path: $0) }
    }

    private func other(_ method: HTTPRequest.Method, _ number: Int, _ allow: [HTTPRequest.Method]) -> Resolution {
        let fields: HTTPFields = [.allow: allow.map(\.rawValue).joined(separator: ", ")]
        if method == .options {
            let route = Self.answer(groupMiddleware[number]) { _, _ in Response(.noContent, fields: fields) }
            return Resolution(outcome: .options(allow: allow), route: route, parameters: Parameters())
        }
        let route = Self.answer(groupMiddleware[number]) { _, _ in throw HTTPError(.methodNotAllowed, fields: fields) }
        return Resolution(outcome: .methodNotAllowed(allow: allow), route: route, parameters: Parameters())
    }

    private static func answer(_ middleware: [any Middleware], _ handler: @escaping Handler) -> CompiledRoute {
        CompiledRoute(pattern: nil, options: RouteOptions(), handler: middleware.wrapping(handler))
    }
}
