// SPDX-License-Identifier: Apache-2.0
import HoldfastRPC
import Testing

@testable import Holdfast

/// How fast a client may send, where an application says so (row 28).
@Suite(.timeLimit(.minutes(1))) struct RateTests {
    private let rate = MessageRate(messages: 1, burst: 5)

    private func withServer(_ limits: Limits, _ body: (BoundAddress) async throws -> Void) async throws {
        var configuration = makeApplication().configuration
        configuration.limits = limits
        // However slow the machine is, nothing is added to what may be sent.
        configuration.scheduler = ManualScheduler()
        let app = Application(configuration: configuration)
        app.webSocket("/raw") { connection in
            for try await message in connection.messages { try await connection.send(message) }
        }
        app.sockJS("/sockjs") { connection in
            for try await message in connection.messages { try await connection.send(message) }
        }
        let rpc = RPCEndpoint()
        rpc.method("echo") { (params: JSON, _) in params }
        app.rpc("/rpc", rpc)
        try await app.withServer { addresses in try await body(try #require(addresses.first)) }
    }

    private func closeFrame(_ client: WireClient) async throws -> WireClient.Frame {
        while true {
            let frame = try await client.frame()
            if frame.opcode == 8 { return frame }
        }
    }

    @Test(arguments: ["/raw", "/sockjs/websocket"]) func `a WebSocket that is too fast is closed with 4429`(
        path: String
    ) async throws {
        var limits = Limits()
        limits.webSocket.rate = rate
        try await withServer(limits) { address in
            let client = try await WireClient.connect(address)
            _ = try await client.upgrade(path)
            // The server may have closed before all are sent.
            for _ in 1...100 { try? await client.sendText("x") }
            #expect(try await closeFrame(client).code == 4429)
            client.close()
        }
    }

    @Test func `SockJS counts messages, whatever frame or request they come in`() async throws {
        var limits = Limits()
        limits.webSocket.rate = rate
        let many = "[" + Array(repeating: #""x""#, count: 100).joined(separator: ",") + "]"
        try await withServer(limits) { address in
            let framed = try await WireClient.connect(address)
            _ = try await framed.upgrade("/sockjs/0/0/websocket")
            #expect(try await framed.text() == "o")
            try await framed.sendText(many)
            var text = try await framed.text()
            while !text.hasPrefix("c[") { text = try await framed.text() }
            #expect(text.hasPrefix("c[4429,"))
            framed.close()

            let poller = try await WireClient.connect(address)
            #expect(try await poller.request("POST", "/sockjs/0/1/xhr", body: "").body == "o\n")
            _ = try await poller.request("POST", "/sockjs/0/1/xhr_send", body: many)
            var body = try await poller.request("POST", "/sockjs/0/1/xhr", body: "").body
            while !body.hasPrefix("c[") { body = try await poller.request("POST", "/sockjs/0/1/xhr", body: "").body }
            #expect(body.hasPrefix("c[4429,"))
            poller.close()
        }
    }

    @Test func `a JSON-RPC session is refused with -32051, then closed with 4429, and waits for its client`()
        async throws
    {
        var limits = Limits()
        limits.rpc.rate = rate
        try await withServer(limits) { address in
            let client = try await WireClient.connect(address)
            _ = try await client.upgrade("/rpc")
            for id in 1...10 {
                try await client.sendText(#"{"jsonrpc":"2.0","id":\#(id),"method":"echo","params":{}}"#)
            }
            var answers: [String] = []
            for _ in 1...10 { answers.append(try await client.text()) }
            #expect(answers.filter { $0.contains("-32051") }.count == 4)
            #expect(answers.allSatisfy { $0.contains("-32051") || $0.contains("sessionId") })
            for id in 11...20 {
                try await client.sendText(#"{"jsonrpc":"2.0","id":\#(id),"method":"echo","params":{}}"#)
            }
            #expect(try await closeFrame(client).code == 4429)
            client.close()
        }
    }
}
