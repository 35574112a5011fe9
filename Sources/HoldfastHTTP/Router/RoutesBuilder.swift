// SPDX-License-Identifier: Apache-2.0
/// What routes are registered on: an application, a router, a group.
public protocol RoutesBuilder {
    /// The router that takes the routes.
    var router: Router { get }
}

extension RoutesBuilder {
    /// Puts middleware before all routes, those registered earlier included; the first is the outermost.
    ///
    /// It also sees the requests that no route answers, when it stands at the top of the application.
    public func use<each M: Middleware>(_ middleware: repeat each M) {
        repeat router.add(each middleware)
    }

    /// Registers routes with a common prefix and middleware.
    ///
    /// ```swift
    /// app.group("/admin", Authentication()) { admin in
    ///     admin.get("/users") { _, _ in try await users.all() }
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - prefix: A path pattern without `**`; parameters in it are given to every handler.
    ///   - middleware: Runs after the application's own, before each of the routes.
    ///   - routes: Registers the routes on the group.
    public func group<each M: Middleware>(
        _ prefix: String = "/",
        _ middleware: repeat each M,
        fileID: String = #fileID,
        line: Int = #line,
        routes: (Router) -> Void
    ) {
        let group = Router()
        repeat group.add(each middleware)
        routes(group)
        router.add(group, at: prefix, SourceSite(fileID: fileID, line: line))
    }

    /// Puts another router's routes and middleware below a prefix.
    ///
    /// - Parameters:
    ///   - other: The router; routes it gets later, until the server starts, count too.
    ///   - prefix: A path pattern without `**`.
    public func mount(_ other: Router, at prefix: String, fileID: String = #fileID, line: Int = #line) {
        router.add(other, at: prefix, SourceSite(fileID: fileID, line: line))
    }
}
