// SPDX-License-Identifier: Apache-2.0
import HoldfastTransport
import NIOCore
import NIOEmbedded
import Testing

@testable import HoldfastHTTP

/// What a connection waits for, and how long.
struct DeadlineTests {
    private func connection(_ gate: Gate = Gate()) throws -> TestConnection {
        try TestConnection { router in
            router.get("/") { _, _ in "A" }
            router.any("/slow") { _, _ in
                try await gate.wait()
                return "slow"
            }
            router.get("/long", options: .init(streams: true)) { _, _ in
                try await gate.wait()
                return "long"
            }
            router.get("/stream") { _, _ in
                Response(
                    body: .stream { body in
                        try await body.write("piece")
                        try await gate.wait()
                    }
                )
            }
            router.post("/body", options: .init(timeout: .seconds(120))) { request, _ in
                "\(try await request.body.collect().count)"
            }
            router.post("/upload", options: .init(streams: true)) { request, _ in
                "\(try await request.body.collect().count)"
            }
        }
    }

    private let head = "POST /body HTTP/1.1\r\nHost: site.test\r\nContent-Length: 100000\r\n\r\n"

    @Test func `a client that sends nothing is left in silence after 10 s`() throws {
        let connection = try connection()
        connection.advance(.milliseconds(9_999))
        #expect(connection.isOpen)
        connection.advance(.milliseconds(1))
        #expect(!connection.isOpen)
        #expect(try connection.taken() == "")
    }

    @Test func `a head that trickles gets 408 ten seconds after accept`() throws {
        let connection = try connection()
        try connection.send("G")
        for _ in 1...9 {
            connection.advance(.seconds(1))
            try connection.send("E")
        }
        connection.advance(.milliseconds(999))
        #expect(connection.isOpen)
        connection.advance(.milliseconds(1))
        #expect(try connection.statuses() == ["408"])
        #expect(!connection.isOpen)
    }

    @Test func `a trickle of empty lines is no head`() throws {
        let connection = try connection()
        for _ in 1...3 {
            connection.advance(.seconds(3))
            try connection.send("\r\n")
        }
        connection.advance(.seconds(1))
        #expect(!connection.isOpen)
    }

    @Test func `a further head has 10 s from its first byte`() throws {
        let connection = try connection()
        try connection.get("/")
        connection.advance(.seconds(50))
        try connection.send("GET / HT")
        _ = try connection.taken()
        connection.advance(.milliseconds(9_999))
        #expect(connection.isOpen)
        connection.advance(.milliseconds(1))
        #expect(try connection.statuses() == ["408"])
        #expect(!connection.isOpen)
    }

    @Test func `an idle connection is kept 60 s`() throws {
        let connection = try connection()
        try connection.get("/")
        _ = try connection.taken()
        connection.advance(.milliseconds(59_999))
        #expect(connection.isOpen)
        connection.advance(.milliseconds(1))
        #expect(!connection.isOpen)
        #expect(try connection.taken() == "")
    }

    @Test(arguments: [1, 4, 30]) func `under pressure an idle connection is kept 5 s, also one that was idle before`(
        seconds: Int64
    ) throws {
        let connection = try connection()
        try connection.get("/")
        _ = try connection.taken()
        connection.advance(.seconds(seconds))
        connection.loopContext.pressureBegan()
        connection.advance(.milliseconds(max(0, 5_000 - seconds * 1_000)))
        #expect(!connection.isOpen)
        #expect(try connection.taken() == "")
    }

    @Test func `pressure cuts no request, and none that begins later`() throws {
        let gate = Gate()
        let connection = try connection(gate)
        try connection.get("/slow")
        connection.loopContext.pressureBegan()
        connection.advance(.seconds(20))
        gate.open()
        #expect(try connection.statuses() == ["200"])
        #expect(connection.isOpen)
    }

    @Test func `pressure that comes and goes costs a round a second`() {
        /// Counts what it is told.
        final class Member: LoopMember {
            var told = 0
            func pressureBegan() { told += 1 }
            func drain() {}
            func closeAtOnce() {}
        }
        let loop = EmbeddedEventLoop()
        let context = LoopContext(eventLoop: loop)
        let members = (0..<1000).map { _ in Member() }
        for member in members { context.register(member) }
        for _ in 0..<1000 { context.pressureBegan() }
        #expect(members.count { $0.told == 1 } == 256)
        loop.advanceTime(by: .milliseconds(999))
        #expect(members.allSatisfy { $0.told == 1 })
        loop.advanceTime(by: .milliseconds(2))
        loop.advanceTime(by: .milliseconds(998))
        #expect(members.allSatisfy { $0.told == 2 })
        loop.advanceTime(by: .seconds(10))
        #expect(members.allSatisfy { $0.told == 2 })
    }

    @Test(arguments: [1, 20, 29]) func `idleness begins with the end of a slow answer`(seconds: Int64) throws {
        let gate = Gate()
        let connection = try connection(gate)
        try connection.get("/slow")
        connection.advance(.seconds(seconds))
        gate.open()
        #expect(try connection.statuses() == ["200"])
        connection.advance(.milliseconds(59_999))
        #expect(connection.isOpen)
        connection.advance(.milliseconds(1))
        #expect(!connection.isOpen)
    }

    @Test func `idleness begins with the end of an answer that took longer than it may last`() throws {
        let gate = Gate()
        let connection = try connection(gate)
        try connection.get("/long")
        connection.advance(.seconds(100))
        gate.open()
        #expect(try connection.statuses() == ["200"])
        connection.advance(.milliseconds(59_999))
        #expect(connection.isOpen)
        connection.advance(.milliseconds(1))
        #expect(!connection.isOpen)
    }

    @Test func `a body that stops gets 408 after its grace and what it earned`() throws {
        let connection = try connection()
        try connection.send(head + String(repeating: "x", count: 512))
        connection.advance(.milliseconds(5_999))
        #expect(try connection.statuses() == [])
        connection.advance(.milliseconds(1))
        #expect(try connection.statuses() == ["408"])
        #expect(!connection.isOpen)
    }

    @Test func `a body just fast enough gets 408 after 60 s`() throws {
        let connection = try connection()
        try connection.send(head)
        for _ in 1...59 {
            connection.advance(.seconds(1))
            try connection.send(String(repeating: "x", count: 512))
        }
        connection.advance(.milliseconds(999))
        #expect(try connection.statuses() == [])
        connection.advance(.milliseconds(1))
        #expect(try connection.statuses() == ["408"])
    }

    @Test func `a body of a route that streams may take longer`() throws {
        let connection = try connection()
        try connection.send("POST /upload HTTP/1.1\r\nHost: site.test\r\nContent-Length: 51200\r\n\r\n")
        for _ in 1...100 {
            connection.advance(.seconds(1))
            try connection.send(String(repeating: "x", count: 512))
        }
        #expect(try connection.statuses() == ["200"])
    }

    @Test func `a handler has 30 s and is then cancelled and answered for with 503`() throws {
        let gate = Gate()
        let connection = try connection(gate)
        try connection.get("/slow")
        connection.advance(.milliseconds(29_999))
        #expect(try connection.statuses() == [])
        connection.advance(.milliseconds(1))
        #expect(try connection.statuses() == ["503"])
        #expect(gate.cancelled == 1)
        #expect(connection.isOpen)
        try connection.get("/")
        #expect(try connection.statuses() == ["200"])
    }

    @Test func `a route that streams has no such deadline`() throws {
        let gate = Gate()
        let connection = try connection(gate)
        try connection.get("/long")
        connection.advance(.hours(2))
        #expect(gate.waiting == 1)
        gate.open()
        #expect(try connection.statuses() == ["200"])
    }

    @Test(arguments: ["/", "/stream"]) func `a client that does not read is cut off after 30 s`(path: String) throws {
        let gate = Gate()
        let connection = try connection(gate)
        connection.setWritable(false)
        try connection.get(path)
        connection.advance(.milliseconds(29_999))
        #expect(connection.isOpen)
        connection.advance(.milliseconds(1))
        #expect(!connection.isOpen)
        #expect(connection.handler.exchange == nil)
    }

    @Test func `a client that does not read its last answer is cut off after 30 s`() throws {
        let connection = try connection()
        connection.setWritable(false)
        try connection.get("/", "Connection: close\r\n")
        connection.advance(.milliseconds(29_999))
        #expect(connection.isOpen)
        connection.advance(.milliseconds(1))
        #expect(!connection.isOpen)
    }

    @Test(arguments: ["/", "/stream"]) func `a client that reads again in time stays`(path: String) throws {
        let connection = try connection()
        connection.setWritable(false)
        try connection.get(path)
        connection.advance(.seconds(29))
        connection.setWritable(true)
        connection.advance(.seconds(40))
        #expect(connection.isOpen)
    }

    @Test func `idleness begins when the answer is out`() throws {
        let connection = try connection()
        connection.setWritable(false)
        try connection.get("/")
        connection.advance(.seconds(29))
        connection.setWritable(true)
        connection.advance(.milliseconds(59_999))
        #expect(connection.isOpen)
        connection.advance(.milliseconds(1))
        #expect(!connection.isOpen)
    }

    @Test func `the handler's time begins with the end of its body`() throws {
        let gate = Gate()
        let connection = try connection(gate)
        try connection.send("POST /slow HTTP/1.1\r\nHost: site.test\r\nContent-Length: 25600\r\n\r\n")
        for _ in 1...50 {
            connection.advance(.seconds(1))
            try connection.send(String(repeating: "x", count: 512))
        }
        #expect(try connection.statuses() == [])
        connection.advance(.milliseconds(29_999))
        #expect(try connection.statuses() == [])
        connection.advance(.milliseconds(1))
        #expect(try connection.statuses() == ["503"])
    }

    @Test func `a handler that does not take its body has 30 s from then on`() throws {
        let gate = Gate()
        let connection = try connection(gate)
        try connection.send("POST /slow HTTP/1.1\r\nHost: site.test\r\nContent-Length: 100000\r\n\r\n")
        connection.advance(.seconds(4))
        try connection.send(String(repeating: "x", count: 70_000))
        connection.advance(.milliseconds(29_999))
        #expect(try connection.statuses() == [])
        connection.advance(.milliseconds(1))
        #expect(try connection.statuses() == ["503"])
    }
}
