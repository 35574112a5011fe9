// SPDX-License-Identifier: Apache-2.0
import Holdfast
import TestSupport
import Testing

extension Leaks {
    /// Nothing is left of a SockJS session and its requests, however they end.
    @Suite struct SockJS {
        private static func run(
            sourceLocation: SourceLocation = #_sourceLocation,
            _ round: (LeakServer, Wire, _ id: Int) async throws -> Void
        ) async throws {
            let tally = Tally()
            let routes = { (app: Application) in
                app.sockJS("/echo") { connection in
                    tally.opened()
                    defer { tally.closed() }
                    for try await message in connection.messages { try await connection.send(message) }
                }
                app.sockJS("/bye") { connection in
                    tally.opened()
                    defer { tally.closed() }
                    try await connection.send("bye")
                }
            }
            try await LeakServer.with(hasPolls: true, routes: routes) { server in
                var id = 0
                try await server.expectNothingLeft(sourceLocation: sourceLocation) { wire in
                    id += 1
                    try await round(server, wire, id)
                    try await server.settle()
                    // Sessions that nobody receives for end now.
                    server.clock.advance(by: .seconds(60))
                    await tally.allClosed()
                }
            }
        }

        @Test func `that is polled and then forgotten`() async throws {
            try await Self.run { _, wire, id in
                try wire.post("/echo/0/\(id)/xhr", "")
                try wire.await("o\n")
                try wire.post("/echo/0/\(id)/xhr_send", #"["a","b"]"#)
                try wire.await("204")
                try wire.post("/echo/0/\(id)/xhr", "")
                try wire.await(#"a["a","b"]"#)
                wire.close()
            }
        }

        @Test func `whose poll is left`() async throws {
            try await Self.run { _, wire, id in
                try wire.post("/echo/0/\(id)/xhr", "")
                try wire.await("o\n")
                try wire.post("/echo/0/\(id)/xhr", "")
                wire.close()
            }
        }

        @Test(arguments: ["xhr_streaming", "eventsource"]) func `that is streamed and left`(transport: String)
            async throws
        {
            try await Self.run { server, wire, id in
                try wire.post("/echo/0/\(id)/\(transport)", "")
                if transport == "xhr_streaming" { try wire.await("o\n") } else { try wire.await("\r\n\r\n") }
                let sender = try server.wire()
                try sender.post("/echo/0/\(id)/xhr_send", #"["a"]"#)
                try sender.await("\r\n\r\n")
                sender.close()
                wire.reset()
            }
        }

        @Test func `that the application ends`() async throws {
            try await Self.run { _, wire, id in
                try wire.post("/bye/0/\(id)/xhr_streaming", "")
                try wire.await("c[")
                wire.close()
            }
        }

        @Test(arguments: ["/echo/0/0/websocket", "/echo/websocket"], [true, false])
        func `over a WebSocket`(path: String, cleanly: Bool) async throws {
            try await Self.run { _, wire, _ in
                try wire.upgrade(path)
                try wire.await("\r\n\r\n")
                try wire.text(#"["a"]"#)
                try wire.await(#"["a"]"#)
                if cleanly {
                    try wire.closeFrame()
                    wire.awaitEnd()
                    wire.close()
                } else {
                    wire.reset()
                }
            }
        }

        @Test(arguments: ["/echo", "/echo/info", "/echo/0/none/xhr_send", "/echo/0/bad.id/xhr", "/echo/iframe.html"])
        func `that there is not`(path: String) async throws {
            try await Self.run { _, wire, _ in
                try wire.post(path, "[]")
                try wire.await("\r\n\r\n")
                wire.close()
            }
        }
    }
}
