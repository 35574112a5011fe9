// SPDX-License-Identifier: Apache-2.0
import Holdfast
import HoldfastClient
import HoldfastTransport
import TestSupport
import Testing

extension Leaks {
    /// Nothing is left of a JSON-RPC session and its connections, however they end, on the server or in the Swift client.
    @Suite struct RPC {
        private static func run(
            allowance: Int = 32,
            tls: TLSOptions? = nil,
            sourceLocation: SourceLocation = #_sourceLocation,
            _ round: (LeakServer) async throws -> Void
        ) async throws {
            let tally = Tally()
            let rpc = RPCEndpoint()
            rpc.onOpen { _ in tally.opened() }
            rpc.onClose { _, _ in tally.closed() }
            rpc.method("echo") { (params: JSON, _) in params }
            rpc.method("wait", .concurrent) { (_: JSON, _) -> Int in
                await untilCancelled()
                return 0
            }
            rpc.method("fail") { (_: JSON, _) -> Int in throw RPCError(code: 1, message: "no") }
            rpc.method("ask") { (_: JSON, call) in try await call.session.call("answer", as: JSON.self) }
            rpc.method("bye") { (_: JSON, call) -> Int in
                call.session.close()
                return 0
            }
            try await LeakServer.with(
                tls: tls,
                hasPolls: true,
                routes: { $0.rpc("/rpc", rpc, options: .init(sockJS: true, resume: .init(window: .zero))) }
            ) { server in
                try await LeakTests.expectNothingLeft(allowance: allowance, sourceLocation: sourceLocation) {
                    try await round(server)
                    try await server.settle()
                    // Sessions that nobody came back to end now.
                    server.clock.advance(by: .seconds(60))
                    await tally.allClosed()
                }
            }
        }

        private static let echo = #"{"jsonrpc":"2.0","id":1,"method":"echo","params":{"a":1}}"#

        @Test(arguments: [
            echo, "[\(echo),\(echo)]", #"{"jsonrpc":"2.0","id":1,"method":"fail","params":{}}"#, "{nonsense",
        ])
        func `a POST`(body: String) async throws {
            try await Self.run { server in
                let wire = try server.wire()
                try wire.post("/rpc", body)
                try wire.await("\r\n\r\n")
                wire.close()
            }
        }

        @Test(arguments: ["closeSession", "bye", "cut", "wait", "ask"])
        func `a session over a WebSocket`(end: String) async throws {
            try await Self.run { server in
                let wire = try server.wire()
                try wire.upgrade("/rpc/websocket")
                try wire.await("\r\n\r\n")
                try wire.text(Self.echo)
                try wire.await("sessionId")
                if end != "cut" { try wire.text(#"{"jsonrpc":"2.0","id":2,"method":"\#(end)","params":{}}"#) }
                if end == "closeSession" { try wire.await(#""id":2"#) }
                if end == "ask" { try wire.await("answer") }
                wire.reset()
            }
        }

        @Test func `a session that moves from connection to connection`() async throws {
            try await Self.run { server in
                let first = try server.wire()
                try first.upgrade("/rpc/websocket")
                try first.await("\r\n\r\n")
                try first.text(#"{"jsonrpc":"2.0","id":1,"method":"connect","params":{}}"#)
                let id = try first.await("sessionId\":\"", taking: 26)
                let second = try server.wire()
                try second.upgrade("/rpc/websocket")
                try second.await("\r\n\r\n")
                try second.text(#"{"jsonrpc":"2.0","id":2,"method":"connect","params":{"sessionId":"\#(id)"}}"#)
                try second.await(#""id":2"#)
                try first.await("\u{88}")
                first.close()
                second.reset()
            }
        }

        // MARK: The Swift client

        /// A client ends on a loop of its own when it does, so that some of the last one may be left; no object is that small.
        private static let allowance = 128

        private static func client(
            _ server: LeakServer,
            _ transport: Transport,
            _ path: String = "/rpc"
        ) throws -> RPCClient {
            var configuration = RPCClientConfiguration()
            configuration.logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            configuration.transports = [transport]
            configuration.tls.acceptsAnyCertificate = true
            return try RPCClient(
                "\(server.isSecure ? "https" : "http")://127.0.0.1:\(server.port)\(path)",
                configuration: configuration
            )
        }

        @Test(arguments: [Transport.webSocket, .xhrStreaming, .xhrPolling], [nil, Certificates.options])
        func `a client that calls and closes`(transport: Transport, tls: TLSOptions?) async throws {
            try await Self.run(allowance: Self.allowance, tls: tls) { server in
                try await Self.client(server, transport).connected { client in
                    let sum = try await client.call("echo", ["a": 1])
                    #expect(sum == ["a": 1])
                }
            }
        }

        @Test(arguments: [Transport.webSocket, .xhrStreaming, .xhrPolling], [nil, Certificates.options])
        func `a client that finds no endpoint`(transport: Transport, tls: TLSOptions?) async throws {
            try await Self.run(allowance: Self.allowance, tls: tls) { server in
                let client = try Self.client(server, transport, "/none")
                await #expect(throws: RPCClientError.self) { try await client.connected { _ in } }
            }
        }
    }
}
