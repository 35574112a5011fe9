// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

@testable import Holdfast

/// How a running application ends.
@Suite(.timeLimit(.minutes(1))) struct DrainTests {
    @Test func `the request under way is finished and the WebSocket closed with 1001`() async throws {
        let gate = Gate()
        let app = makeApplication()
        app.get("/slow") { _, _ in
            await gate.wait()
            return "slow"
        }
        app.webSocket("/ws") { connection in
            for try await message in connection.messages { try await connection.send(message) }
        }
        let server = try await app.service().start()
        let address = try #require(server.addresses.first)
        let webSocket = try await WireClient.connect(address)
        _ = try await webSocket.upgrade("/ws")
        let slow = try await WireClient.connect(address)
        try await slow.send("GET", "/slow")
        let idle = try await WireClient.connect(address)
        await gate.arrival()

        async let end: Void = server.stop()
        #expect(try await webSocket.frame() == .close(1001, "the server is shutting down"))
        try await webSocket.sendClose(1001)
        #expect(await webSocket.untilClosed() == "")
        #expect(await idle.untilClosed() == "")
        await #expect(throws: (any Error).self) { try await WireClient.connect(address) }
        gate.open()
        let answer = try await slow.answer()
        #expect(answer.body == "slow")
        #expect(answer.fields["connection"] == "close")
        #expect(await slow.untilClosed() == "")
        await end
    }

    @Test(arguments: ["/rpc/websocket", "/rpc/0/0/websocket"])
    func `what JSON-RPC has accepted is answered before its connection closes, and who said nothing is closed at once`(
        path: String
    ) async throws {
        let gate = Gate()
        let app = makeApplication()
        let rpc = RPCEndpoint()
        rpc.method("slow") { (_: RPCCall) -> String in
            await gate.wait()
            return "slow"
        }
        app.rpc("/rpc", rpc, options: .init(sockJS: true))
        let server = try await app.service().start()
        let address = try #require(server.addresses.first)
        let isFramed = path.contains("/0/0/")
        let silent = try await WireClient.connect(address)
        _ = try await silent.upgrade("/rpc/websocket")
        let client = try await WireClient.connect(address)
        _ = try await client.upgrade(path)
        if isFramed { #expect(try await client.text() == "o") }
        let request = #"{"jsonrpc":"2.0","method":"slow","id":1}"#
        try await client.sendText(isFramed ? JSON(encoding: [request]).text : request)
        await gate.arrival()
        async let end: Void = server.stop()
        // The listener is gone, so the end has begun.
        while (try? await WireClient.connect(address)) != nil {}
        gate.open()
        let answer = try await client.text()
        #expect(answer.contains("slow"))
        if isFramed { #expect(try await client.text().hasPrefix("c[") == true) }
        #expect(try await client.frame().opcode == 8)
        client.close()
        #expect(try await silent.frame().code == 1001)
        silent.close()
        await end
    }

    @Test(arguments: ["xhr", "xhr_streaming"])
    func `what JSON-RPC has accepted over requests is answered before their session closes`(transport: String)
        async throws
    {
        let gate = Gate()
        let app = makeApplication()
        let rpc = RPCEndpoint()
        rpc.method("slow") { (_: RPCCall) -> String in
            await gate.wait()
            return "slow"
        }
        app.rpc("/rpc", rpc, options: .init(sockJS: true))
        let server = try await app.service().start()
        let address = try #require(server.addresses.first)
        let receiver = try await WireClient.connect(address)
        let sender = try await WireClient.connect(address)
        #expect(try await receiver.request("POST", "/rpc/0/0/xhr", body: "").body == "o\n")
        try await receiver.send("POST", "/rpc/0/0/\(transport)", body: "")
        let request = try JSON(encoding: [#"{"jsonrpc":"2.0","method":"slow","id":1}"#]).text
        #expect(try await sender.request("POST", "/rpc/0/0/xhr_send", body: request).status == 204)
        await gate.arrival()
        async let end: Void = server.stop()
        // The listener is gone, so the end has begun.
        while (try? await WireClient.connect(address)) != nil {}
        gate.open()
        let received = await receiver.untilClosed()
        let text = #"a["{\"id\":1,\"result\":{\"value\":\"slow\""#
        let answer = try #require(received.firstRange(of: text), "\(received)")
        // A poll ends with its answer, and no other one can come.
        let close = received.firstRange(of: "c[")
        if transport == "xhr_streaming" { #expect(answer.upperBound <= (try #require(close)).lowerBound) }
        await end
    }

    @Test func `readiness turns to 503 while the application drains`() async throws {
        let gate = Gate()
        let app = makeApplication()
        app.health()
        let rpc = RPCEndpoint()
        rpc.method("slow") { (call: RPCCall) -> String in
            await gate.wait()
            return "slow"
        }
        app.rpc("/rpc", rpc)
        let server = try await app.service().start()
        let address = try #require(server.addresses.first)
        let probe = try await WireClient.connect(address)
        #expect(try await probe.get("/health/live").status == 200)
        #expect(try await probe.get("/health/ready").status == 200)
        let client = try await WireClient.connect(address)
        _ = try await client.upgrade("/rpc")
        try await client.sendText(#"{"jsonrpc":"2.0","method":"slow","id":1}"#)
        await gate.arrival()

        async let end: Void = server.stop()
        // The drain begins on a thread of its own; until it has, the answer is 200.
        var answer = try await probe.get("/health/ready")
        while answer.status == 200 { answer = try await probe.get("/health/ready") }
        #expect(answer.status == 503)
        #expect(try await probe.get("/health/live").status == 200)
        gate.open()
        #expect(try await client.text().contains("slow"))
        #expect(try await client.frame().code == 1001)
        try await client.sendClose(1001)
        #expect(await client.untilClosed() == "")
        #expect(await probe.untilClosed() == "")
        await end
    }

    @Test func `what does not end in time is cut`() async throws {
        let gate = Gate()
        var configuration = makeApplication().configuration
        configuration.shutdownTimeout = .zero
        let app = Application(configuration: configuration)
        app.get("/slow") { _, _ in
            await gate.wait()
            return "slow"
        }
        let server = try await app.service().start()
        let slow = try await WireClient.connect(try #require(server.addresses.first))
        try await slow.send("GET", "/slow")
        await gate.arrival()
        await server.stop()
        #expect(await slow.untilClosed() == "")
    }

    /// A group of services cancels what has not ended within the same time.
    @Test(arguments: 1...20) func `what is left is cut, and the log says so, whoever notices the time first`(
        round: Int
    ) async throws {
        let log = LogCapture()
        let gate = Gate()
        var configuration = makeApplication().configuration
        configuration.logger = log.logger()
        let app = Application(configuration: configuration)
        app.get("/slow") { _, _ in
            await gate.wait()
            return "slow"
        }
        let server = try await app.service().start()
        let address = try #require(server.addresses.first)
        let idle = try await WireClient.connect(address)
        let slow = try await WireClient.connect(address)
        try await slow.send("GET", "/slow")
        await gate.arrival()
        let stop = Task { await server.stop() }
        #expect(await idle.untilClosed() == "")
        stop.cancel()
        await stop.value
        #expect(log.lines.contains { $0.message == "connections were cut at the end of the shutdown timeout" })
        #expect(await slow.untilClosed() == "")
    }
}
