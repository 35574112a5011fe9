// SPDX-License-Identifier: Apache-2.0
import Holdfast

struct Greeting: Codable {
    var message: String
}

/// What HTTP benchmarks ask for.
func addHTTPRoutes(to app: Application) {
    app.get("/plaintext") { _, _ in "Hello, World!" }
    app.get("/json") { _, _ in Greeting(message: "Hello, World!") }
    app.post("/http/echo") { request, _ -> Response in
        let contentType = request[.contentType] ?? "application/octet-stream"
        return Response(body: .bytes(try await request.body.collect(), contentType: contentType))
    }
}

/// A raw WebSocket echo for the Autobahn cases, whose messages are larger than most applications should take.
func addWebSocketEcho(to app: Application) {
    var limits = Limits.WebSocket()
    limits.message = 16 << 20
    limits.frame = 16 << 20
    limits.fragments = 65_536
    limits.outbound.bytes = 32 << 20
    app.webSocket("/ws", options: .init(limits: limits)) { connection in
        for try await message in connection.messages { try await connection.send(message) }
    }
}
