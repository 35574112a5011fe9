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
