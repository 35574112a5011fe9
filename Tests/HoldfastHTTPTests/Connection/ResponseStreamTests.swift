// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HoldfastTransport
import NIOCore
import Testing

@testable import HoldfastHTTP

/// How responses go out: streams, and responses that cannot be sent as they are.
struct ResponseStreamTests {
    private struct Broken: Error {}

    private func connection(_ gate: Gate = Gate(), length: Int? = nil) throws -> TestConnection {
        try TestConnection { router in
            router.get("/stream") { _, _ in
                Response(
                    body: .stream(length: length, contentType: "text/plain") { body in
                        try await body.write("one")
                        try await gate.wait()
                        try await body.write("three")
                    }
                )
            }
            router.get("/broken") { _, _ in
                Response(
                    body: .stream { body in
                        try await body.write("one")
                        throw Broken()
                    }
                )
            }
            router.get("/header/:value") { _, context in
                Response(fields: [.location: try context.parameters.require("value")])
            }
            router.get("/redirect/:value") { _, context in
                Response.redirect(to: try context.parameters.require("value"))
            }
            router.get("/type/:value") { _, context in
                Response(body: .text("x", contentType: try context.parameters.require("value")))
            }
            router.get("/throw") { _, _ -> String in throw Broken() }
            router.get("/") { _, _ in "A" }
        }
    }

    private static func head(_ lines: String...) -> String {
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n"
    }

    @Test func `between its pieces a stream keeps no large buffer`() throws {
        let piece = String(repeating: "x", count: 2048)
        let connection = try TestConnection { router in
            router.get("/") { _, _ in
                Response(body: .driven(contentType: "text/plain") { $0.write(ByteBuffer(string: piece)) })
            }
        }
        try connection.get("/")
        #expect(try connection.taken().hasSuffix("800\r\n\(piece)\r\n"))
        #expect(connection.handler.output.storageCapacity <= 1024)
    }

    @Test func `a stream of unknown length is chunked, each piece at once`() throws {
        let gate = Gate()
        let connection = try connection(gate)
        try connection.get("/stream")
        #expect(try connection.taken() == Self.head("Transfer-Encoding: chunked") + "3\r\none\r\n")
        gate.open()
        #expect(try connection.taken() == "5\r\nthree\r\n0\r\n\r\n")
        try connection.get("/")
        #expect(try connection.statuses() == ["200"])
    }

    @Test(arguments: [false, true]) func `the holder of a stream that has an end is told when its client sends no more`(
        before: Bool
    ) throws {
        let gate = Gate()
        let connection = try TestConnection { router in
            router.get("/wait") { _, _ in
                try await gate.wait()
                return "waited"
            }
            router.get("/") { _, _ in
                Response(
                    body: .driven(contentType: "text/plain", isEndless: false) { stream in
                        stream.onInputEnd {
                            stream.write(ByteBuffer(string: "last"))
                            stream.finish()
                        }
                    }
                )
            }
        }
        if before { try connection.get("/wait") }
        try connection.get("/")
        connection.stopSending()
        gate.open()
        #expect(try connection.taken().hasSuffix("\r\n4\r\nlast\r\n0\r\n\r\n"))
        #expect(!connection.isOpen)
    }

    @Test(arguments: [false, true]) func `an endless stream ends when its client sends no more`(before: Bool) throws {
        let gate = Gate()
        let connection = try TestConnection { router in
            router.get("/wait") { _, _ in
                try await gate.wait()
                return "waited"
            }
            router.get("/") { _, _ in
                Response(body: .driven(contentType: "text/plain") { $0.write(ByteBuffer(string: "first")) })
            }
        }
        if before { try connection.get("/wait") }
        try connection.get("/")
        connection.stopSending()
        gate.open()
        #expect(try connection.taken().hasSuffix("\r\n5\r\nfirst\r\n"))
        #expect(!connection.isOpen)
    }

    @Test func `a later request waits for the end of a stream`() throws {
        let gate = Gate()
        let connection = try connection(gate)
        try connection.get("/stream")
        try connection.get("/")
        #expect(try connection.taken().hasSuffix("one\r\n"))
        gate.open()
        #expect(try connection.taken().hasPrefix("5\r\nthree\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n"))
    }

    @Test func `an HTTP 1_0 client gets a stream as it is, to the end of the connection`() throws {
        let gate = Gate()
        let connection = try connection(gate)
        try connection.get("/stream", "Connection: keep-alive\r\n", version: "1.0")
        #expect(try connection.taken() == Self.head("Connection: close") + "one")
        gate.open()
        #expect(try connection.taken() == "three")
        #expect(!connection.isOpen)
    }

    @Test func `a stream of known length is sent under it`() throws {
        let gate = Gate()
        gate.open()
        let connection = try connection(gate, length: 8)
        try connection.get("/stream")
        #expect(try connection.taken() == Self.head("Content-Length: 8") + "onethree")
        #expect(connection.isOpen)
    }

    @Test(arguments: [2, 7, 9]) func `a stream that is not as long as it said is cut`(length: Int) throws {
        let gate = Gate()
        gate.open()
        let connection = try connection(gate, length: length)
        try connection.get("/stream")
        #expect(!connection.isOpen)
        let sent = try connection.taken()
        #expect(sent.hasPrefix(Self.head("Content-Length: \(length)")))
        #expect(!sent.hasSuffix("three") || length == 9)
    }

    @Test func `a stream that fails is cut without its last chunk`() throws {
        let connection = try connection()
        try connection.get("/broken")
        #expect(!connection.isOpen)
        #expect(try connection.taken().hasSuffix("\r\n\r\n3\r\none\r\n"))
    }

    @Test func `HEAD of a stream has its head and no body`() throws {
        let connection = try connection()
        try connection.get("/stream", method: "HEAD")
        #expect(try connection.taken() == Self.head("Transfer-Encoding: chunked"))
        try connection.get("/")
        #expect(try connection.statuses() == ["200"])
    }

    @Test func `a client that leaves cancels the stream`() throws {
        let gate = Gate()
        let connection = try connection(gate)
        try connection.get("/stream")
        #expect(gate.waiting == 1)
        connection.leave()
        #expect(gate.cancelled == 1)
    }

    @Test func `a stream waits for a client that does not read`() throws {
        let gate = Gate()
        let connection = try connection(gate)
        connection.setWritable(false)
        try connection.get("/stream")
        gate.open()
        #expect(try connection.taken() == "")
        #expect(connection.handler.exchange?.stream != nil)
        connection.setWritable(true)
        #expect(try connection.taken().hasSuffix("3\r\none\r\n5\r\nthree\r\n0\r\n\r\n"))
    }

    // MARK: Responses that cannot be sent

    @Test(arguments: ["/type/a%0db", "/type/a%0ab", "/type/a%0d%0aX-Forged:%20x"])
    func `a content type that would split the response becomes a 500`(path: String) throws {
        let connection = try connection()
        try connection.get(path)
        #expect(try connection.taken() == "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")
        try connection.get("/")
        #expect(try connection.statuses() == ["200"])
    }

    @Test(arguments: ["/header/a%0d%0aX-Forged:%20x", "/redirect/a%0d%0aX-Forged:%20x", "/redirect/a%0ab"])
    func `a field value never splits the response`(path: String) throws {
        let connection = try connection()
        try connection.get(path)
        let lines = try connection.taken().split(separator: "\r\n")
        #expect(!lines.contains { $0.hasPrefix("X-Forged") || $0.contains("\n") || $0.contains("\r") })
        try connection.get("/")
        #expect(try connection.statuses() == ["200"])
    }

    @Test func `a redirect to what is no field value becomes a 500`() throws {
        let connection = try connection()
        try connection.get("/redirect/a%0d%0ab")
        let statuses = try connection.statuses()
        #expect(statuses == ["500"])
    }

    @Test func `an unknown error is a bare 500 with a number`() throws {
        let connection = try connection()
        try connection.get("/throw")
        let answer = try connection.taken()
        #expect(answer.hasPrefix("HTTP/1.1 500 Internal Server Error\r\n"))
        #expect(answer.contains("\r\n\r\ninternal error "))
        #expect(!answer.contains("Broken"))
        #expect(connection.isOpen)
    }
}
