// SPDX-License-Identifier: Apache-2.0
import HoldfastTransport
import NIOCore
import NIOEmbedded
import Testing

@testable import HoldfastHTTP

/// How connections end: the client's way, and the server's when it drains.
struct LeavingTests {
    private func connection(_ gate: Gate = Gate()) throws -> TestConnection {
        try TestConnection { router in
            router.get("/") { _, _ in "A" }
            router.get("/slow") { _, _ in
                try await gate.wait()
                return "slow"
            }
        }
    }

    @Test func `a client that leaves cancels its handler`() throws {
        let gate = Gate()
        let connection = try connection(gate)
        try connection.get("/slow")
        #expect(gate.waiting == 1)
        connection.leave()
        #expect(gate.cancelled == 1)
        #expect(connection.loopContext.connectionCount == 0)
    }

    @Test func `what was asked before the client stopped sending is answered`() throws {
        let connection = try connection()
        connection.channel.pipeline.syncOperations.fireChannelRead(
            NIOAny(ByteBuffer(string: "GET / HTTP/1.1\r\nHost: site.test\r\n\r\n"))
        )
        connection.stopSending()
        connection.channel.pipeline.fireChannelReadComplete()
        #expect(try connection.statuses() == ["200"])
        #expect(!connection.isOpen)
    }

    @Test func `a client that stops sending while it waits is still answered`() throws {
        let gate = Gate()
        let connection = try connection(gate)
        try connection.get("/slow")
        connection.stopSending()
        #expect(gate.waiting == 1)
        #expect(connection.isOpen)
        gate.open()
        #expect(try connection.statuses() == ["200"])
        #expect(!connection.isOpen)
    }

    @Test func `an idle client that stops sending is let go in silence`() throws {
        let connection = try connection()
        try connection.get("/")
        _ = try connection.taken()
        connection.stopSending()
        #expect(try connection.taken() == "")
        #expect(!connection.isOpen)
    }

    @Test func `a request that ends in its head is answered 400`() throws {
        let connection = try connection()
        try connection.send("GET / HTTP/1.1\r\nHo")
        connection.stopSending()
        #expect(try connection.statuses() == ["400"])
        #expect(!connection.isOpen)
    }

    // MARK: Draining

    @Test func `draining closes an idle connection`() throws {
        let connection = try connection()
        try connection.get("/")
        _ = try connection.taken()
        connection.loopContext.drain()
        #expect(!connection.isOpen)
        #expect(try connection.taken() == "")
    }

    @Test func `draining lets a request under way finish and says it was the last`() throws {
        let gate = Gate()
        let connection = try connection(gate)
        try connection.get("/slow")
        connection.loopContext.drain()
        #expect(connection.isOpen)
        gate.open()
        let answer = try connection.taken()
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
        #expect(answer.contains("Connection: close\r\n"))
        #expect(answer.hasSuffix("slow"))
        #expect(!connection.isOpen)
        #expect(gate.cancelled == 0)
    }

    @Test func `draining lets a request finish whose head is under way`() throws {
        let connection = try connection()
        try connection.send("GET / HTTP/1.1\r\nHost: site.te")
        connection.loopContext.drain()
        #expect(connection.isOpen)
        try connection.send("st\r\n\r\n")
        #expect(try connection.taken().contains("Connection: close\r\n"))
        #expect(!connection.isOpen)
    }

    @Test func `the end of the drain cuts what is left`() throws {
        let gate = Gate()
        let connection = try connection(gate)
        try connection.get("/slow")
        connection.loopContext.drain()
        connection.loopContext.closeAll()
        connection.loop.run()
        #expect(!connection.isOpen)
        #expect(gate.cancelled == 1)
    }

    // MARK: Floods

    @Test func `a flood of pipelined requests stops being read`() throws {
        let gate = Gate()
        let connection = try connection(gate)
        let request = "GET / HTTP/1.1\r\nHost: site.test\r\n\r\n"
        try connection.get("/slow")
        _ = try connection.taken()
        let reads = ReadCounter()
        try connection.channel.pipeline.syncOperations.addHandler(reads, position: .first)
        let count = (64 << 10) / request.utf8.count
        try connection.send(String(repeating: request, count: count))
        connection.channel.read()
        #expect(reads.count == 1)
        try connection.send(request)
        connection.channel.read()
        #expect(reads.count == 1)
        gate.open()
        // So many take several turns of the loop.
        connection.advance(.milliseconds(1))
        #expect(try connection.statuses().count == count + 2)
        #expect(reads.count == 2)
    }
}

/// Counts how often the connection asks for more.
private final class ReadCounter: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    private(set) var count = 0

    func read(context: ChannelHandlerContext) {
        count += 1
        context.read()
    }
}
