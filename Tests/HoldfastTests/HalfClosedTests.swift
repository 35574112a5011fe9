// SPDX-License-Identifier: Apache-2.0
import HoldfastRPC
import HoldfastTransport
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

    private func application(
        _ gate: Gate,
        _ listeners: [Listener],
        scheduler: (any Scheduler)? = nil
    ) -> Application {
        var configuration = makeApplication(listeners).configuration
        configuration.scheduler = scheduler
        let app = Application(configuration: configuration)
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
        var options = SockJSOptions()
        options.jsonp = true
        app.sockJS("/sockjs", options: options) { connection in
            for try await message in connection.messages { try await connection.send(message) }
        }
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

    // MARK: SockJS

    /// What comes to a client that has sent `requests` and its end.
    ///
    /// - Parameter waits: Whether a poll is given up after a moment; otherwise its time stands still.
    private func answers(to requests: String, isSecure: Bool, waits: Bool = true) async throws -> String {
        let tls = TLSOptions(certificate: Certificates.certificate, key: Certificates.key)
        let listener = Listener.tcp("127.0.0.1", port: 0, tls: isSecure ? tls : nil)
        var answers = ""
        let app = application(Gate(), [listener], scheduler: waits ? ManualScheduler() : nil)
        try await app.withServer { addresses in
            let client = try await WireClient.connect(try #require(addresses.first), halfCloses: true)
            defer { client.close() }
            try await client.write(ByteBuffer(string: requests))
            try await client.stopSending()
            answers = await client.untilClosed()
        }
        return answers
    }

    private static func post(_ path: String, _ body: String = "") -> String {
        "POST /sockjs/000/id/\(path) HTTP/1.1\r\nHost: site.test\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    private static func get(_ path: String) -> String {
        "GET /sockjs/000/id/\(path) HTTP/1.1\r\nHost: site.test\r\n\r\n"
    }

    /// A last chunk, and the end of the body.
    private static func end(_ text: String) -> String {
        "\r\n\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n0\r\n\r\n"
    }

    @Test(arguments: [false, true]) func `the first poll is answered whole`(isSecure: Bool) async throws {
        #expect(try await answers(to: Self.post("xhr"), isSecure: isSecure).hasSuffix(Self.end("o\n")))
        let script = "/**/cb(\"o\");\r\n"
        #expect(try await answers(to: Self.get("jsonp?c=cb"), isSecure: isSecure).hasSuffix(Self.end(script)))
    }

    @Test(arguments: [false, true]) func `a poll gets the answer to what was sent before it`(
        isSecure: Bool
    ) async throws {
        let requests = [Self.post("xhr"), Self.post("xhr_send", #"["abc"]"#), Self.post("xhr")].joined()
        #expect(try await answers(to: requests, isSecure: isSecure).hasSuffix(Self.end("a[\"abc\"]\n")))
        let script = Self.post("xhr") + Self.post("xhr_send", #"["abc"]"#) + Self.get("jsonp?c=cb")
        #expect(
            try await answers(to: script, isSecure: isSecure).hasSuffix(Self.end(#"/**/cb("a[\"abc\"]");"# + "\r\n"))
        )
    }

    @Test(arguments: [false, true]) func `a poll for which there is nothing ends the session and says so`(
        isSecure: Bool
    ) async throws {
        let answers = try await answers(to: Self.post("xhr") + Self.post("xhr"), isSecure: isSecure, waits: false)
        #expect(answers.hasSuffix(Self.end("c[1002,\"Connection interrupted\"]\n")))
    }

    @Test(arguments: ["xhr_streaming", "eventsource", "slow"]) func `an endless stream ends with its input`(
        transport: String
    ) async throws {
        let gate = Gate()
        try await application(gate, [.tcp("127.0.0.1", port: 0)]).withServer { addresses in
            let client = try await WireClient.connect(try #require(addresses.first), halfCloses: true)
            defer { client.close() }
            switch transport {
            case "slow":
                // The end of input is there before the stream begins.
                try await client.write(ByteBuffer(string: Request.slow.text + Self.post("xhr_streaming")))
                await gate.arrival()
            case "eventsource":
                try await client.write(ByteBuffer(string: Self.get(transport)))
            default:
                try await client.write(ByteBuffer(string: Self.post(transport)))
            }
            try await client.stopSending()
            // The server has seen the end of input by the time it has answered others that came later.
            let other = try await WireClient.connect(try #require(addresses.first))
            for _ in 1...10 { #expect(try await other.get("/plain").status == 200) }
            gate.open()
            #expect(await client.untilClosed().contains("HTTP/1.1 200 OK\r\n"))
            other.close()
        }
    }
}
