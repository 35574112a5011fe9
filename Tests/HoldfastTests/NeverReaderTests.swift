// SPDX-License-Identifier: Apache-2.0
import HoldfastRPC
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import Holdfast

/// A client that asks and never reads costs the server no more than its buffers.
@Suite(.timeLimit(.minutes(1))) struct NeverReaderTests {
    /// What the operating system may hold for a client, ours for its answers, and some: far less than a flood asks for.
    private static let bound = 32 << 20

    private func served(
        _ path: String,
        _ tls: TLSOptions? = nil,
        answer: Int,
        flood: (BoundAddress, [UInt8]) async throws -> Void
    ) async throws -> Int {
        let served = Atomic(0)
        let app = makeApplication([.tcp("127.0.0.1", port: 0, tls: tls)])
        let body = [UInt8](repeating: 120, count: answer)
        app.get("/whole") { _, _ in
            served.wrappingAdd(1, ordering: .relaxed)
            return Response(body: .bytes(body))
        }
        app.get("/stream") { _, _ in
            served.wrappingAdd(1, ordering: .relaxed)
            return Response(body: .stream { try await $0.write(body) })
        }
        let server = try await app.service().start()
        let request = "GET \(path) HTTP/1.1\r\nHost: site.test\r\n\r\n"
        try await flood(try #require(server.addresses.first), Array(String(repeating: request, count: 100).utf8))
        await server.kill()
        return served.load(ordering: .relaxed)
    }

    @Test(arguments: ["/whole", "/stream"], [8 << 10, 100 << 10])
    func `over TCP`(path: String, answer: Int) async throws {
        let served = try await served(path, answer: answer) { address, requests in
            let wire = try Wire(port: try #require(address.port), receiveBuffer: 4096)
            _ = wire.flood(requests, atMost: 1000)
            wire.reset()
        }
        #expect(served > 0)
        #expect(served * answer < Self.bound)
    }

    @Test func `over TLS`() async throws {
        let tls = TLSOptions(certificate: Certificates.certificate, key: Certificates.key)
        let answer = 8 << 10
        let served = try await served("/whole", tls, answer: answer) { address, requests in
            let client = try await WireClient.connect(address)
            #expect(try await client.get("/none").status == 404)
            try await client.stopReading()
            var all = ByteBuffer()
            for _ in 1...80 { all.writeBytes(requests) }
            try await client.write(all)
            // The loop serves so many others that it had time for all of these.
            let other = try await WireClient.connect(address)
            for _ in 1...200 { #expect(try await other.get("/none").status == 404) }
            other.close()
            client.close()
        }
        #expect(served > 0)
        #expect(served * answer < Self.bound)
    }

    /// How a connection that its client does not read ended.
    private func ending(
        _ path: String,
        _ messages: [UInt8],
        tls: TLSOptions? = nil
    ) async throws -> CloseReason {
        let (reasons, continuation) = AsyncStream.makeStream(of: CloseReason.self)
        var configuration = makeApplication([.tcp("127.0.0.1", port: 0, tls: tls)]).configuration
        configuration.limits.webSocket.sendTimeout = .milliseconds(100)
        let app = Application(configuration: configuration)
        let echo: @Sendable (MessageConnection) async throws -> Void = { connection in
            connection.onClosed { continuation.yield($0) }
            for try await message in connection.messages { try await connection.send(message) }
        }
        app.webSocket("/raw", handler: echo)
        app.sockJS("/sockjs", handler: echo)
        let rpc = RPCEndpoint()
        rpc.method("echo") { (params: JSON, call) in
            call.connection.onClosed { continuation.yield($0) }
            return params
        }
        app.rpc("/rpc", rpc)
        let server = try await app.service().start()
        let wire = try Wire(port: try #require(server.addresses.first?.port), receiveBuffer: 4096)
        try wire.upgrade(path)
        try wire.await("\r\n\r\n")
        _ = wire.flood(messages, atMost: 100_000)
        var iterator = reasons.makeAsyncIterator()
        let reason = await iterator.next()
        wire.reset()
        await server.kill()
        return try #require(reason)
    }

    private static func frames(_ text: String, count: Int) -> [UInt8] {
        let payload = Array(text.utf8)
        var frame: [UInt8] = [0x81]
        if payload.count < 126 {
            frame.append(0x80 | UInt8(payload.count))
        } else {
            frame += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        }
        frame += [0, 0, 0, 0] + payload
        return Array(repeatElement(frame, count: count).joined())
    }

    @Test(arguments: [125, 4096, 60_000]) func `a WebSocket is closed with 4408`(size: Int) async throws {
        let frames = Self.frames(String(repeating: "x", count: size), count: max(1, 60_000 / (size + 10)))
        #expect(try await ending("/raw", frames).code == .slowConsumer)
    }

    @Test func `a SockJS session over a WebSocket is closed with 4408`() async throws {
        let frames = Self.frames(#"["\#(String(repeating: "x", count: 4096))"]"#, count: 16)
        #expect(try await ending("/sockjs/0/0/websocket", frames).code == .slowConsumer)
    }

    @Test func `a JSON-RPC connection is closed with 4408`() async throws {
        let call = #"{"jsonrpc":"2.0","id":1,"method":"echo","params":{"x":"\#(String(repeating: "x", count: 4096))"}}"#
        #expect(try await ending("/rpc", Self.frames(call, count: 16)).code == .slowConsumer)
    }
}
