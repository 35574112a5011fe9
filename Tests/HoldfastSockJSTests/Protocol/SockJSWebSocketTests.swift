// SPDX-License-Identifier: Apache-2.0
import HoldfastSockJS
import HoldfastTransport
import Testing

@Suite("SockJS over WebSockets", .timeLimit(.minutes(1)))
struct SockJSWebSocketTests {
    @Test("Frames go down, arrays and bare strings go up")
    func framed() async throws {
        try await TestServer.run { server async throws in
            let client = try await server.connect()
            #expect(try await client.upgrade("/base/0/i/websocket").status == 101)
            #expect(try await client.text() == "o")
            try await client.sendText("")
            try await client.sendText("[]")
            try await client.sendText(#"["a"]"#)
            #expect(try await client.text() == #"a["a"]"#)
            try await client.sendText(#""b\ud83d\ude00""#)
            #expect(try await client.text() == #"a["b\ud83d\ude00"]"#)
            #expect(server.connections.all.first?.transport == .webSocket)
            client.close()
        }
    }

    @Test("Order is kept, whatever shares a frame")
    func order() async throws {
        let counts: TestServer.Application = { connection in
            for number in 0..<2000 { try await connection.send("\(number)") }
            _ = await connection.closed()
        }
        var options = SockJSOptions()
        options.outbound = QueueLimits(messages: 16, bytes: 1 << 20)
        try await TestServer.run(options: options, application: counts) { server async throws in
            let client = try await server.connect()
            #expect(try await client.upgrade("/base/0/i/websocket").status == 101)
            #expect(try await client.text() == "o")
            var next = 0
            while next < 2000 {
                for piece in try await client.text().dropFirst(2).dropLast().split(separator: ",") {
                    #expect(piece == "\"\(next)\"")
                    next += 1
                }
            }
            client.close()
        }
    }

    @Test("What is no array of strings closes the connection", arguments: [#"["a"#, "x", "{}", "[1]"])
    func brokenFraming(text: String) async throws {
        try await TestServer.run { server async throws in
            let client = try await server.connect()
            #expect(try await client.upgrade("/base/0/i/websocket").status == 101)
            #expect(try await client.text() == "o")
            try await client.sendText(text)
            let frame = try await client.frame()
            #expect(frame.opcode == 8)
            #expect(frame.code == 3000)
            #expect(frame.text == "Broken framing.")
            #expect(await server.connections.all.first?.closed().isClean == false)
            client.close()
        }
    }

    @Test("The application's close is a frame, and then a close of the socket")
    func close() async throws {
        let closes: TestServer.Application = { connection in
            try await connection.send("last")
            connection.close(.goAway, reason: "Go away!")
        }
        try await TestServer.run(application: closes) { server async throws in
            let client = try await server.connect()
            #expect(try await client.upgrade("/base/0/i/websocket").status == 101)
            #expect(try await client.text() == "o")
            #expect(try await client.text() == #"a["last"]"#)
            #expect(try await client.text() == #"c[3000,"Go away!"]"#)
            let frame = try await client.frame()
            #expect(frame.opcode == 8)
            #expect(frame.code == 1000)
            client.close()
        }
    }

    @Test("A lost socket ends the session")
    func loss() async throws {
        try await TestServer.run { server async throws in
            let client = try await server.connect()
            #expect(try await client.upgrade("/base/0/i/websocket").status == 101)
            #expect(try await client.text() == "o")
            client.close()
            #expect(await server.connections.all.first?.closed().isClean == false)
        }
    }

    @Test("A socket's session id names nothing")
    func noTable() async throws {
        try await TestServer.run { server async throws in
            let first = try await server.connect()
            let second = try await server.connect()
            for client in [first, second] {
                #expect(try await client.upgrade("/base/0/i/websocket").status == 101)
                #expect(try await client.text() == "o")
            }
            #expect(try await server.post("/base/0/i/xhr_send", "[]").status == 404)
            #expect(try await server.post("/base/0/i/xhr").body == "o\n")
            first.close()
            second.close()
        }
    }

    @Test("The raw socket carries text as it is, and closes with the application's code")
    func raw() async throws {
        let application: TestServer.Application = { connection in
            for try await message in connection.messages {
                if message.text == "close" { connection.close(.goAway, reason: "Go away!") }
                try await connection.send(message)
            }
        }
        try await TestServer.run(application: application) { server async throws in
            let client = try await server.connect()
            #expect(try await client.upgrade("/base/websocket").status == 101)
            try await client.sendText("[\"a\u{ffff}")
            #expect(try await client.text() == "[\"a\u{ffff}")
            try await client.sendText("close")
            let frame = try await client.frame()
            #expect(frame.opcode == 8)
            #expect(frame.code == 3000)
            #expect(frame.text == "Go away!")
            client.close()
        }
    }

    @Test("A bad upgrade is refused at once")
    func badUpgrade() async throws {
        try await TestServer.run { server async throws in
            #expect(try await server.get("/base/0/i/websocket").status == 400)
            #expect(try await server.get("/base/websocket").status == 400)
            let fields = ["Upgrade: WebSocket", "Connection: close"]
            #expect(try await server.get("/base/0/i/websocket", fields).status == 400)
        }
    }
}
