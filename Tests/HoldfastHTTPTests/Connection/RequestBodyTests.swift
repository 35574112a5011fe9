// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HoldfastTransport
import NIOCore
import Testing

@testable import HoldfastHTTP

/// How request bodies reach handlers, and what becomes of those that do not.
struct RequestBodyTests {
    private func connection(_ gate: Gate = Gate()) throws -> TestConnection {
        try TestConnection({ $0.http.body = 100 << 10 }) { router in
            router.post("/count") { request, _ in "\(try await request.body.collect().count)" }
            router.post("/echo") { request, _ in try await request.body.text() }
            router.post("/ten", options: .init(bodyLimit: 10)) { request, _ in
                "\(try await request.body.collect().count)"
            }
            router.post("/ignore") { _, _ in "ignored" }
            router.post("/refuse") { _, _ -> Response in throw HTTPError(.unauthorized) }
            router.post("/later") { request, _ in
                try await gate.wait()
                return "\(try await request.body.collect().count)"
            }
        }
    }

    private func post(_ path: String, _ fields: String, _ body: String = "") -> String {
        "POST \(path) HTTP/1.1\r\nHost: site.test\r\n\(fields)\r\n\r\n\(body)"
    }

    private func body(_ text: String) -> Substring? {
        text.firstRange(of: "\r\n\r\n").map { text[$0.upperBound...] }
    }

    // MARK: Reading

    @Test(arguments: [0, 1, 2, 3, 4, 5]) func `a body may be split from its head anywhere`(split: Int) throws {
        let connection = try connection()
        let text = "hello"
        try connection.send(post("/echo", "Content-Length: 5", String(text.prefix(split))))
        try connection.send(String(text.dropFirst(split)))
        #expect(body(try connection.taken()) == "hello")
        #expect(connection.isOpen)
    }

    @Test func `a chunked body is put together, byte by byte too`() throws {
        let connection = try connection()
        let request = post(
            "/echo",
            "Transfer-Encoding: chunked",
            "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: z\r\n\r\n"
        )
        try connection.send(request)
        #expect(body(try connection.taken()) == "abcde")
        for character in request.unicodeScalars { try connection.send(String(character)) }
        #expect(body(try connection.taken()) == "abcde")
        #expect(connection.isOpen)
    }

    // MARK: Limits

    @Test(arguments: [(9, "200"), (10, "200"), (11, "413")])
    func `a declared length is held to the route's limit`(length: Int, status: String) throws {
        let connection = try connection()
        try connection.send(post("/ten", "Content-Length: \(length)", String(repeating: "x", count: length)))
        #expect(try connection.statuses() == [status])
        #expect(connection.isOpen == (status == "200"))
    }

    @Test func `a length over the limit is refused before any of the body has come`() throws {
        let connection = try connection()
        try connection.send(post("/ten", "Content-Length: 11"))
        #expect(try connection.statuses() == ["413"])
        #expect(!connection.isOpen)
    }

    @Test(arguments: [(9, "200"), (10, "200"), (11, "413")])
    func `chunks are counted against the limit`(length: Int, status: String) throws {
        let connection = try connection()
        try connection.send(post("/ten", "Transfer-Encoding: chunked"))
        for _ in 0..<length { try connection.send("1\r\nx\r\n") }
        try connection.send("0\r\n\r\n")
        #expect(try connection.statuses() == [status])
        #expect(connection.isOpen == (status == "200"))
    }

    @Test func `a broken chunk is answered 400 and ends the connection`() throws {
        let connection = try connection()
        try connection.send(post("/count", "Transfer-Encoding: chunked", "3\r\nabc\r\n"))
        try connection.send("zz\r\n")
        #expect(try connection.statuses() == ["400"])
        #expect(!connection.isOpen)
    }

    // MARK: 100-continue

    @Test func `100 is sent once the handler reads`() throws {
        let gate = Gate()
        let connection = try connection(gate)
        try connection.send(post("/later", "Content-Length: 5\r\nExpect: 100-continue"))
        #expect(try connection.taken() == "")
        gate.open()
        #expect(try connection.taken() == "HTTP/1.1 100 Continue\r\n\r\n")
        try connection.send("hello")
        #expect(body(try connection.taken()) == "5")
        #expect(connection.isOpen)
    }

    @Test func `a handler that does not read sends no 100 and the connection ends`() throws {
        let connection = try connection()
        try connection.send(post("/ignore", "Content-Length: 5\r\nExpect: 100-continue"))
        let answer = try connection.taken()
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answer.contains("Connection: close\r\n"))
        #expect(!connection.isOpen)
    }

    @Test func `a body over the limit gets 413 instead of 100`() throws {
        let connection = try connection()
        try connection.send(post("/ten", "Content-Length: 11\r\nExpect: 100-continue"))
        #expect(try connection.statuses() == ["413"])
        #expect(!connection.isOpen)
    }

    @Test func `no 100 is sent to a client that did not wait`() throws {
        let connection = try connection()
        try connection.send(post("/count", "Content-Length: 5\r\nExpect: 100-continue", "hello"))
        #expect(try connection.statuses() == ["200"])
        #expect(connection.isOpen)
    }

    // MARK: Bodies nobody reads

    @Test func `a short rest of a body is skipped`() throws {
        let connection = try connection()
        try connection.send(post("/ignore", "Content-Length: \(64 << 10)"))
        #expect(try connection.statuses() == ["200"])
        #expect(connection.isOpen)
        try connection.send(String(repeating: "x", count: 64 << 10))
        try connection.send(post("/count", "Content-Length: 1", "x"))
        #expect(try connection.statuses() == ["200"])
    }

    @Test func `a long rest of a body ends the connection`() throws {
        let connection = try connection()
        try connection.send(post("/ignore", "Content-Length: \((64 << 10) + 1)"))
        let answer = try connection.taken()
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answer.contains("Connection: close\r\n"))
        #expect(!connection.isOpen)
    }

    @Test func `a chunked rest of a body ends the connection`() throws {
        let connection = try connection()
        try connection.send(post("/ignore", "Transfer-Encoding: chunked", "1\r\nx\r\n"))
        #expect(try connection.taken().contains("Connection: close\r\n"))
        #expect(!connection.isOpen)
    }

    @Test func `a refusal with an unread body ends the connection`() throws {
        let connection = try connection()
        try connection.send(post("/refuse", "Content-Length: 5"))
        let answer = try connection.taken()
        #expect(answer.hasPrefix("HTTP/1.1 401 Unauthorized\r\n"))
        #expect(answer.contains("Connection: close\r\n"))
        #expect(!connection.isOpen)
    }

    @Test func `a client that leaves in the middle of a body cancels its handler`() throws {
        let gate = Gate()
        let connection = try connection(gate)
        try connection.send(post("/later", "Content-Length: 5", "he"))
        connection.leave()
        #expect(gate.cancelled == 1)
    }
}
