// SPDX-License-Identifier: Apache-2.0
internal import HTTPTypes
internal import HoldfastTransport

/// Routes, the middleware before them, and other routers below a prefix.
///
/// A path that no route has is answered 404, and one whose routes have other methods 405 with `Allow`. A method that neither a
/// standard nor any route knows is 501 on every path. `CONNECT` is 405, and nothing is allowed: this server is no proxy.
///
/// A router is filled while an application is put together and does nothing by itself: the server takes its routes when it
/// starts. Mistakes, such as two routes for the same requests, are reported then, all together, with the lines of the source.
public final class Router: RoutesBuilder {
    private enum Entry {
        case route(Route)
        case mount(Router, PathPattern, SourceSite)

        var site: SourceSite {
            switch self {
            case .route(let route): route.site
            case .mount(_, _, let site): site
            }
        }
    }

    private var entries: [Entry] = []
    private var middleware: [any Middleware] = []
    private var problems: [String] = []

    /// Creates a router without routes.
    public init() {}

    /// The router itself.
    public var router: Router { self }

    func add(_ middleware: any Middleware) {
        self.middleware.append(middleware)
    }

    func add(
        _ method: HTTPRequest.Method?,
        _ path: String,
        _ options: RouteOptions,
        _ site: SourceSite,
        _ handler: @escaping Handler
    ) -> Route {
        let pattern = pattern(path, site)
        let route = Route(
            method: method,
            pattern: pattern ?? .root,
            options: options,
            site: site,
            handler: handler
        )
        if pattern != nil { entries.append(.route(route)) }
        if options.timeout ?? .longest <= .zero {
            problems.append("\(site): the timeout of “\(path)” must be more than zero")
        }
        return route
    }

    func add(_ router: Router, at prefix: String, _ site: SourceSite) {
        guard let pattern = pattern(prefix, site) else { return }
        entries.append(.mount(router, pattern, site))
    }

    /// Keeps what is wrong with an endpoint, to be reported with the routes' own mistakes.
    package func report(_ problems: [String], fileID: String, line: Int) {
        self.problems += problems.map { "\(SourceSite(fileID: fileID, line: line)): \($0)" }
    }

    private func pattern(_ text: String, _ site: SourceSite) -> PathPattern? {
        do {
            return try PathPattern(text)
        } catch {
            problems.append("\(site): \(error)")
            return nil
        }
    }

    // MARK: Freezing

    /// Takes the routes as they are now.
    ///
    /// - Throws: ``RouterError`` with everything that is wrong with them.
    package func freeze() throws(RouterError) -> CompiledRouter {
        var flattened = Flattened()
        flatten(.root, [], into: &flattened, above: [])
        flattened.table.finish()
        guard flattened.problems.isEmpty else { throw RouterError(problems: flattened.problems) }
        return CompiledRouter(
            table: flattened.table,
            routes: flattened.routes,
            groupMiddleware: flattened.groupMiddleware,
            rootMiddleware: middleware,
            methods: flattened.methods
        )
    }

    private struct Flattened {
        var table = RouteTable()
        var routes: [CompiledRoute] = []
        var groupMiddleware: [[any Middleware]] = []
        var methods: Set<HTTPRequest.Method> = []
        var names: [String] = []
        var problems: [String] = []

        mutating func insert(_ route: Route, _ pattern: PathPattern, _ middleware: [any Middleware]) {
            let name = "\(route.method?.rawValue ?? "any method of") \(pattern) (\(route.site))"
            do {
                try table.insert(pattern, method: route.method, route: routes.count)
            } catch {
                problems.append("\(name) and \(names[error.existing]) answer the same requests")
                return
            }
            check(route.middleware, route.site.description)
            if let method = route.method {
                if method.rawValue.utf8.count > HeadParser.longestMethod {
                    problems.append("\(name): no request has a method of more than \(HeadParser.longestMethod) bytes")
                }
                methods.insert(method)
            }
            names.append(name)
            groupMiddleware.append(middleware)
            let chain = middleware + route.middleware
            routes.append(
                CompiledRoute(
                    pattern: pattern,
                    options: route.options,
                    handler: chain.wrapping(route.handler),
                    immediate: chain.isEmpty && !route.options.runsOnGlobalPool ? route.immediate : nil
                )
            )
        }

        mutating func check(_ middleware: [any Middleware], _ place: String) {
            for case let checked as any CheckedMiddleware in middleware {
                if let problem = checked.problem { problems.append("\(place): \(problem)") }
            }
        }
    }

    private func flatten(
        _ prefix: PathPattern,
        _ outer: [any Middleware],
        into result: inout Flattened,
        above: [Router]
    ) {
        let chain = outer + middleware
        result.problems += problems
        result.check(middleware, "the middleware of “\(prefix)”")
        for entry in entries {
            do throws(PathPatternError) {
                switch entry {
                case .route(let route):
                    result.insert(route, try prefix.appending(route.pattern), chain)
                case .mount(let router, let pattern, let site):
                    guard router !== self, !above.contains(where: { $0 === router }) else {
                        result.problems.append("\(site): a router cannot be mounted below itself")
                        continue
                    }
                    router.flatten(try prefix.appending(pattern), chain, into: &result, above: above + [self])
                }
            } catch {
                result.problems.append("\(entry.site): \(error)")
            }
        }
    }
}
