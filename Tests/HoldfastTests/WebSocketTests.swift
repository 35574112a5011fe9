// SPDX-License-Identifier: Apache-2.0
import NIOCore
import Testing

@testable import Holdfast

/// WebSockets of an application, over a real connection.
@Suite(.timeLimit(.minutes(1))) struct WebSocketTests {
    private struct Broken: Error {}

    private func application() -> Application {
        let app = makeApplication()
        let echo: @Sendable (MessageConnection) async throws -> Void = { connection in
            for try await message in connection.messages { try await connection.send(message) }
        }
        app.webSocket("/echo", options: .init(subprotocols: ["b", "a"]), handler: echo)
        app.webSocket("/listed", options: .init(allowedOrigins: ["https://app.test"]), handler: echo)
        app.webSocket("/any", options: .init(allowedOrigins: .any), handler: echo)
        var limits = Limits.WebSocket()
        limits.message = 100
        app.webSocket("/small", options: .init(limits: limits), handler: echo)
        app.webSocket("/brief") { connection in try await connection.send("bye") }
        app.webSocket("/broken") { _ in throw Broken() }
        app.webSocket("/own") { connection in connection.close(4001, reason: "enough") }
        return app
    }

    /// Runs `body` with a client of its own for each path it asks for.
    private func connected(
        _ path: String,
        _ fields: [String] = [],
        _ body: (WireClient) async throws -> Void
    ) async throws {
        try await application().withServer { addresses in
            let client = try await WireClient.connect(try #require(addresses.first))
            defer { client.close() }
            #expect(try await client.upgrade(path, fields).status == 101)
            try await body(client)
        }
    }

    @Test func `text and binary come back as they went`() async throws {
        try await connected("/echo") { client in
            for length in [0, 1, 125, 126, 65_535] {
                let text = String(repeating: "x", count: length)
                try await client.sendText(text)
                #expect(try await client.text() == text)
            }
            try await client.sendFrame(2, Array("bytes".utf8))
            #expect(try await client.frame() == .init(opcode: 2, text: "bytes"))
        }
    }

    @Test func `a ping is answered with its own bytes`() async throws {
        try await connected("/echo") { client in
            try await client.sendFrame(9, Array("beat".utf8))
            #expect(try await client.frame() == .init(opcode: 10, text: "beat"))
        }
    }

    @Test func `the close of the client is answered, and the connection ends`() async throws {
        try await connected("/echo") { client in
            try await client.sendClose(1000, "done")
            let frame = try await client.frame()
            #expect(frame.opcode == 8)
            #expect(frame.code == 1000)
            #expect(await client.untilClosed() == "")
        }
    }

    @Test(arguments: [("/brief", "bye", UInt16(1000), ""), ("/broken", nil, 1011, ""), ("/own", nil, 4001, "enough")])
    func `the end of a handler closes`(path: String, first: String?, code: UInt16, reason: String) async throws {
        try await connected(path) { client in
            if let first { #expect(try await client.text() == first) }
            #expect(try await client.frame() == .close(code, reason))
            try await client.sendClose(code)
            #expect(await client.untilClosed() == "")
        }
    }

    @Test(arguments: [(100, false), (101, true)])
    func `a message over the limit of its route closes with 1009`(length: Int, tooBig: Bool) async throws {
        try await connected("/small") { client in
            try await client.sendText(String(repeating: "x", count: length))
            let frame = try await client.frame()
            #expect(frame.code == (tooBig ? 1009 : nil))
            #expect(frame.opcode == (tooBig ? 8 : 1))
        }
    }

    @Test func `text that is not UTF-8 closes with 1007`() async throws {
        try await connected("/echo") { client in
            try await client.sendFrame(1, [0xFF])
            #expect(try await client.frame().code == 1007)
        }
    }

    @Test func `a frame without a mask closes with 1002`() async throws {
        try await connected("/echo") { client in
            try await client.write(.init(bytes: [0x81, 1, 0x78]))
            #expect(try await client.frame().code == 1002)
        }
    }

    @Test(arguments: [
        ("/echo", "http://site.test", 101), ("/echo", "http://site.test:80", 101), ("/echo", "HTTP://Site.Test", 101),
        ("/echo", "https://site.test", 403), ("/echo", "http://site.test:8080", 403), ("/echo", "null", 403),
        ("/echo", "http://site.test.evil", 403), ("/echo", "http://127.0.0.1", 403), ("/echo", "", 403),
        ("/listed", "https://app.test", 101), ("/listed", "http://site.test", 101), ("/listed", "null", 403),
        ("/listed", "http://app.test", 403), ("/listed", "https://app.test.evil", 403),
        ("/any", "null", 101), ("/any", "http://elsewhere.test", 101),
    ]) func `pages connect where they may`(path: String, origin: String, status: Int) async throws {
        try await application().withServer { addresses in
            let client = try await WireClient.connect(try #require(addresses.first))
            defer { client.close() }
            #expect(try await client.upgrade(path, ["Origin: \(origin)"]).status == status)
        }
    }

    @Test(arguments: [("a", "a"), ("a, b", "b"), ("c", nil)])
    func `a subprotocol is agreed on`(offered: String, agreed: String?) async throws {
        try await application().withServer { addresses in
            let client = try await WireClient.connect(try #require(addresses.first))
            defer { client.close() }
            let answer = try await client.upgrade("/echo", ["Sec-WebSocket-Protocol: \(offered)"])
            #expect(answer.status == 101)
            #expect(answer.fields["sec-websocket-protocol"] == agreed)
        }
    }
}
