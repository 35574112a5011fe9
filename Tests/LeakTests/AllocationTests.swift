// SPDX-License-Identifier: Apache-2.0
import CAllocations
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import Holdfast

extension Leaks {
    /// How often the server's thread allocates memory for a message that is sent back: a budget, to be raised only on purpose.
    ///
    /// Counted on the only thread of the server, in the build that the tests run in: the budgets are the debug build's.
    @Suite(.enabled(if: thread_allocations() >= 0)) struct Allocations {
        /// Counts while `exchange` is done again and again, each time with an answer.
        private func expect(
            _ budget: Double,
            sourceLocation: SourceLocation = #_sourceLocation,
            on server: LeakServer,
            _ exchange: () throws -> Void
        ) async throws {
            func count() async throws -> Int {
                try await server.running.group.next().submit { Int(thread_allocations()) }.get()
            }
            // What is made once.
            for _ in 1...200 { try exchange() }
            let messages = 400
            var least = Double.infinity
            for _ in 1...3 {
                let before = try await count()
                for _ in 1...messages { try exchange() }
                least = min(least, Double(try await count() - before) / Double(messages))
            }
            #expect(least <= budget, "\(least) allocations a message", sourceLocation: sourceLocation)
        }

        private static func routes(_ app: Application) {
            app.webSocket("/echo") { connection in
                for try await message in connection.messages { try await connection.send(message) }
            }
            app.sockJS("/sockjs") { connection in
                for try await message in connection.messages { try await connection.send(message) }
            }
            let rpc = RPCEndpoint()
            rpc.method("echo") { (params: JSON, _) in params }
            app.rpc("/rpc", rpc)
        }

        private func run(_ body: (LeakServer, Wire) async throws -> Void) async throws {
            try await LeakServer.with(hasPolls: true, routes: Self.routes) { server in
                let wire = try server.wire()
                try await body(server, wire)
                wire.close()
            }
        }

        @Test func `JSON-RPC echo over a WebSocket`() async throws {
            try await run { server, wire in
                try wire.upgrade("/rpc")
                try wire.await("\r\n\r\n")
                try await expect(29, on: server) {
                    try wire.text(#"{"jsonrpc":"2.0","id":1,"method":"echo","params":{"a":1}}"#)
                    try wire.await("sessionId")
                }
            }
        }

        @Test func `echo over a WebSocket`() async throws {
            try await run { server, wire in
                try wire.upgrade("/echo")
                try wire.await("\r\n\r\n")
                try await expect(18, on: server) {
                    try wire.text("hello")
                    try wire.await("hello")
                }
            }
        }

        @Test func `echo over xhr_streaming, its request included`() async throws {
            try await run { server, wire in
                try wire.post("/sockjs/0/0/xhr_streaming", "")
                try wire.await("o\n")
                let sender = try server.wire()
                try await expect(46, on: server) {
                    try sender.post("/sockjs/0/0/xhr_send", #"["hello"]"#)
                    try sender.await("HTTP/1.1 204")
                    try wire.await("hello")
                }
                sender.close()
            }
        }
    }
}
