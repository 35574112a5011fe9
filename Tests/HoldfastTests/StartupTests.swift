// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Holdfast
@testable import HoldfastHTTP

/// What an application that cannot start says.
@Suite(.timeLimit(.minutes(1))) struct StartupTests {
    /// The text of the error with which `app` does not start.
    private func failure(_ app: Application) async throws -> String {
        let error = await #expect(throws: StartupError.self) {
            try await app.withServer { _ in }
        }
        let text = try #require(error).description
        #expect(!text.contains("\n"))
        return text
    }

    @Test func `a port that is taken is named`() async throws {
        try await makeApplication().withServer { addresses in
            let port = try #require(addresses.first?.port)
            let text = try await failure(makeApplication([.tcp("127.0.0.1", port: port)]))
            #expect(
                text == "cannot listen on 127.0.0.1:\(port): "
                    + "the address is in use by another process; choose another port or stop it"
            )
        }
    }

    @Test func `a listener that fails takes back those before it`() async throws {
        let path = makeSocketPath()
        let app = makeApplication([.unix(path), .tcp("127.0.0.1", port: 0, tls: .init(certificate: "no", key: "no"))])
        _ = try await failure(app)
        await #expect(throws: (any Error).self) {
            try await WireClient.connect(BoundAddress(host: nil, port: nil, path: path, isSecure: false))
        }
    }

    @Test(arguments: [
        ("/no/such.pem", Certificates.key, "cannot read the certificate /no/such.pem: "),
        (Certificates.certificate, "/no/such.key", "cannot read the private key /no/such.key: "),
        (Certificates.key, Certificates.key, "\(Certificates.key)"),
        (
            Certificates.certificate, Certificates.otherKey,
            "the certificate \(Certificates.certificate) and key \(Certificates.otherKey) do not fit: "
        ),
    ]) func `a certificate that cannot be used is named`(
        certificate: String,
        key: String,
        expected: String
    ) async throws {
        let tls = TLSOptions(certificate: certificate, key: key)
        let text = try await failure(makeApplication([.tcp("127.0.0.1", port: 0, tls: tls)]))
        #expect(text.contains(expected), "\(text)")
    }

    @Test func `two routes for the same requests are named with their lines`() async throws {
        let app = makeApplication()
        app.get("/users/:id") { _, _ in "one" }
        app.get("/users/:name") { _, _ in "two" }
        let text = try await failure(app)
        #expect(text.contains("/users/:id"))
        #expect(text.contains("/users/:name"))
        #expect(text.contains("StartupTests.swift:"))
    }

    @Test func `more than one conflict still makes one line`() async throws {
        let app = makeApplication()
        for path in ["/a", "/b"] {
            app.get(path) { _, _ in "one" }
            app.get(path) { _, _ in "two" }
        }
        let text = try await failure(app)
        #expect(text.contains("/a"))
        #expect(text.contains("/b"))
    }

    @Test func `a limit that makes no sense is named`() async throws {
        var configuration = makeApplication().configuration
        configuration.limits.http.body = -1
        #expect(try await failure(Application(configuration: configuration)).contains("http.body"))
    }

    /// One door after the other with these origins.
    private static let doors: [(String, @Sendable (Application, OriginPolicy) -> Void)] = [
        ("rpc", { app, origins in app.rpc("/a", RPCEndpoint(), options: .init(allowedOrigins: origins)) }),
        ("sockJS", { app, origins in app.sockJS("/a", options: .init(allowedOrigins: origins)) { _ in } }),
        ("webSocket", { app, origins in app.webSocket("/a", options: .init(allowedOrigins: origins)) { _ in } }),
        ("cors", { app, origins in app.use(.cors(origins: origins)) }),
        (
            "a group's cors",
            { app, origins in app.group("/a", .cors(origins: origins)) { $0.get("/b") { _, _ in "" } } }
        ),
    ]

    @Test(arguments: [
        "example.com", "https://example.com/", "*", "null", "wss://example.com", "https://*.example.com", "",
    ])
    func `an origin that no page has is named at every door`(entry: String) async throws {
        for (door, open) in Self.doors {
            let app = makeApplication()
            open(app, .list(["https://example.com", entry]))
            let text = try await failure(app)
            #expect(text.split(separator: "no page has the origin “\(entry)”").count == 2, "\(door): \(text)")
            #expect(text.contains(".any") == (entry == "*"), "\(door): \(text)")
            let usable = makeApplication()
            open(usable, ["https://example.com", "http://localhost:3000"])
            try await usable.withServer { _ in }
        }
    }

    @Test func `an endpoint's own limits are checked like the application's`() async throws {
        var rpc = Limits.RPC()
        rpc.depth = 0
        var webSocket = Limits.WebSocket()
        webSocket.message = -5
        var sockJS = SockJSOptions()
        sockJS.heartbeat = .zero
        var framed = SockJSOptions()
        framed.limits = webSocket
        let app = makeApplication()
        app.rpc("/1", RPCEndpoint(), options: .init(limits: rpc))
        app.rpc("/2", RPCEndpoint(), options: .init(reconnectionTimeout: .seconds(-1)))
        app.webSocket("/3", options: .init(limits: webSocket)) { _ in }
        app.sockJS("/4", options: sockJS) { _ in }
        app.sockJS("/5", options: framed) { _ in }
        app.get("/6", options: .init(timeout: .zero)) { _, _ in "" }
        let text = try await failure(app)
        for problem in [
            "the limit rpc.depth must be greater than zero", "reconnectionTimeout must not be negative",
            "the limit webSocket.message must be greater than zero",
            "the limit sockJS.heartbeat must be greater than zero",
            "the timeout of “/6” must be more than zero",
        ] {
            #expect(text.contains(problem), "\(text)")
        }
        #expect(text.split(separator: "StartupTests.swift:").count == 7, "\(text)")
    }

    @Test func `the application's limits are those of every endpoint without its own`() async throws {
        var configuration = makeApplication().configuration
        configuration.limits.rpc.batch = 1
        configuration.limits.webSocket.message = 100
        var own = Limits.RPC()
        own.batch = 2
        let app = Application(configuration: configuration)
        let rpc = RPCEndpoint()
        rpc.method("echo") { (params: JSON, _) in params }
        app.rpc("/plain", rpc)
        app.rpc("/own", rpc, options: .init(limits: own))
        app.sockJS("/sockjs") { connection in
            for try await text in connection.messages { try await connection.send(text) }
        }
        try await app.withServer { addresses in
            let client = try await WireClient.connect(try #require(addresses.first))
            defer { client.close() }
            for (path, isRefused) in [("/plain", true), ("/own", false)] {
                let call = #"{"id":1,"method":"echo","params":[]}"#
                let json = ["Content-Type: application/json"]
                let answer = try await client.request("POST", path, json, body: "[\(call),\(call)]")
                #expect(answer.body.contains("-32600") == isRefused)
            }
            for path in ["/plain", "/sockjs/websocket"] {
                let webSocket = try await WireClient.connect(try #require(addresses.first))
                defer { webSocket.close() }
                #expect(try await webSocket.upgrade(path).status == 101)
                try await webSocket.sendText(String(repeating: " ", count: 101))
                #expect(try await webSocket.frame().code == 1009)
            }
        }
    }

    @Test(arguments: [Duration.seconds(Int64.max), .seconds(1e19), .seconds(1.7e20)])
    func `times without end harm nobody`(duration: Duration) async throws {
        var configuration = makeApplication().configuration
        configuration.shutdownTimeout = duration
        for key in [
            \Limits.http.headTimeout, \.http.bodyGrace, \.http.bodyTimeout, \.http.keepAlive, \.http.handlerTimeout,
            \.http.writeTimeout, \.http.handshakeTimeout, \.webSocket.messageTimeout, \.webSocket.pingInterval,
            \.webSocket.pongTimeout, \.webSocket.closeTimeout, \.webSocket.sendTimeout, \.rpc.firstMessageTimeout,
            \.rpc.callTimeout,
        ] { configuration.limits[keyPath: key] = duration }
        configuration.listeners = [
            .tcp("127.0.0.1", port: 0),
            .tcp("localhost", port: 0, tls: .init(certificate: Certificates.certificate, key: Certificates.key)),
        ]
        let app = Application(configuration: configuration)
        let rpc = RPCEndpoint()
        rpc.method("ask", .concurrent) { (call: RPCCall) in
            try await call.session.call("question", as: String.self, timeout: duration)
        }
        app.rpc("/rpc", rpc, options: .init(sockJS: true, pingWatchdog: true, reconnectionTimeout: duration))
        app.get("/slow", options: .init(timeout: duration)) { _, _ in "slow" }
        var sockJS = SockJSOptions()
        sockJS.heartbeat = duration
        sockJS.disconnectDelay = duration
        app.sockJS("/sockjs", options: sockJS) { connection in try await connection.send("hello") }
        try await app.withServer { addresses in
            for address in addresses {
                let client = try await WireClient.connect(address)
                defer { client.close() }
                #expect(try await client.get("/slow").body == "slow")
                #expect(try await client.request("POST", "/sockjs/0/\(address.port ?? 0)/xhr", body: "").body == "o\n")
                let wire = try await RPCWire.connect(.webSocket, address)
                let id = try #require(try await wire.call("connect")["sessionId"]?.string)
                wire.vanish()
                let again = try await RPCWire.connect(.xhr, address)
                defer { again.vanish() }
                #expect(try await again.call("connect", #"{"sessionId":"\#(id)"}"#)["sessionId"]?.string == id)
                try await again.send(RPCWire.request("ask", nil, id: 9))
                let question = try await again.next()
                try await again.send(#"{"id":\#(question["id"] ?? .null),"result":"yes"}"#)
                #expect(try await again.next()["result"]?["value"]?.string == "yes")
            }
        }
    }

    @Test func `a shutdown timeout below zero is named`() async throws {
        var configuration = makeApplication().configuration
        configuration.shutdownTimeout = .seconds(-1)
        #expect(try await failure(Application(configuration: configuration)) == "shutdownTimeout must not be negative")
    }

    @Test(arguments: [
        (["HOLDFAST_PORT": "http"], "HOLDFAST_PORT is http, not a number from 0 to 65535"),
        (["HOLDFAST_PORT": "65536"], "HOLDFAST_PORT is 65536, not a number from 0 to 65535"),
        (["HOLDFAST_THREADS": "0"], "HOLDFAST_THREADS is 0, not a number from 1 to 1024"),
        (
            ["HOLDFAST_LOG_LEVEL": "loud"],
            "HOLDFAST_LOG_LEVEL is loud, not one of trace, debug, info, notice, warning, error, critical"
        ),
        (
            ["HOLDFAST_TLS_CERT": "a.pem"],
            "HOLDFAST_TLS_CERT and HOLDFAST_TLS_KEY go together; one is missing"
        ),
        (
            ["HOLDFAST_PORT": "x", "HOLDFAST_SHUTDOWN_TIMEOUT": "-1"],
            "HOLDFAST_PORT is x, not a number from 0 to 65535; "
                + "HOLDFAST_SHUTDOWN_TIMEOUT is -1, not a number from 0 to 86400"
        ),
    ]) func `an environment that cannot be used is named`(
        environment: [String: String],
        expected: String
    ) async throws {
        let app = Application(configuration: .fromEnvironment(port: 8080, environment))
        #expect(try await failure(app) == expected)
    }

    @Test func `the environment says where to listen`() throws {
        let plain = ApplicationConfiguration.fromEnvironment(port: 9090, [:])
        #expect(plain.listeners == [.tcp("127.0.0.1", port: 9090)])
        let full = ApplicationConfiguration.fromEnvironment([
            "HOLDFAST_HOST": "::", "HOLDFAST_PORT": "0", "HOLDFAST_THREADS": "3", "HOLDFAST_TLS_CERT": "c",
            "HOLDFAST_TLS_KEY": "k", "HOLDFAST_SHUTDOWN_TIMEOUT": "7", "HOLDFAST_LOG_LEVEL": "Debug",
        ])
        #expect(full.listeners == [.tcp("::", port: 0, tls: TLSOptions(certificate: "c", key: "k"))])
        #expect(full.threads == 3)
        #expect(full.shutdownTimeout == .seconds(7))
        #expect(full.logger.logLevel == .debug)
        #expect(ApplicationConfiguration.fromEnvironment(["HOLDFAST_UNIX": "/run/x"]).listeners == [.unix("/run/x")])
    }
}
