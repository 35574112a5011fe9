// SPDX-License-Identifier: Apache-2.0
import Holdfast
import TestSupport
import Testing

extension Leaks {
    /// Nothing is left of a WebSocket, however it ends.
    @Suite struct WebSocket {
        private struct Broken: Error {}

        private static func routes(_ app: Application) {
            app.webSocket("/echo") { connection in
                for try await message in connection.messages { try await connection.send(message) }
            }
            app.webSocket("/hello") { connection in try await connection.send("hello") }
            app.webSocket("/throw") { _ in throw Broken() }
            app.webSocket("/deaf") { _ in await untilCancelled() }
            app.webSocket("/flood") { connection in
                while true { try await connection.send(String(repeating: "x", count: 10_000)) }
            }
        }

        private func run(
            _ change: (inout Limits) -> Void = { _ in },
            receiveBuffer: Int32? = nil,
            sourceLocation: SourceLocation = #_sourceLocation,
            _ round: (Wire) async throws -> Void
        ) async throws {
            try await LeakServer.with(change, routes: Self.routes) { server in
                try await server.expectNothingLeft(
                    sourceLocation: sourceLocation,
                    receiveBuffer: receiveBuffer,
                    round
                )
            }
        }

        @Test func `that its client closes`() async throws {
            try await run { wire in
                try wire.upgrade("/echo")
                try wire.await("\r\n\r\n")
                try wire.text("echo")
                try wire.await("echo")
                try wire.closeFrame()
                wire.awaitEnd()
                wire.close()
            }
        }

        @Test(arguments: ["/hello", "/throw"]) func `that its handler ends`(path: String) async throws {
            try await run { wire in
                try wire.upgrade(path)
                try wire.await("\u{88}")
                try wire.closeFrame()
                wire.awaitEnd()
                wire.close()
            }
        }

        @Test(arguments: ["/echo", "/deaf"], [true, false])
        func `whose client leaves`(path: String, withReset: Bool) async throws {
            try await run { wire in
                try wire.upgrade(path)
                try wire.await("\r\n\r\n")
                for _ in 1...100 { try wire.text("message") }
                if withReset { wire.reset() } else { wire.close() }
            }
        }

        @Test func `whose client breaks the rules`() async throws {
            try await run { wire in
                try wire.upgrade("/echo")
                try wire.send([0xFF, 0xFF, 0xFF])
                wire.awaitEnd()
                wire.close()
            }
        }

        @Test func `whose client does not read`() async throws {
            try await run({ $0.webSocket.sendTimeout = .milliseconds(20) }, receiveBuffer: 4096) {
                wire in
                try wire.upgrade("/flood")
                wire.awaitReset()
                wire.close()
            }
        }

        @Test func `whose client is silent`() async throws {
            try await run(
                {
                    $0.webSocket.pingInterval = .milliseconds(5)
                    $0.webSocket.pongTimeout = .milliseconds(5)
                    $0.webSocket.closeTimeout = .milliseconds(5)
                }
            ) { wire in
                try wire.upgrade("/echo")
                wire.awaitEnd()
                wire.close()
            }
        }

        @Test(arguments: [
            "Origin: https://elsewhere.test\r\n", "Sec-WebSocket-Version: 12\r\n",
        ])
        func `that is refused`(fields: String) async throws {
            try await run { wire in
                try wire.upgrade("/echo", fields)
                try wire.await("HTTP/1.1 4")
                wire.close()
            }
        }
    }
}
