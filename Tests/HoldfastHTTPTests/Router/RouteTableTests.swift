// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Testing

@testable import HoldfastHTTP

@Suite struct RouteTableTests {
    /// A table of GET routes, and what it finds for a path: the pattern's text.
    private struct Table {
        var patterns: [String]
        var table = RouteTable()

        init(_ patterns: [String]) throws {
            self.patterns = patterns
            for (number, pattern) in patterns.enumerated() {
                try table.insert(PathPattern(pattern), method: .get, route: number)
            }
            table.finish()
        }

        func find(_ path: String) -> String? {
            guard case .found(let number) = path.withRawSpan({ table.match(.get, $0) }) else { return nil }
            return patterns[number]
        }
    }

    private static let matrix = ["/", "/a", "/a/b", "/:x", "/:x/b", "/*/c", "/a/*", "/**", "/a/b/**", "/:x/:y/z"]

    @Test(arguments: [
        ("/", "/"), ("/a", "/a"), ("/a/", "/a"), ("/q", "/:x"), ("/q/", "/:x"), ("/a/b", "/a/b"), ("/q/b", "/:x/b"),
        ("/q/c", "/*/c"), ("/a/c", "/a/*"), ("/q/d", "/**"), ("/a/b/", "/a/b"), ("/a/b/c", "/a/b/**"),
        ("/a/c/z", "/:x/:y/z"), ("/q/r/z", "/:x/:y/z"), ("/q/r/s", "/**"), ("//", "/**"), ("/a//", "/**"),
        ("//a", "/**"),
        ("/a//b", "/**"), ("/a/b//", "/a/b/**"), ("/A", "/:x"),
    ])
    func `the more specific pattern wins, segment by segment`(path: String, pattern: String) throws {
        #expect(try Table(Self.matrix).find(path) == pattern)
        #expect(try Table(Self.matrix.reversed()).find(path) == pattern)
    }

    @Test func `a partial match hides neither a catch-all nor a sibling`() throws {
        let table = try Table(["/api/users/me", "/api/:kind/all", "/api/**", "/:a/:b/:c/deep"])
        #expect(table.find("/api/users/me") == "/api/users/me")
        #expect(table.find("/api/users/all") == "/api/:kind/all")
        #expect(table.find("/api/users/other") == "/api/**")
        #expect(table.find("/api/users/me/deep") == "/api/**")
        #expect(table.find("/x/y/z/deep") == "/:a/:b/:c/deep")
        #expect(table.find("/x/y/z") == nil)
    }

    @Test func `a rest matches its bare prefix and everything below`() throws {
        let table = try Table(["/static/**"])
        for path in ["/static", "/static/", "/static/a", "/static//a/..//b/"] {
            #expect(table.find(path) == "/static/**")
        }
        for path in ["/", "/stati", "/statics", "/staticx/a", "//static"] { #expect(table.find(path) == nil) }
    }

    @Test func `a parameter or a star needs a segment that is not empty`() throws {
        let table = try Table(["/a/:x", "/b/*/c"])
        for path in ["/a", "/a/", "/a//", "/b//c", "/b/c"] { #expect(table.find(path) == nil) }
        #expect(table.find("/a/1/") == "/a/:x")
        #expect(table.find("/b/1/c") == "/b/*/c")
    }

    @Test func `an encoded literal is the literal, and an encoded slash is no separator`() throws {
        let table = try Table(["/café/x", "/a/b", "/50%off"])
        #expect(table.find("/caf%C3%A9/x") == "/café/x")
        #expect(table.find("/caf%c3%a9/%78") == "/café/x")
        #expect(table.find("/a%2Fb") == nil)
        #expect(table.find("/%61/b") == "/a/b")
        #expect(table.find("/%2561/b") == nil)
        #expect(table.find("/%6/b") == nil)
        #expect(table.find("/50%25off") == "/50%off")
    }

    @Test(arguments: ["", "a", "a/b", "*", "?", "http://x/a"])
    func `what is no path finds at most the root`(path: String) throws {
        let table = try Table(["/", "/a", "/a/b"])
        #expect(table.find(path) == (path.isEmpty ? "/" : nil))
    }

    @Test func `every one of many literals is found, and nothing beside them`() throws {
        let paths = (0..<500).map { "/group\($0 % 7)/item\($0)/x" }
        let table = try Table(paths + ["/group1/item1/:y"])
        for path in paths {
            #expect(table.find(path) == path)
            #expect(table.find(path + "y") == (path == "/group1/item1/x" ? "/group1/item1/:y" : nil))
            #expect(table.find(String(path.dropLast())) == nil)
        }
    }

    @Test func `the number of steps does not explode with patterns that overlap`() throws {
        var patterns: [String] = []
        for bits in 0..<256 {
            patterns.append("/" + (0..<8).map { bits >> $0 & 1 == 0 ? "*" : "a" }.joined(separator: "/") + "/end")
        }
        let table = try Table(patterns)
        #expect(table.find(String(repeating: "/a", count: 8) + "/nowhere") == nil)
        #expect(table.find(String(repeating: "/a", count: 100_000)) == nil)
        #expect(table.find("/b/a/a/a/a/a/a/b/end") == "/*/a/a/a/a/a/a/*/end")
    }

    // MARK: Methods

    private func table(_ routes: [(HTTPRequest.Method?, String)]) throws -> RouteTable {
        var table = RouteTable()
        for (number, route) in routes.enumerated() {
            try table.insert(PathPattern(route.1), method: route.0, route: number)
        }
        table.finish()
        return table
    }

    private func match(_ table: RouteTable, _ method: HTTPRequest.Method, _ path: String) -> RouteTable.Match {
        path.withRawSpan { table.match(method, $0) }
    }

    @Test(arguments: [
        "GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get",
    ])
    func `every method has a place of its own`(name: String) throws {
        let method = try #require(HTTPRequest.Method(name))
        let other = try #require(HTTPRequest.Method("OTHER"))
        let table = try table([(other, "/a"), (method, "/a"), (nil, "/b"), (method, "/:x")])
        #expect(match(table, method, "/a") == .found(1))
        #expect(match(table, method, "/b") == .found(2))
        #expect(match(table, method, "/c") == .found(3))
    }

    @Test func `HEAD is GET unless it has a route`() throws {
        let table = try table([(.get, "/a"), (.get, "/b"), (.head, "/b"), (.post, "/c"), (nil, "/a")])
        #expect(match(table, .head, "/a") == .found(0))
        #expect(match(table, .head, "/b") == .found(2))
        #expect(match(table, .head, "/c") == .otherMethods(route: 3, allow: [.options, .post]))
    }

    @Test func `a route without the method does not hide one that has it`() throws {
        let table = try table([(.get, "/a/b"), (.post, "/a/:x"), (.put, "/a/**"), (.delete, "/**")])
        #expect(match(table, .get, "/a/b") == .found(0))
        #expect(match(table, .post, "/a/b") == .found(1))
        #expect(match(table, .put, "/a/b") == .found(2))
        #expect(match(table, .delete, "/a/b") == .found(3))
        let allow: [HTTPRequest.Method] = [.delete, .get, .head, .options, .post, .put]
        #expect(match(table, .patch, "/a/b") == .otherMethods(route: 0, allow: allow))
        #expect(match(table, .options, "/a/b/c") == .otherMethods(route: 2, allow: [.delete, .options, .put]))
    }

    @Test func `the same shape and method twice is a conflict, whatever the names`() throws {
        var table = RouteTable()
        try table.insert(PathPattern("/a/:x/*"), method: .get, route: 0)
        try table.insert(PathPattern("/a/:x/*"), method: .post, route: 1)
        try table.insert(PathPattern("/a/*/*"), method: .get, route: 2)
        try table.insert(PathPattern("/a/:x/**"), method: .get, route: 3)
        try table.insert(PathPattern("/a"), method: nil, route: 4)
        try table.insert(PathPattern("/a"), method: .put, route: 5)
        #expect(throws: RouteTable.Conflict(existing: 0)) {
            try table.insert(PathPattern("a/:y/*/"), method: .get, route: 9)
        }
        #expect(throws: RouteTable.Conflict(existing: 3)) {
            try table.insert(PathPattern("/a/:y/**"), method: .get, route: 9)
        }
        #expect(throws: RouteTable.Conflict(existing: 4)) { try table.insert(PathPattern("/a"), method: nil, route: 9) }
        #expect(throws: RouteTable.Conflict(existing: 5)) {
            try table.insert(PathPattern("/a"), method: .put, route: 9)
        }
    }
}
