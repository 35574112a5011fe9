// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import NIOCore
internal import NIOEmbedded
internal import NIOHTTP1
internal import Testing

@testable internal import HoldfastHTTP

@Suite struct ResponseEncoderTests {
    private func encode(
        _ status: HTTPResponse.Status = .ok,
        _ fields: HTTPFields = [:],
        _ framing: ResponseEncoder.Framing = .length(2),
        keepAlive: Bool? = true,
        isHTTP10: Bool = false,
        date: Bool = false
    ) throws -> String {
        var buffer = ByteBuffer(string: "before|")
        try ResponseEncoder.writeHead(
            status: status,
            fields: fields,
            framing: framing,
            keepAlive: keepAlive,
            isHTTP10: isHTTP10,
            date: date ? HTTPDate.bytes(unixSeconds: 784_111_777) : nil,
            into: &buffer
        )
        let text = String(buffer: buffer)
        #expect(text.hasPrefix("before|"))
        return String(text.dropFirst(7))
    }

    @Test("A head has status line, fields, date and framing in this order")
    func golden() throws {
        let text = try encode(.ok, [.contentType: "text/plain", .server: "x"], date: true)
        #expect(
            text == """
                HTTP/1.1 200 OK\r
                Content-Type: text/plain\r
                Server: x\r
                Date: Sun, 06 Nov 1994 08:49:37 GMT\r
                Content-Length: 2\r
                \r

                """
        )
    }

    @Test(
        "Each framing writes its field",
        arguments: [
            (.length(0), "Content-Length: 0\r\n"),
            (.length(.max), "Content-Length: 9223372036854775807\r\n"),
            (.chunked, "Transfer-Encoding: chunked\r\n"),
            (.none, "Content-Length: 0\r\n"),
            (.untilClose, "Connection: close\r\n"),
        ] as [(ResponseEncoder.Framing, String)]
    )
    func framing(_ framing: ResponseEncoder.Framing, _ line: String) throws {
        #expect(try encode(.ok, [:], framing) == "HTTP/1.1 200 OK\r\n\(line)\r\n")
    }

    @Test(
        "The connection is announced where the version does not imply it",
        arguments: [
            (true, false, ""), (nil, false, ""), (false, false, "Connection: close\r\n"),
            (true, true, "Connection: keep-alive\r\n"), (nil, true, ""), (false, true, "Connection: close\r\n"),
        ] as [(Bool?, Bool, String)]
    )
    func connection(_ keepAlive: Bool?, _ isHTTP10: Bool, _ line: String) throws {
        let text = try encode(keepAlive: keepAlive, isHTTP10: isHTTP10)
        #expect(text == "HTTP/1.1 200 OK\r\n\(line)Content-Length: 2\r\n\r\n")
    }

    @Test("Statuses without a body get no framing field", arguments: [100, 101, 103, 204, 304])
    func bodyless(_ code: Int) throws {
        for framing in [.length(5), .chunked, .none, .untilClose] as [ResponseEncoder.Framing] {
            let text = try encode(.init(code: code), [:], framing, isHTTP10: true).lowercased()
            #expect(!text.contains("content-length"))
            #expect(!text.contains("transfer-encoding"))
            #expect(!text.contains("connection: close"))
            #expect(text.hasSuffix("\r\n\r\n"))
        }
    }

    @Test("An interim response has neither Date nor Connection of ours")
    func interim() throws {
        #expect(try encode(.continue, [:], .none, keepAlive: false, date: true) == "HTTP/1.1 100 Continue\r\n\r\n")
    }

    @Test("A switch of protocols keeps the application's Connection")
    func switchingProtocols() throws {
        let text = try encode(
            .switchingProtocols,
            [.connection: "Upgrade", .upgrade: "websocket", .contentLength: "9"],
            .none,
            keepAlive: nil
        )
        #expect(text == "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
    }

    @Test("Framing and connection fields of the application are left out, its Date stays")
    func ownership() throws {
        var fields: HTTPFields = [
            .contentLength: "99", .transferEncoding: "gzip, chunked", .connection: "upgrade", .date: "today",
        ]
        fields.append(HTTPField(name: try #require(HTTPField.Name("KEEP-alive")), value: "timeout=5"))
        fields.append(HTTPField(name: try #require(HTTPField.Name("CONTENT-length")), value: "98"))
        let text = try encode(.ok, fields, date: true)
        #expect(text == "HTTP/1.1 200 OK\r\nDate: today\r\nContent-Length: 2\r\n\r\n")
    }

    @Test("Lines of one field stay apart and in order")
    func repeated() throws {
        var fields = HTTPFields()
        fields.append(HTTPField(name: .setCookie, value: "a=b"))
        fields.append(HTTPField(name: .setCookie, value: "c=d"))
        #expect(try encode(.ok, fields).contains("Set-Cookie: a=b\r\nSet-Cookie: c=d\r\n"))
    }

    @Test("Every status has a line of its own code, and input never becomes a reason phrase")
    func statusLines() throws {
        for code in 100...599 {
            let status = HTTPResponse.Status(code: code, reasonPhrase: "Evil")
            let line = try #require(try encode(status).split(separator: "\r\n").first)
            #expect(line.hasPrefix("HTTP/1.1 \(code) "))
            #expect(!line.contains("Evil"))
        }
        #expect(try encode(.init(code: 299)).hasPrefix("HTTP/1.1 299 \r\n"))
        for code in [0, 99, 600, 999] {
            #expect(throws: ResponseEncodingError.invalidStatus(code)) { try encode(.init(code: code)) }
        }
    }

    @Test("A head larger than its first guess comes out whole", arguments: [0, 1, 300, 319, 320, 321, 5000, 100_000])
    func large(_ size: Int) throws {
        let value = String(repeating: "v", count: size)
        let text = try encode(.ok, [.server: value], date: true)
        #expect(
            text
                == "HTTP/1.1 200 OK\r\nServer: \(value)\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 2\r\n\r\n"
        )
    }

    @Test(
        "Line breaks in a value never end its line (row 14)",
        arguments: [
            "a\r\nSet-Cookie: evil=1", "a\nEvil: 1", "a\rEvil: 1", "a\0b", "\r\n\r\n<html>",
        ]
    )
    func splitting(_ value: String) throws {
        for field in [
            HTTPField(name: .location, value: value), HTTPField(name: .location, lenientValue: Array(value.utf8)),
        ] {
            let text = try encode(.ok, HTTPFields([field]))
            #expect(text.split(separator: "\r\n").count == 3)
            #expect(!text.contains("\0"))
        }
    }

    @Test(
        "A value with another control character is an error, and nothing is written",
        arguments: [
            0x01, 0x08, 0x0B, 0x0C, 0x1F, 0x7F,
        ] as [UInt8]
    )
    func controls(_ byte: UInt8) throws {
        var buffer = ByteBuffer()
        for padding in [0, 7, 8, 15, 400] {
            let value = [UInt8](repeating: 0x61, count: padding) + [byte]
            let field = HTTPField(name: .location, lenientValue: value + [0x61])
            #expect(throws: ResponseEncodingError.invalidFieldValue(name: "Location")) {
                try ResponseEncoder.writeHead(
                    status: .ok,
                    fields: HTTPFields([field]),
                    framing: .none,
                    keepAlive: true,
                    isHTTP10: false,
                    date: nil,
                    into: &buffer
                )
            }
        }
        #expect(buffer.readableBytes == 0)
    }

    @Test("Tabs and 8-bit bytes pass")
    func obsText() throws {
        let text = try encode(.ok, HTTPFields([HTTPField(name: .location, lenientValue: [0x61, 9, 0xC3, 0xA4])]))
        #expect(text.contains("Location: a\t\u{E4}\r\n"))
    }

    @Test("Chunked answers to HTTP/1.0 and negative lengths are errors")
    func misuse() {
        #expect(throws: ResponseEncodingError.chunkedInHTTP10) { try encode(.ok, [:], .chunked, isHTTP10: true) }
        #expect(throws: ResponseEncodingError.negativeLength) { try encode(.ok, [:], .length(-1)) }
    }

    @Test(
        "Chunks have their length in hexadecimal; an empty one writes nothing",
        arguments: [
            (1, "1"), (9, "9"), (10, "a"), (15, "f"), (16, "10"), (255, "ff"), (4096, "1000"), (65535, "ffff"),
        ]
    )
    func chunks(_ size: Int, _ hex: String) {
        var buffer = ByteBuffer()
        ResponseEncoder.writeChunk(ByteBuffer(), into: &buffer)
        #expect(buffer.readableBytes == 0)
        let data = String(repeating: "x", count: size)
        ResponseEncoder.writeChunk(ByteBuffer(string: data), into: &buffer)
        ResponseEncoder.writeLastChunk(into: &buffer)
        #expect(String(buffer: buffer) == "\(hex)\r\n\(data)\r\n0\r\n\r\n")
    }

    @Test("NIO's response decoder reads what we write")
    func oracle() throws {
        let channel = EmbeddedChannel()
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .dropBytes)))
        try pipeline.addHandler(AnswerEverything())
        try channel.writeOutbound(())
        var buffer = ByteBuffer(string: try encode(.notFound, [.server: "x"], .chunked, date: true))
        ResponseEncoder.writeChunk(ByteBuffer(string: "hello"), into: &buffer)
        ResponseEncoder.writeLastChunk(into: &buffer)
        try channel.writeInbound(buffer)
        var seen: [String] = []
        while let part = try channel.readInbound(as: HTTPClientResponsePart.self) {
            switch part {
            case .head(let head): seen.append("\(head.status.code) \(head.headers.map(\.name))")
            case .body(let bytes): seen.append(String(buffer: bytes))
            case .end: seen.append("end")
            }
        }
        #expect(seen == [#"404 ["Server", "Date", "Transfer-Encoding"]"#, "hello", "end"])
        _ = try channel.finish(acceptAlreadyClosed: true)
    }

    /// The decoder expects answers only to requests that it saw leave.
    private final class AnswerEverything: ChannelOutboundHandler {
        typealias OutboundIn = Void
        typealias OutboundOut = HTTPClientRequestPart

        func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
            let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        }
    }
}
