// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import Holdfast

/// Where applications listen.
@Suite(.timeLimit(.minutes(1))) struct ListenerTests {
    private func application(_ listeners: Listener...) -> Application {
        let app = makeApplication(listeners)
        app.get("/") { request, _ in "\(request.isSecure ? "secure" : "plain") \(request.remoteAddress ?? "unknown")" }
        app.post("/length") { request, _ in "\(try await request.body.collect().count)" }
        app.webSocket("/ws") { connection in
            for try await message in connection.messages { try await connection.send(message) }
        }
        return app
    }

    private let tls = TLSOptions(certificate: Certificates.certificate, key: Certificates.key)

    @Test func `a port of 0 is any port, reported back`() async throws {
        try await application(.tcp("127.0.0.1", port: 0)).withServer { addresses in
            let address = try #require(addresses.first)
            #expect(addresses.count == 1)
            #expect(address.description == "http://127.0.0.1:\(address.port ?? 0)")
            let client = try await WireClient.connect(address)
            defer { client.close() }
            #expect(try await client.get("/").body.hasPrefix("plain 127.0.0.1:"))
        }
    }

    @Test func `IPv6 is served`() async throws {
        try await application(.tcp("::1", port: 0)).withServer { addresses in
            let address = try #require(addresses.first)
            #expect(address.description == "http://[::1]:\(address.port ?? 0)")
            let client = try await WireClient.connect(address)
            defer { client.close() }
            #expect(try await client.get("/").body.hasPrefix("plain [::1]:"))
        }
    }

    @Test func `a Unix socket is served, and a stale file of it is replaced`() async throws {
        let path = makeSocketPath()
        defer { try? FileManager.default.removeItem(atPath: path) }
        for _ in 1...2 {
            try await application(.unix(path)).withServer { addresses in
                let address = try #require(addresses.first)
                #expect(address.description == "unix:\(path)")
                let client = try await WireClient.connect(address)
                defer { client.close() }
                #expect(try await client.get("/").body == "plain unknown")
            }
        }
    }

    @Test func `several listeners serve the same application`() async throws {
        let app = application(.tcp("127.0.0.1", port: 0), .tcp("127.0.0.1", port: 0, tls: tls))
        try await app.withServer { addresses in
            #expect(addresses.map(\.isSecure) == [false, true])
            for (address, expected) in zip(addresses, ["plain 127.0.0.1:", "secure 127.0.0.1:"]) {
                let client = try await WireClient.connect(address)
                defer { client.close() }
                #expect(try await client.get("/").body.hasPrefix(expected))
            }
        }
    }

    @Test func `TLS carries several requests, long bodies and an orderly end`() async throws {
        try await application(.tcp("127.0.0.1", port: 0, tls: tls)).withServer { addresses in
            let address = try #require(addresses.first)
            #expect(address.description.hasPrefix("https://127.0.0.1:"))
            let client = try await WireClient.connect(address)
            defer { client.close() }
            let body = String(repeating: "x", count: 300_000)
            #expect(try await client.request("POST", "/length", body: body).body == "300000")
            let last = try await client.get("/", ["Connection: close"])
            #expect(last.fields["connection"] == "close")
            #expect(await client.untilClosed() == "")
        }
    }

    @Test func `a WebSocket over TLS echoes, and its own pages are those of https`() async throws {
        try await application(.tcp("127.0.0.1", port: 0, tls: tls)).withServer { addresses in
            let address = try #require(addresses.first)
            let client = try await WireClient.connect(address)
            defer { client.close() }
            #expect(try await client.upgrade("/ws", ["Origin: https://site.test"]).status == 101)
            try await client.sendText("hello")
            #expect(try await client.text() == "hello")
            let stranger = try await WireClient.connect(address)
            defer { stranger.close() }
            #expect(try await stranger.upgrade("/ws", ["Origin: http://site.test"]).status == 403)
        }
    }
}
