// SPDX-License-Identifier: Apache-2.0
import Holdfast
import TestSupport
import Testing

extension Leaks {
    /// Nothing is left of an HTTP connection, however it ends.
    @Suite struct HTTP {
        private struct Broken: Error {}

        private static func routes(_ app: Application) {
            app.get("/") { _, _ in "hello" }
            app.get("/8k") { _, _ in String(repeating: "x", count: 8 << 10) }
            app.get("/1m") { _, _ in Response(body: .bytes([UInt8](repeating: 120, count: 1 << 20))) }
            app.get("/big") { _, _ in Response(body: .bytes([UInt8](repeating: 120, count: 16 << 20))) }
            app.get("/pool", options: .init(runsOnGlobalPool: true)) { _, _ in "pool" }
            app.get("/slow") { _, _ in
                await untilCancelled()
                return "slow"
            }
            app.get("/throw") { _, _ -> String in throw Broken() }
            app.get("/stream") { _, _ in
                Response(
                    body: .stream { body in
                        for _ in 1...10 { try await body.write("piece") }
                    }
                )
            }
            app.get("/endless") { _, _ in
                Response(
                    body: .stream { body in
                        try await body.write("piece")
                        await untilCancelled()
                    }
                )
            }
            app.get("/broken") { _, _ in
                Response(
                    body: .stream { body in
                        try await body.write("piece")
                        throw Broken()
                    }
                )
            }
            app.post("/body") { request, _ in "\(try await request.body.collect().count)" }
            app.post("/deaf") { _, _ in
                await untilCancelled()
                return "deaf"
            }
            app.files("/files/**", from: "Fixtures/wire")
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

        @Test func `that says nothing`() async throws {
            try await run { $0.close() }
        }

        @Test func `that is reset at once`() async throws {
            try await run { $0.reset() }
        }

        @Test(arguments: ["/", "/8k", "/pool", "/throw", "/none", "/stream", "/files/README.md"])
        func `that asks and closes`(path: String) async throws {
            try await run { wire in
                try wire.get(path)
                try wire.await("\r\n\r\n")
                wire.close()
            }
        }

        @Test(arguments: ["/", "/8k", "/1m", "/stream"])
        func `that the server closes`(path: String) async throws {
            try await run { wire in
                try wire.get(path, "Connection: close\r\n")
                wire.awaitEnd()
                wire.close()
            }
        }

        @Test func `of many requests`() async throws {
            try await run { wire in
                for _ in 1...20 {
                    try wire.get("/")
                    try wire.await("hello")
                }
                try wire.send(String(repeating: "GET / HTTP/1.1\r\nHost: a\r\n\r\n", count: 20))
                try wire.get("/none")
                try wire.await("404")
                wire.close()
            }
        }

        @Test func `that is half closed`() async throws {
            try await run { wire in
                try wire.get("/1m")
                wire.stopSending()
                #expect(wire.awaitEnd() > 1 << 20)
                wire.close()
            }
        }

        @Test(arguments: ["GET / HTTP/1.1\r\n\r\n", "nonsense\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"])
        func `that is refused`(text: String) async throws {
            try await run { wire in
                try wire.send(text)
                wire.awaitEnd()
                wire.close()
            }
        }

        @Test func `whose body is whole`() async throws {
            try await run { wire in
                try wire.post("/body", String(repeating: "x", count: 100_000))
                try wire.await("100000")
                wire.close()
            }
        }

        @Test func `whose body is cut`() async throws {
            try await run { wire in
                try wire.send("POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
                wire.reset()
            }
        }

        @Test func `whose body is too large`() async throws {
            try await run { wire in
                try wire.send("POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\nabc")
                wire.awaitEnd()
                wire.close()
            }
        }

        @Test func `whose body nobody takes`() async throws {
            try await run { wire in
                try wire.send("POST /deaf HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n")
                try wire.send([UInt8](repeating: 120, count: 100_000))
                wire.reset()
            }
        }

        @Test(arguments: ["/slow", "/endless"]) func `whose client leaves`(path: String) async throws {
            try await run { wire in
                try wire.get(path)
                if path == "/endless" { try wire.await("piece") }
                wire.reset()
            }
        }

        @Test func `whose stream fails`() async throws {
            try await run { wire in
                try wire.get("/broken")
                wire.awaitEnd()
                wire.close()
            }
        }

        @Test(arguments: ["Upgrade: h2c\r\nConnection: Upgrade\r\n", "Upgrade: websocket\r\nConnection: Upgrade\r\n"])
        func `whose upgrade is not taken`(fields: String) async throws {
            try await run { wire in
                try wire.get("/", fields)
                try wire.await("hello")
                wire.close()
            }
        }

        // MARK: Deadlines

        @Test func `whose head never comes`() async throws {
            try await run({ $0.http.headTimeout = .milliseconds(5) }) { wire in
                try wire.send("GET / HT")
                wire.awaitEnd()
                wire.close()
            }
        }

        @Test func `that idles`() async throws {
            try await run({ $0.http.keepAlive = .milliseconds(5) }) { wire in
                try wire.get("/")
                wire.awaitEnd()
                wire.close()
            }
        }

        @Test func `whose handler takes too long`() async throws {
            try await run({ $0.http.handlerTimeout = .milliseconds(5) }) { wire in
                try wire.get("/slow")
                try wire.await("503")
                wire.close()
            }
        }

        @Test func `whose body stops`() async throws {
            try await run({ $0.http.bodyGrace = .milliseconds(5) }) { wire in
                try wire.send("POST /body HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n")
                wire.awaitEnd()
                wire.close()
            }
        }

        @Test func `whose answer is not read`() async throws {
            try await run({ $0.http.writeTimeout = .milliseconds(20) }, receiveBuffer: 4096) { wire in
                try wire.get("/big")
                try wire.await("200")
                wire.awaitReset()
                wire.close()
            }
        }

        // MARK: TLS

        private func runSecure(_ round: (Wire) async throws -> Void) async throws {
            try await LeakServer.with(
                { $0.http.handshakeTimeout = .milliseconds(5) },
                tls: Certificates.options,
                routes: Self.routes
            ) { server in
                try await server.expectNothingLeft(round)
            }
        }

        @Test func `whose handshake never comes`() async throws {
            try await runSecure { wire in
                wire.awaitEnd()
                wire.close()
            }
        }

        @Test func `whose handshake is left`() async throws {
            try await runSecure { wire in
                try wire.send([0x16, 0x03, 0x01, 0x02, 0x00])
                wire.close()
            }
        }

        @Test func `whose handshake is none`() async throws {
            try await runSecure { wire in
                try wire.get("/")
                wire.awaitEnd()
                wire.close()
            }
        }
    }
}
