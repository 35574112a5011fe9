// SPDX-License-Identifier: Apache-2.0
import HoldfastTransport
import NIOCore
import Testing

@testable import HoldfastHTTP

/// How requests follow each other on a connection (RFC 9112 §9).
struct KeepAliveTests {
    private func connection(_ change: (inout Limits) -> Void = { _ in }) throws -> TestConnection {
        try TestConnection(change) { router in
            router.get("/a") { _, _ in "A" }
            router.get("/b") { _, _ in "B" }
        }
    }

    private static func ok(_ body: String, _ connection: String = "") -> String {
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n\(connection)"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    @Test func `a connection answers one request after the other`() throws {
        let connection = try connection()
        try connection.get("/a")
        #expect(try connection.taken() == Self.ok("A"))
        try connection.get("/b")
        #expect(try connection.taken() == Self.ok("B"))
        #expect(connection.isOpen)
    }

    @Test func `requests that come in one piece are answered in their order`() throws {
        let connection = try connection()
        let request = { (path: String) in "GET \(path) HTTP/1.1\r\nHost: site.test\r\n\r\n" }
        try connection.send(request("/a") + request("/b") + request("/a"))
        #expect(try connection.taken() == Self.ok("A") + Self.ok("B") + Self.ok("A"))
    }

    @Test func `a request that comes byte by byte is answered once`() throws {
        let connection = try connection()
        for byte in "GET /a HTTP/1.1\r\nHost: site.test\r\n\r\n" { try connection.send(String(byte)) }
        for byte in "\r\n" { try connection.send(String(byte)) }
        #expect(try connection.taken().hasSuffix("Content-Length: 1\r\n\r\nA"))
        #expect(connection.isOpen)
    }

    @Test func `a later request waits for a handler that waits`() throws {
        let gate = Gate()
        let connection = try TestConnection { router in
            router.get("/slow") { _, _ in
                try await gate.wait()
                return "slow"
            }
            router.get("/a") { _, _ in "A" }
        }
        try connection.get("/slow")
        try connection.get("/a")
        #expect(try connection.taken() == "")
        gate.open()
        #expect(try connection.taken() == Self.ok("slow") + Self.ok("A"))
    }

    @Test func `Connection close is answered with the same and the end`() throws {
        let connection = try connection()
        try connection.send(
            "GET /a HTTP/1.1\r\nHost: site.test\r\nConnection: close\r\n\r\nGET /b HTTP/1.1\r\nHost: site.test\r\n\r\n"
        )
        #expect(try connection.taken() == Self.ok("A", "Connection: close\r\n"))
        #expect(!connection.isOpen)
    }

    @Test func `HTTP 1_0 ends after its answer`() throws {
        let connection = try connection()
        try connection.get("/a", version: "1.0")
        #expect(try connection.taken() == Self.ok("A", "Connection: close\r\n"))
        #expect(!connection.isOpen)
    }

    @Test func `HTTP 1_0 stays when it asks to`() throws {
        let connection = try connection()
        try connection.get("/a", "Connection: Keep-Alive\r\n", version: "1.0")
        #expect(try connection.taken() == Self.ok("A", "Connection: keep-alive\r\n"))
        #expect(connection.isOpen)
    }

    @Test func `HEAD gets the head that GET gets`() throws {
        let connection = try connection()
        try connection.get("/a", method: "HEAD")
        #expect(
            try connection.taken()
                == "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 1\r\n\r\n"
        )
        try connection.get("/b")
        #expect(try connection.taken() == Self.ok("B"))
    }

    @Test func `the last request of a connection is told so`() throws {
        let connection = try connection { $0.http.requestsPerConnection = 3 }
        for _ in 1...2 {
            try connection.get("/a")
            #expect(try connection.taken() == Self.ok("A"))
        }
        try connection.get("/a")
        #expect(try connection.taken() == Self.ok("A", "Connection: close\r\n"))
        #expect(!connection.isOpen)
    }

    @Test func `Upgrade on a plain URL is plain HTTP`() throws {
        let connection = try connection()
        try connection.get("/a", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n")
        #expect(try connection.taken() == Self.ok("A"))
        #expect(connection.isOpen)
    }

    @Test func `what cannot be parsed is answered and ends the connection`() throws {
        let connection = try connection()
        try connection.get("/a")
        _ = try connection.taken()
        try connection.send("GET /a HTTP/1.1\r\n\r\n")
        let answer = try connection.taken()
        #expect(answer.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
        #expect(answer.contains("Connection: close\r\n"))
        #expect(!connection.isOpen)
    }
}
