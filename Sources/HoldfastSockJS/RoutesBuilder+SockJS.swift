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
        let base = path.split(separator: "/").count
        var route = RouteOptions(bodyLimit: service.options.bodyLimit)
        route.loggedPath = { SockJSPath.redacted($0, baseSegments: base) }
        return any(path + "/**", options: route, fileID: fileID, line: line) { request, context -> Response in
            let path = request.path
            return try await service.respond(request, context, rest: SockJSPath.rest(of: path, baseSegments: base))
        }
    }
}

extension SockJSPath {
    /// What follows the base in a path, the leading slash included.
    package static func rest(of path: String, baseSegments: Int) -> Substring {
        var rest = path[...]
        for _ in 0..<baseSegments {
            guard let slash = rest.dropFirst().firstIndex(of: "/") else { return "" }
            rest = rest[slash...]
        }
        return rest
    }

    /// The path without the session's id, which is as good as a password while the session lives.
    package static func redacted(_ path: String, baseSegments: Int) -> String {
        let rest = rest(of: path, baseSegments: baseSegments)
        // Also of a path that is almost one of a session.
        let segments = rest.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: true)
        guard segments.count == 3 else { return path }
        return path[..<segments[1].startIndex] + "…" + path[segments[1].endIndex...]
    }
}
