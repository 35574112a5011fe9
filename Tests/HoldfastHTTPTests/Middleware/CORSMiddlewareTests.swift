// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HoldfastTransport
import Logging
import Testing

@testable import HoldfastHTTP

@Suite struct CORSMiddlewareTests {
    private static let good = "https://app.example"

    private func router(_ cors: CORSMiddleware) -> Router {
        let router = Router()
        router.use(cors)
        router.get("/a") { _, _ in "a" }
        router.get("/error") { _, _ -> String in throw HTTPError(.conflict) }
        router.get("/own") { _, _ in
            Response(fields: [.accessControlAllowOrigin: "https://own.example", .vary: "Accept"])
        }
        router.get("/vary") { _, _ in Response(fields: [.vary: "Accept, ORIGIN"]) }
        router.options("/a") { _, _ in "options" }
        return router
    }

    @Test(arguments: [
        "https://app.example", "https://APP.example", "https://app.example:443", "http://localhost:3000",
    ])
    func `a listed origin is told that it may read`(origin: String) async throws {
        let router = router(
            .cors(origins: ["https://app.example", "http://localhost:3000"], exposed: [.eTag, .location])
        )
        let fields = try await router.respond(.get, "/a", [("Origin", origin)]).fields
        #expect(fields[.accessControlAllowOrigin] == origin)
        #expect(fields[.accessControlExposeHeaders]?.lowercased() == "etag, location")
        #expect(fields[.accessControlAllowCredentials] == nil)
        #expect(fields[values: .vary] == ["Origin"])
    }

    @Test(
        arguments: [true, false],
        [
            nil, "null", "https://app.example.evil", "https://evil-app.example", "http://app.example",
            "https://app.example:8443",
            "https://app.example/", "https://user@app.example", "https://app.example, https://app.example", "*", "",
            "https://app.example\u{7f}", "https://192.0.2.1", "app.example",
        ]
    )
    func `another origin gets no field, least of all with credentials`(credentials: Bool, origin: String?) async throws
    {
        let router = router(.cors(origins: [Self.good], credentials: credentials))
        let requestFields = origin.map { [("Origin", $0)] } ?? []
        guard let response = try? await router.respond(.get, "/a", requestFields) else {
            // The parser refuses it already.
            #expect(origin?.contains("\u{7f}") == true)
            return
        }
        #expect(response.status == .ok)
        for name in [
            HTTPField.Name.accessControlAllowOrigin, .accessControlAllowCredentials, .accessControlExposeHeaders,
        ] {
            #expect(response.fields[name] == nil)
        }
        #expect(response.fields[values: .vary] == ["Origin"])
        let preflight = try await router.respond(
            .options,
            "/a",
            requestFields + [("Access-Control-Request-Method", "GET")]
        )
        #expect(preflight.bodyText == "options")
        #expect(preflight.fields[.accessControlAllowOrigin] == nil)
        #expect(preflight.fields[.accessControlAllowMethods] == nil)
    }

    @Test func `two Origin lines are no origin`() async throws {
        let router = router(.cors(origins: [Self.good]))
        let fields = try await router.respond(.get, "/a", [("Origin", Self.good), ("Origin", Self.good)]).fields
        #expect(fields[.accessControlAllowOrigin] == nil)
    }

    @Test func `any origin is a star, never the origin and never credentials`() async throws {
        let router = router(.cors(origins: .any))
        for origin in ["https://evil.example", "null"] {
            let response = try await router.respond(.get, "/a", [("Origin", origin)])
            #expect(response.fields[.accessControlAllowOrigin] == "*")
            #expect(response.fields[.accessControlAllowCredentials] == nil)
            #expect(response.fields[.vary] == nil)
        }
        // What is kept without an origin may be given to a page.
        #expect(try await router.respond(.get, "/a").fields[.accessControlAllowOrigin] == "*")
    }

    @Test func `credentials are allowed to a listed origin only`() async throws {
        let router = router(.cors(origins: [Self.good], credentials: true))
        let fields = try await router.respond(.get, "/a", [("Origin", Self.good)]).fields
        #expect(fields[.accessControlAllowOrigin] == Self.good)
        #expect(fields[.accessControlAllowCredentials] == "true")
    }

    @Test(arguments: ["/a", "/error", "/nowhere"])
    func `a preflight is answered before any route`(path: String) async throws {
        let router = router(
            .cors(origins: [Self.good], methods: [.get, .put], headers: [.contentType], maxAge: .seconds(5))
        )
        let response = try await router.respond(
            .options,
            path,
            [
                ("Origin", Self.good), ("Access-Control-Request-Method", "PUT"),
                ("Access-Control-Request-Headers", "X-Other"),
            ]
        )
        #expect(response.status == .noContent)
        #expect(response.fields[.accessControlAllowOrigin] == Self.good)
        #expect(response.fields[.accessControlAllowMethods] == "GET, PUT")
        #expect(response.fields[.accessControlAllowHeaders]?.lowercased() == "content-type")
        #expect(response.fields[.accessControlMaxAge] == "5")
        #expect(response.fields[values: .vary] == ["Origin"])
    }

    @Test func `a group's own CORS answers the preflights of its routes alone`() async throws {
        let router = Router()
        router.use(.requestLog)
        router.group("/api", .cors(origins: [Self.good]), .requestLog(level: .debug)) { $0.post("/a") { _, _ in "" } }
        router.post("/b") { _, _ in "" }
        let fields = [("Origin", Self.good), ("Access-Control-Request-Method", "POST")]
        let inside = try await router.respond(.options, "/api/a", fields)
        #expect(inside.fields[.accessControlAllowOrigin] == Self.good)
        let outside = try await router.respond(.options, "/b", fields)
        #expect(outside.status == .noContent)
        #expect(outside.fields[.accessControlAllowOrigin] == nil)
    }

    @Test func `OPTIONS that is no preflight reaches its route`() async throws {
        let response = try await router(.cors(origins: [Self.good])).respond(.options, "/a", [("Origin", Self.good)])
        #expect(response.bodyText == "options")
        #expect(response.fields[.accessControlAllowOrigin] == Self.good)
    }

    @Test(arguments: [("/error", 409), ("/nowhere", 404)])
    func `errors carry the fields too`(path: String, code: Int) async throws {
        let response = try await router(.cors(origins: [Self.good])).respond(.get, path, [("Origin", Self.good)])
        #expect(response.status.code == code)
        #expect(response.fields[.accessControlAllowOrigin] == Self.good)
    }

    @Test func `what a response brings itself is kept`() async throws {
        let router = router(.cors(origins: [Self.good], credentials: true))
        let own = try await router.respond(.get, "/own", [("Origin", Self.good)]).fields
        #expect(own[values: .accessControlAllowOrigin] == ["https://own.example"])
        #expect(own[.accessControlAllowCredentials] == nil)
        #expect(try await router.respond(.get, "/vary").fields[values: .vary] == ["Accept, ORIGIN"])
    }

    @Test func `credentials for every page keep the server from starting`() throws {
        let error = try #require(throws: RouterError.self) {
            try router(.cors(origins: .any, credentials: true)).freeze()
        }
        #expect(error.description.contains("CORS cannot allow credentials to every page: list the origins"))
    }

    @Test(arguments: ["example.com", "https://example.com/", "https://*.example.com", "null", "*", ""])
    func `a list with something else than origins keeps the server from starting`(entry: String) throws {
        let router = router(.cors(origins: .list([Self.good, entry])))
        let error = try #require(throws: RouterError.self) { try router.freeze() }
        #expect(error.description.contains("“\(entry)”"))
    }
}
