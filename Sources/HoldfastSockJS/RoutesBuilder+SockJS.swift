// SPDX-License-Identifier: Apache-2.0
package import HoldfastHTTP

extension RoutesBuilder {
    /// Routes everything below a path to a service.
    @discardableResult
    package func sockJS(
        _ path: String,
        _ service: SockJSService,
        fileID: String = #fileID,
        line: Int = #line
    ) -> Route {
        var route = RouteOptions(bodyLimit: service.options.bodyLimit)
        route.loggedPath = { path, rest in SockJSPath.redacted(path, rest: rest) }
        let added = any(path + "/**", options: route, fileID: fileID, line: line) { request, context -> Response in
            try await service.respond(request, context)
        }
        added.answersAtOnce { request, context in service.respondAtOnce(request, context) }
        return added
    }
}

extension SockJSPath {
    /// The path without the session's id, which is as good as a password while the session lives.
    ///
    /// - Parameter rest: The end of the path that follows the endpoint's base.
    package static func redacted(_ path: String, rest: String) -> String {
        // Also of a path that is almost one of a session.
        let segments = rest.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: true)
        guard segments.count == 3 else { return path }
        return path.dropLast(rest.count) + rest[..<segments[1].startIndex] + "…" + rest[segments[1].endIndex...]
    }
}
