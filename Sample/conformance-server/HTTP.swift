// SPDX-License-Identifier: Apache-2.0
import Foundation
import Holdfast

struct Greeting: Codable {
    var message: String
}

/// What HTTP benchmarks ask for, and what tests of connections do.
func addHTTPRoutes(to app: Application) {
    app.get("/plaintext") { _, _ in "Hello, World!" }
    app.get("/json") { _, _ in Greeting(message: "Hello, World!") }
    app.post("/http/echo") { request, _ -> Response in
        let contentType = request[.contentType] ?? "application/octet-stream"
        return Response(body: .bytes(try await request.body.collect(), contentType: contentType))
    }
    app.get("/big/:bytes") { _, context -> Response in
        let count = try context.parameters.require("bytes", as: Int.self)
        guard (0...64 << 20).contains(count) else { throw HTTPError(.badRequest, message: "at most 64 MiB") }
        return Response(body: .bytes(alphabet(count)))
    }
    app.files("/files/**", from: ProcessInfo.processInfo.environment["HOLDFAST_FILES"] ?? "Fixtures")
}

private let letters = (0..<26 * 2520).map { UInt8(ascii: "a") + UInt8($0 % 26) }

/// So many bytes of a to z, over and over, so that a piece which is missing shows.
private func alphabet(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    while bytes.count < count { bytes += letters.prefix(count - bytes.count) }
    return bytes
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
