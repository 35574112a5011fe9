// SPDX-License-Identifier: Apache-2.0
import HoldfastRPC
import NIOCore
import TestSupport
import Testing

@testable import Holdfast

/// A client that sends its whole request, ends its sending side and then reads gets its whole answer.
@Suite(.timeLimit(.minutes(1))) struct HalfClosedTests {
    enum Request: String, CaseIterable {
        case plain = "/plain"
        case large = "/large"
        case file = "/files/README.md"
        case stream = "/stream"
        case slow = "/slow"
        case slowStream = "/slow-stream"
        case body = "/body"
        case rpc = "/rpc"

        var text: String {
            switch self {
            case .body, .rpc:
                let body = #"{"jsonrpc":"2.0","id":1,"method":"slow","params":{}}"#
                return "POST \(rawValue) HTTP/1.1\r\nHost: site.test\r\nContent-Type: application/json\r\n"
                    + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
            default:
                return "GET \(rawValue) HTTP/1.1\r\nHost: site.test\r\n\r\n"
            }
        }

        /// What the answer ends with.
        var end: String {
            switch self {
            case .plain: "plain"
            case .large: String(repeating: "x", count: 1 << 20)
            case .file: "\n"
            case .stream, .slowStream: "4\r\nlast\r\n0\r\n\r\n"
            case .slow: "slow"
            case .body: #""params":{}}"#
            case .rpc: #""jsonrpc":"2.0"}"#
            }
        }

        var waits: Bool { [.slow, .slowStream, .rpc].contains(self) }
    }

    private func application(_ gate: Gate, _ listeners: [Listener]) -> Application {
        let app = makeApplication(listeners)
        app.get("/plain") { _, _ in "plain" }
        app.get("/large") { _, _ in String(repeating: "x", count: 1 << 20) }
        app.get("/stream") { _, _ in
            Response(
                body: .stream { body in
                    for _ in 1...100 { try await body.write("piece") }
                    try await body.write("last")
                }
            )
        }
        app.get("/slow") { _, _ in
            await gate.wait()
            return "slow"
        }
        app.get("/slow-stream") { _, _ in
            Response(
                body: .stream { body in
                    try await body.write("first")
                    await gate.wait()
                    try await body.write("last")
                }
            )
        }
        app.post("/body") { request, _ in try await request.body.text() }
        app.files("/files/**", from: Certificates.folder)
        let rpc = RPCEndpoint()
        rpc.method("slow") { (_: JSON, _) -> String in
            await gate.wait()
            return "slow"
        }
        app.rpc("/rpc", rpc)
        return app
    }

    @Test(arguments: Request.allCases) func `over TCP`(request: Request) async throws {
        let gate = Gate()
        try await application(gate, [.tcp("127.0.0.1", port: 0)]).withServer { addresses in
            let wire = try Wire(port: try #require(addresses.first?.port))
            defer { wire.close() }
            try wire.send(request.text)
            wire.stopSending()
            if request.waits {
                await gate.arrival()
                gate.open()
            }
            let answer = wire.rest()
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.hasSuffix(request.end))
        }
    }

    @Test(arguments: Request.allCases) func `over TLS`(request: Request) async throws {
        let gate = Gate()
        let tls = TLSOptions(certificate: Certificates.certificate, key: Certificates.key)
        try await application(gate, [.tcp("127.0.0.1", port: 0, tls: tls)]).withServer { addresses in
            let client = try await WireClient.connect(try #require(addresses.first), halfCloses: true)
            defer { client.close() }
            try await client.write(ByteBuffer(string: request.text))
            try await client.stopSending()
            if request.waits {
                await gate.arrival()
                gate.open()
            }
            let answer = await client.untilClosed()
            #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(answer.hasSuffix(request.end))
        }
    }

    @Test func `pipelined requests are all answered`() async throws {
        try await application(Gate(), [.tcp("127.0.0.1", port: 0)]).withServer { addresses in
            let wire = try Wire(port: try #require(addresses.first?.port))
            defer { wire.close() }
            try wire.send(String(repeating: Request.plain.text, count: 1000) + Request.stream.text)
            wire.stopSending()
            let answers = wire.rest()
            #expect(answers.split(separator: "HTTP/1.1 200 OK\r\n").count == 1001)
            #expect(answers.hasSuffix(Request.stream.end))
        }
    }

    @Test(arguments: ["GET /plain HTT", "POST /body HTTP/1.1\r\nHost: site.test\r\nContent-Length: 10\r\n\r\nabc"])
    func `a request that is not whole is answered 400`(text: String) async throws {
        try await application(Gate(), [.tcp("127.0.0.1", port: 0)]).withServer { addresses in
            let wire = try Wire(port: try #require(addresses.first?.port))
            defer { wire.close() }
            try wire.send(text)
            wire.stopSending()
            #expect(wire.rest().hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
        }
    }
}
