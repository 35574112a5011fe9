// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Testing

@testable import HoldfastHTTP

@Suite struct RouterTests {
    private struct User: Codable, Sendable { var name: String }

    // MARK: Results

    @Test func `a handler may return text, a status, a response, an encodable value or nothing`() async throws {
        let router = Router()
        router.get("/text") { _, _ in "hello" }
        router.get("/long") { request, _ in
            let text = request.path
            if text.isEmpty { return "" }
            return "at \(text)"
        }
        router.get("/status") { _, _ in HTTPResponse.Status.accepted }
        router.get("/response") { _, _ in Response(.created) }
        router.get("/user") { _, _ in User(name: "Ada") }
        router.get("/users") { _, _ in [User(name: "Ada")] }
        router.delete("/user") { _, _ in }
        router.post("/user") { request, _ in _ = request.path }
        #expect(try await router.text(.get, "/text") == "200 hello")
        #expect(try await router.text(.get, "/long") == "200 at /long")
        #expect(try await router.respond(.get, "/status").status == .accepted)
        #expect(try await router.respond(.get, "/response").status == .created)
        #expect(try await router.respond(.get, "/user").status == .ok)
        #expect(try await router.respond(.get, "/users").status == .ok)
        #expect(try await router.respond(.delete, "/user").status == .noContent)
        #expect(try await router.respond(.post, "/user").status == .noContent)
    }

    // MARK: Parameters

    @Test(arguments: [
        ("/p/abc", "abc"), ("/p/a%2Fb", "a/b"), ("/p/%252F", "%2F"), ("/p/a+b", "a+b"), ("/p/caf%C3%A9/", "café"),
        ("/p/%20", " "), ("/p/%7e", "~"), ("/p/a=b;c,d", "a=b;c,d"), ("/p/%F0%9F%98%80", "😀"), ("/p/..", ".."),
    ])
    func `a parameter is decoded exactly once`(path: String, value: String) async throws {
        let router = Router()
        router.get("/p/:value") { _, context in try context.parameters.require("value") }
        #expect(try await router.text(.get, path) == "200 \(value)")
    }

    @Test(arguments: [
        "%00", "a%00b", "%FF", "%C3", "%C3%28", "%ED%A0%80", "%C0%AF", "%", "%4", "%zz", "a%2", "%+1", "% 1",
    ])
    func `a parameter that is no encoded UTF-8 text is a bad request`(value: String) async throws {
        let router = Router()
        router.get("/p/:value") { _, _ in "reached" }
        let resolution = try router.freeze().resolve(method: .get, path: "/p/\(value)")
        #expect(resolution.outcome == .badPath)
        let error = try await #require(throws: HTTPError.self) {
            try await resolution.route.handler(makeRequest(.get, "/"), makeContext())
        }
        #expect(error.status == .badRequest)
    }

    @Test(arguments: [
        ("/echo", ""), ("/echo/", "/"), ("/echo//", "//"), ("/echo/a//b/", "/a//b/"), ("/echo/%2F%00%zz", "/%2F%00%zz"),
        ("/echo/../x", "/../x"), ("/ech%6F/%41", "/%41"),
    ])
    func `a rest is given raw`(path: String, rest: String) async throws {
        let router = Router()
        router.any("/echo/**") { _, context in "<\(context.parameters.rest)>" }
        #expect(try await router.text(.get, path) == "200 <\(rest)>")
    }

    @Test func `parameters keep their places among other segments`() async throws {
        let router = Router()
        router.get("/a/:x/*/:y/**") { _, context in
            let parameters = context.parameters
            return "\(try parameters.require("x")) \(try parameters.require("y")) \(parameters.rest)"
        }
        #expect(try await router.text(.get, "/a/1/2/3/4/5") == "200 1 3 /4/5")
        #expect(try await router.text(.get, "/a/1/2/3") == "200 1 3 ")
    }

    @Test func `a parameter is read as a number, and a wrong one names itself`() async throws {
        let router = Router()
        router.get("/n/:n") { _, context in
            #expect(context.parameters.get("m") == nil)
            #expect(context.parameters.get("n", as: String.self) != nil)
            return "\(try context.parameters.require("n", as: Int.self) + 1)"
        }
        router.get("/missing") { _, context in try context.parameters.require("n") }
        #expect(try await router.text(.get, "/n/41") == "200 42")
        #expect(try await router.text(.get, "/n/x") == "400 the path parameter “n” is not a valid Int")
        #expect(try await router.text(.get, "/n/9223372036854775808").hasPrefix("400"))
        #expect(try await router.text(.get, "/missing").hasPrefix("400 the path parameter “n”"))
    }

    // MARK: Methods

    @Test func `HEAD and OPTIONS come with GET`() async throws {
        let router = Router()
        router.get("/a") { _, _ in "a" }
        #expect(try await router.text(.head, "/a") == "200 a")
        let options = try await router.respond(.options, "/a")
        #expect(options.status == .noContent)
        #expect(options.fields[.allow] == "GET, HEAD, OPTIONS")
    }

    @Test func `OPTIONS of the server as a whole is answered`() async throws {
        let router = Router()
        #expect(try await router.respond(.options, "*").status == .noContent)
        #expect(try router.freeze().resolve(method: .get, path: "*").outcome == .notFound)
        #expect(try await router.respond(.options, "/").status == .notFound)
    }

    @Test func `an OPTIONS route of one's own wins`() async throws {
        let router = Router()
        router.get("/a") { _, _ in "a" }
        router.options("/**") { _, _ in "mine" }
        #expect(try await router.text(.options, "/a") == "200 mine")
    }

    @Test func `another method is refused with the ones there are`() async throws {
        let router = Router()
        router.post("/a") { _, _ in "a" }
        router.on(.init("PURGE") ?? .trace, "/a") { _, _ in "purged" }
        let response = try await router.respond(.get, "/a")
        #expect(response.status == .methodNotAllowed)
        #expect(response.fields[.allow] == "OPTIONS, POST, PURGE")
        #expect(try await router.respond(.get, "/b").status == .notFound)
        #expect(try await router.respond(.get, "/b").fields[.allow] == nil)
    }

    @Test(arguments: ["get", "M!X", "PURGE"])
    func `a method that is known nowhere is not implemented, whatever the path`(name: String) async throws {
        let router = Router()
        router.use(Mark("app"))
        router.get("/a") { _, _ in "a" }
        let method = try #require(HTTPRequest.Method(name))
        for path in ["/a", "/nowhere"] {
            let response = try await router.respond(method, path)
            #expect(response.status == .notImplemented)
            #expect(response.bodyText == "the method is not implemented")
            #expect(response.fields[.allow] == nil)
            #expect(response.fields[Mark.field] == "app")
        }
    }

    @Test func `CONNECT is known and allowed nowhere`() async throws {
        let router = Router()
        router.use(Mark("app"))
        router.get("/a") { _, _ in "a" }
        router.any("/**") { _, _ in "any" }
        let response = try await router.respond(.connect, "a:443")
        #expect(response.status == .methodNotAllowed)
        #expect(response.bodyText == "this server is no proxy")
        // What the target allows is nothing (RFC 9110 §10.2.1).
        #expect(response.fields[.allow] == "")
        #expect(response.fields[Mark.field] == "app")
    }

    @Test func `a method of one route is known on all paths, and any method on a route of all`() async throws {
        let router = Router()
        let purge = try #require(HTTPRequest.Method("PURGE"))
        router.get("/a") { _, _ in "a" }
        router.on(purge, "/b") { _, _ in "purged" }
        router.any("/any") { request, _ in request.method.rawValue }
        #expect(try await router.respond(purge, "/a").status == .methodNotAllowed)
        #expect(try await router.respond(purge, "/nowhere").status == .notFound)
        #expect(try await router.text(try #require(HTTPRequest.Method("M!X")), "/any") == "200 M!X")
        #expect(try await router.respond(.delete, "/a").status == .methodNotAllowed)
    }

    @Test func `a route whose method no request can have is a mistake`() throws {
        let router = Router()
        router.on(try #require(HTTPRequest.Method(String(repeating: "X", count: 33))), "/a") { _, _ in "a" }
        let error = try #require(throws: RouterError.self) { try router.freeze() }
        #expect(error.description.contains("no request has a method of more than 32 bytes"))
    }

    // MARK: Groups, mounts, middleware

    @Test func `middleware runs from the application over groups to the route`() async throws {
        let router = Router()
        router.use(Mark("app1"), Mark("app2"))
        router.group("/g/:id", Mark("g1")) { group in
            group.use(Mark("g2"))
            group.get("/x") { _, context in try context.parameters.require("id") }.use(Mark("r1"), Mark("r2"))
            group.group { $0.get("/y") { _, _ in "y" } }
        }
        router.get("/plain") { _, _ in "" }
        router.use(Mark("app3"))
        #expect(try await router.text(.get, "/g/7/x") == "200 7")
        #expect(try await router.marks(.get, "/g/7/x") == "r2 r1 g2 g1 app3 app2 app1")
        #expect(try await router.marks(.get, "/g/7/y") == "g2 g1 app3 app2 app1")
        #expect(try await router.marks(.get, "/plain") == "app3 app2 app1")
    }

    @Test func `the router's own answers pass the middleware too`() async throws {
        let router = Router()
        router.use(Mark("app"))
        router.group("/g", Mark("group")) { $0.get("/:x") { _, _ in "" }.use(Mark("route")) }
        #expect(try await router.marks(.get, "/nowhere") == "app")
        #expect(try await router.marks(.get, "/g/%FF") == "app")
        #expect(try await router.marks(.options, "*") == "app")
        #expect(try await router.marks(.post, "/g/x") == "group app")
        #expect(try await router.marks(.options, "/g/x") == "group app")
        #expect(try await router.respond(.post, "/g/x").status == .methodNotAllowed)
    }

    @Test func `a router is mounted below a prefix, more than once, with its middleware`() async throws {
        let inner = Router()
        inner.use(Mark("inner"))
        inner.get("/") { request, _ in "root of \(request.path)" }
        let router = Router()
        router.use(Mark("outer"))
        router.mount(inner, at: "/one")
        router.mount(inner, at: "/two/:id/")
        inner.get("/late/**") { _, context in context.parameters.get("id") ?? "none" }
        #expect(try await router.text(.get, "/one") == "200 root of /one")
        #expect(try await router.text(.get, "/one/late") == "200 none")
        #expect(try await router.text(.get, "/two/5/late/x") == "200 5")
        #expect(try await router.marks(.get, "/two/5") == "inner outer")
    }

    @Test func `middleware may answer itself, change the request and catch errors`() async throws {
        struct Teapot: Error {}
        struct Guard: Middleware {
            func handle(_ request: Request, _ context: RequestContext, next: Handler) async throws -> Response {
                do {
                    var context = context
                    if request.path == "/closed" { return Response(.forbidden) }
                    context[Visitor.self] = "visitor"
                    return try await next(request, context)
                } catch is Teapot {
                    return Response(.conflict)
                }
            }
        }
        enum Visitor: RequestContextKey { typealias Value = String }
        let router = Router()
        router.use(Guard())
        router.get("/closed") { _, _ in "never" }
        router.get("/open") { _, context in context[Visitor.self] ?? "" }
        router.get("/error") { _, _ -> String in throw Teapot() }
        #expect(try await router.respond(.get, "/closed").status == .forbidden)
        #expect(try await router.text(.get, "/open") == "200 visitor")
        #expect(try await router.respond(.get, "/error").status == .conflict)
    }

    // MARK: Options and mistakes

    @Test func `a route's options and pattern come with it`() throws {
        let router = Router()
        let options = RouteOptions(bodyLimit: 5, timeout: .seconds(3), streams: true, runsOnGlobalPool: true)
        router.group("/g") { $0.post("/:x", options: options) { _, _ in "" } }
        let route = try router.freeze().resolve(method: .post, path: "/g/1").route
        #expect(route.pattern?.description == "/g/:x")
        #expect(route.options.bodyLimit == 5)
        #expect(route.options.timeout == .seconds(3))
        #expect(route.options.streams)
        #expect(route.options.runsOnGlobalPool)
    }

    @Test func `every mistake is reported with its place and both patterns`() throws {
        let router = Router()
        router.get("/users/:id") { _, _ in "" }
        router.get("/a//b") { _, _ in "" }
        router.group("/users") { $0.get("/:name") { _, _ in "" } }
        router.group("/x/**") { $0.get("/y") { _, _ in "" } }
        router.mount(router, at: "/self")
        let error = try #require(throws: RouterError.self) { try router.freeze() }
        #expect(error.problems.count == 4)
        let text = error.description
        for part in [
            "GET /users/:id (", "GET /users/:name (", "RouterTests.swift:", "“/a//b”", "below **", "below itself",
        ] {
            #expect(text.contains(part), "\(part) in \(text)")
        }
    }
}
