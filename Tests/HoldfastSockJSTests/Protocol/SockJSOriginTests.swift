// SPDX-License-Identifier: Apache-2.0
import HoldfastSockJS
import HoldfastTransport
import Testing

@Suite("Who may use a SockJS endpoint", .timeLimit(.minutes(1)))
struct SockJSOriginTests {
    private static let endpoints = [
        ("GET", "/info"), ("OPTIONS", "/info"), ("POST", "/0/i/xhr"), ("POST", "/0/i/xhr_streaming"),
        ("POST", "/0/i/xhr_send"),
        ("OPTIONS", "/0/i/xhr"), ("GET", "/0/i/eventsource"), ("GET", "/0/i/htmlfile?c=x"), ("GET", "/0/i/jsonp?c=x"),
        ("POST", "/0/i/jsonp_send"), ("GET", "/iframe.html"),
    ]

    private func restricted(_ origins: OriginPolicy = .sameOrigin) -> SockJSOptions {
        var options = TestServer.permissive
        options.allowedOrigins = origins
        return options
    }

    @Test(
        "Pages of other origins are refused on every endpoint",
        arguments: [
            "http://other.test", "null", "http://site.test.evil.test", "https://site.test", "http://site.test:81",
        ]
    )
    func foreign(origin: String) async throws {
        try await TestServer.run(options: restricted()) { server async throws in
            for (method, path) in Self.endpoints {
                let body = method == "POST" ? "[]" : nil
                let answer = try await server.request(method, "/base" + path, ["Origin: \(origin)"], body: body)
                #expect(answer.status == 403, "\(path)")
                #expect(answer.fields["access-control-allow-origin"] == nil, "\(path)")
            }
            for path in ["/base/websocket", "/base/0/i/websocket"] {
                let client = try await server.connect()
                #expect(try await client.upgrade(path, ["Origin: \(origin)"]).status == 403)
                client.close()
            }
            #expect(server.connections.all.isEmpty)
        }
    }

    @Test(
        "The server's own pages and the listed ones may, and may read",
        arguments: ["http://site.test", "HTTP://friend.test:8080"]
    )
    func allowed(origin: String) async throws {
        try await TestServer.run(options: restricted(.list(["http://friend.test:8080"]))) { server async throws in
            let answer = try await server.post("/base/0/i/xhr", "", ["Origin: \(origin)"])
            #expect(answer.body == "o\n")
            #expect(answer.fields["access-control-allow-origin"] == origin)
            #expect(answer.fields["access-control-allow-credentials"] == "true")
            #expect(answer.fields["vary"] == "Origin")
            let client = try await server.connect()
            #expect(try await client.upgrade("/base/0/i/websocket", ["Origin: \(origin)"]).status == 101)
            client.close()
        }
    }

    @Test("Programs that are no browsers may, and no page learns anything")
    func absent() async throws {
        try await TestServer.run(options: restricted()) { server async throws in
            let answer = try await server.post("/base/0/i/xhr")
            #expect(answer.body == "o\n")
            #expect(answer.fields["access-control-allow-origin"] == nil)
        }
    }

    @Test(
        "Scripts and frames that a browser marks as another site's are refused",
        arguments: ["cross-site", "same-site"]
    )
    func fetchMetadata(site: String) async throws {
        try await TestServer.run(options: restricted()) { server async throws in
            for path in ["/base/0/i/jsonp?c=x", "/base/0/i/htmlfile?c=x", "/base/iframe.html", "/base/info"] {
                #expect(try await server.get(path, ["Sec-Fetch-Site: \(site)"]).status == 403, "\(path)")
            }
            #expect(try await server.get("/base", ["Sec-Fetch-Site: \(site)"]).status == 200)
            #expect(try await server.get("/base/0/i/jsonp?c=x", ["Sec-Fetch-Site: same-origin"]).status == 200)
        }
        try await TestServer.run(options: TestServer.permissive) { server async throws in
            #expect(try await server.get("/base/0/i/jsonp?c=x", ["Sec-Fetch-Site: \(site)"]).status == 200)
        }
    }

    @Test("Only the server's own pages may frame the page of a restricted endpoint")
    func framing() async throws {
        try await TestServer.run(options: restricted()) { server async throws in
            let page = try await server.get("/base/iframe.html")
            #expect(page.fields["x-frame-options"] == "SAMEORIGIN")
            #expect(page.fields["content-security-policy"] == "frame-ancestors 'self'")
        }
    }

    @Test("A session is no other browser's and no other origin's")
    func binding() async throws {
        try await TestServer.run(options: TestServer.permissive) { server async throws in
            let own = ["Origin: http://a.test", "User-Agent: one"]
            #expect(try await server.post("/base/0/i/xhr", "", own).body == "o\n")
            for fields in [
                ["Origin: http://b.test", "User-Agent: one"], ["Origin: http://a.test", "User-Agent: two"],
                own.suffix(0),
            ] {
                #expect(try await server.post("/base/0/i/xhr_send", "[]", Array(fields)).status == 404)
                #expect(try await server.post("/base/0/i/xhr", "", Array(fields)).status == 404)
            }
            #expect(try await server.post("/base/0/i/xhr_send", "[\"x\"]", own).status == 204)
            #expect(
                try await server.get("/base/0/i/jsonp?c=f", ["User-Agent: one"]).body == #"/**/f("a[\"x\"]");"# + "\r\n"
            )
        }
        var options = TestServer.permissive
        options.bindSessions = false
        try await TestServer.run(options: options) { server async throws in
            #expect(try await server.post("/base/0/i/xhr", "", ["User-Agent: one"]).body == "o\n")
            #expect(try await server.post("/base/0/i/xhr_send", "[]", ["User-Agent: two"]).status == 204)
        }
    }
}
