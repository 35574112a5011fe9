// SPDX-License-Identifier: Apache-2.0
import Holdfast
import TestSupport
import Testing

extension Leaks {
    /// Nothing is left of a server that has drained, or been killed, with all kinds of connections.
    ///
    /// Save for the timer of the shutdown timeout, which the system keeps until it is due.
    @Suite struct Drains {
        @Test(arguments: [true, false]) func `of a whole server`(kills: Bool) async throws {
            try await LeakTests.expectNothingLeft(rounds: 10, allowance: 1500) {
                let rpc = RPCEndpoint()
                rpc.method("echo") { (params: JSON, _) in params }
                let server = try await LeakServer.start { app in
                    app.get("/") { _, _ in "hello" }
                    app.webSocket("/ws") { connection in for try await _ in connection.messages {} }
                    app.rpc("/rpc", rpc, options: .init(sockJS: true))
                }
                let idle = try server.wire()
                try idle.get("/")
                try idle.await("hello")
                let webSocket = try server.wire()
                try webSocket.upgrade("/ws")
                try webSocket.await("\r\n\r\n")
                let session = try server.wire()
                try session.upgrade("/rpc/websocket")
                try session.await("\r\n\r\n")
                try session.text(#"{"jsonrpc":"2.0","id":1,"method":"echo","params":{}}"#)
                try session.await("sessionId")
                let stream = try server.wire()
                try stream.post("/rpc/0/0/xhr_streaming", "")
                try stream.await("o\n")
                if kills { await server.running.kill() }
                async let end: Void = server.running.stop()
                for wire in [webSocket, session] {
                    if !kills { try wire.await("\u{88}") }
                    wire.close()
                }
                for wire in [idle, stream] {
                    wire.awaitEnd()
                    wire.close()
                }
                await end
                server.clock.advance(by: .seconds(60))
            }
        }
    }
}
