// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HoldfastTransport
import NIOCore
import NIOEmbedded
import Testing

@testable import HoldfastHTTP

/// WebSocket upgrades on a connection, above all those that are refused (RFC 6455 §4.2).
struct UpgradeTests {
    private func connection() throws -> TestConnection {
        try TestConnection { router in
            router.webSocket("/ws", options: .init(subprotocols: ["chat.v2", "chat.v1"])) { connection in
                for try await message in connection.messages { try await connection.send(message) }
            }
            router.get("/") { _, _ in "A" }
        }
    }

    private static let fields = [
        "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]

    private static func lines(without omitted: String = "-", _ added: String...) -> String {
        (fields.filter { !$0.hasPrefix(omitted) } + added).map { $0 + "\r\n" }.joined()
    }

    @Test func `an upgrade is accepted, on a later request too, and echoes what came with it`() throws {
        let connection = try connection()
        try connection.get("/")
        _ = try connection.taken()
        let frame = ByteBuffer(bytes: [0x81, 0x82, 0, 0, 0, 0] + Array("hi".utf8))
        var bytes = ByteBuffer(string: "GET /ws HTTP/1.1\r\nHost: site.test\r\n" + Self.lines() + "\r\n")
        bytes.writeImmutableBuffer(frame)
        try connection.channel.writeInbound(bytes)
        let answer = try connection.taken()
        #expect(answer.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
        #expect(answer.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"))
        #expect(answer.hasSuffix("\u{FFFD}\u{2}hi"))
        #expect(connection.isOpen)
    }

    @Test(arguments: [
        (lines(without: "Sec-WebSocket-Key"), "400"),
        (lines(without: "Sec-WebSocket-Key", "Sec-WebSocket-Key: short"), "400"),
        (lines("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), "400"),
        (lines(without: "Connection"), "400"),
        (lines(without: "Upgrade"), "400"),
        (lines(without: "Sec-WebSocket-Version"), "426"),
        (lines(without: "Sec-WebSocket-Version", "Sec-WebSocket-Version: 8"), "426"),
        (lines("Origin: http://other.test"), "403"),
        (lines("Origin: null"), "403"),
        (lines("Origin: http://site.test.evil"), "403"),
        (lines("Origin: http://site.test:81"), "403"),
        (lines("Origin: https://site.test"), "403"),
        (lines("Origin: http://site.test", "Origin: http://site.test"), "403"),
        ("", "400"),
    ]) func `an upgrade that cannot be is answered, and the connection goes on`(lines: String, status: String) throws {
        let connection = try connection()
        try connection.get("/ws", lines)
        #expect(try connection.statuses() == [status])
        try connection.get("/")
        #expect(try connection.statuses() == (connection.isOpen ? ["200"] : []))
        #expect(connection.isOpen)
    }

    @Test(arguments: ["http://site.test", "http://SITE.test", "http://site.test:80"])
    func `the server's own pages may connect`(origin: String) throws {
        let connection = try connection()
        try connection.get("/ws", Self.lines("Origin: \(origin)"))
        #expect(try connection.statuses() == ["101"])
    }

    @Test func `426 says what to upgrade to`() throws {
        let connection = try connection()
        try connection.get("/ws", Self.lines(without: "Sec-WebSocket-Version", "Sec-WebSocket-Version: 8"))
        let answer = try connection.taken()
        #expect(answer.contains("Sec-WebSocket-Version: 13\r\n"))
        #expect(answer.lowercased().contains("upgrade: websocket\r\n"))
    }

    @Test func `an upgrade of a path without a route is 404, of another method 405`() throws {
        let connection = try connection()
        try connection.get("/nowhere", Self.lines())
        #expect(try connection.statuses() == ["404"])
        try connection.get("/ws", Self.lines(), method: "DELETE")
        #expect(try connection.statuses() == ["405"])
        #expect(connection.isOpen)
    }

    @Test func `an upgrade with a body is refused`() throws {
        let connection = try connection()
        try connection.send(
            "GET /ws HTTP/1.1\r\nHost: site.test\r\n\(Self.lines())Content-Length: 2\r\n\r\nhi"
        )
        #expect(try connection.statuses() == ["400"])
    }

    @Test func `an upgrade over HTTP 1_0 is refused`() throws {
        let connection = try connection()
        try connection.get("/ws", Self.lines(), version: "1.0")
        #expect(try connection.statuses() == ["400"])
    }

    @Test func `the subprotocol that the server prefers is agreed on`() throws {
        let connection = try connection()
        try connection.get("/ws", Self.lines("Sec-WebSocket-Protocol: chat.v1, chat.v2"))
        #expect(try connection.taken().contains("Sec-WebSocket-Protocol: chat.v2\r\n"))
    }
}
