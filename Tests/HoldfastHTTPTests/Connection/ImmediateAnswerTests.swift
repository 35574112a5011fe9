// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HoldfastTransport
import NIOCore
import Testing

@testable import HoldfastHTTP

/// Routes that answer without a task when they can.
struct ImmediateAnswerTests {
    private struct Refusal: Error {}

    /// Routes that say who answered: `/at-once`, or the handler after waiting at `gate`.
    private func connection(_ gate: Gate = Gate(), _ change: (Router) -> Void = { _ in }) throws -> TestConnection {
        try TestConnection { router in
            Self.add(to: router, gate)
            router.get("/plain") { _, _ in "plain" }
            router.group("/group", Mark("group")) { Self.add(to: $0, gate) }
            change(router)
        }
    }

    private static func add(to router: Router, _ gate: Gate, _ options: RouteOptions = .init()) {
        let route = router.any("/:what", options: options) { request, _ in
            try await gate.wait()
            return "handler"
        }
        route.answersAtOnce { request, context in
            switch context.parameters.get("what") {
            case "wait": return nil
            case "conflict": throw HTTPError(.conflict, message: "taken")
            case "unknown": throw Refusal()
            case "stream":
                return Response(body: .driven(contentType: "text/plain") { $0.write(ByteBuffer(string: "piece")) })
            default:
                guard case .collected(let body) = request.body.storage else { return Response(.internalServerError) }
                return .text("at once \(String(buffer: body))")
            }
        }
    }

    private func request(_ path: String, _ method: String = "GET", _ fields: String = "") -> String {
        "\(method) \(path) HTTP/1.1\r\nHost: site.test\r\n\(fields)\r\n"
    }

    private func bodies(_ connection: TestConnection) throws -> [String] {
        try connection.taken().split(separator: "HTTP/1.1 ").map { answer in
            answer.firstRange(of: "\r\n\r\n").map { String(answer[$0.upperBound...]) } ?? ""
        }
    }

    @Test func `a request that is there whole is answered without its handler`() throws {
        let connection = try connection()
        try connection.get("/x")
        try connection.send(request("/x", "POST", "Content-Length: 4\r\n") + "body")
        try connection.send(request("/x", "POST", "Transfer-Encoding: chunked\r\n") + "2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n")
        #expect(try bodies(connection) == ["at once ", "at once body", "at once body"])
        #expect(connection.isOpen)
    }

    @Test func `what needs waiting is left to the handler`() throws {
        let gate = Gate()
        let connection = try connection(gate)
        try connection.get("/wait")
        #expect(gate.waiting == 1)
        gate.open()
        #expect(try bodies(connection) == ["handler"])
    }

    @Test func `a body that is still arriving is the handler's`() throws {
        let gate = Gate()
        gate.open()
        let connection = try connection(gate)
        try connection.send(request("/x", "POST", "Content-Length: 4\r\n") + "bo")
        try connection.send("dy")
        #expect(try bodies(connection) == ["handler"])
    }

    @Test func `a body that waits for 100 is the handler's`() throws {
        let gate = Gate()
        gate.open()
        let connection = try connection(gate)
        try connection.send(request("/x", "POST", "Content-Length: 4\r\nExpect: 100-continue\r\n"))
        #expect(try bodies(connection) == ["handler"])
    }

    @Test(arguments: ["/group/x", "/own/x"]) func `middleware before the route is never passed by`(path: String) throws
    {
        let gate = Gate()
        gate.open()
        let connection = try connection(gate) { router in
            let route = router.get("/own/x") { _, _ in "handler" }
            route.answersAtOnce { _, _ in .text("at once") }
            route.use(Mark("own"))
        }
        try connection.get(path)
        let answer = try connection.taken()
        #expect(answer.hasSuffix("handler"))
        #expect(answer.contains("X-Mark: "))
    }

    @Test func `middleware of the whole application is never passed by`() throws {
        let gate = Gate()
        gate.open()
        let connection = try connection(gate) { $0.use(Mark("app")) }
        try connection.get("/x")
        let answer = try connection.taken()
        #expect(answer.hasSuffix("handler"))
        #expect(answer.contains("X-Mark: app\r\n"))
    }

    @Test func `a route of the global pool has no answers on the loop`() throws {
        let router = Router()
        Self.add(to: router, Gate(), RouteOptions(runsOnGlobalPool: true))
        #expect(try router.freeze().resolve(method: .get, path: "/x").route.immediate == nil)
    }

    @Test func `errors are answered as those of a handler`() throws {
        let connection = try connection()
        for path in ["/conflict", "/unknown", "/x"] { try connection.get(path) }
        #expect(try connection.statuses() == ["409", "500", "200"])
        #expect(connection.isOpen)
    }

    @Test func `answers keep the order of the requests`() throws {
        let gate = Gate()
        let connection = try connection(gate)
        try connection.send(
            ["/x", "/plain", "/x", "/wait", "/x", "/plain", "/wait", "/x"].map { request($0) }.joined()
        )
        #expect(try bodies(connection) == ["at once ", "plain", "at once "])
        gate.open()
        #expect(try bodies(connection) == ["handler", "at once ", "plain", "handler", "at once "])
    }

    @Test func `many pipelined requests are answered without depth`() throws {
        let connection = try connection()
        try connection.send(String(repeating: request("/x"), count: 1000))
        // So many take several turns of the loop.
        connection.advance(.milliseconds(1))
        #expect(try connection.statuses() == Array(repeating: "200", count: 1000))
    }

    @Test func `HEAD gets the head alone`() throws {
        let connection = try connection()
        try connection.get("/x", method: "HEAD")
        let answer = try connection.taken()
        #expect(answer.contains("Content-Length: 8\r\n"))
        #expect(answer.hasSuffix("\r\n\r\n"))
    }

    @Test func `a stream begins at once and holds later requests back until its end`() throws {
        let connection = try connection()
        try connection.send(request("/stream") + request("/x"))
        #expect(try connection.taken().hasSuffix("\r\n\r\n5\r\npiece\r\n"))
        connection.leave()
        #expect(connection.loopContext.connectionCount == 0)
    }

    @Test func `a client that wants to close, and a drain, are told the same`() throws {
        let closing = try connection()
        try closing.get("/x", "Connection: close\r\n")
        #expect(try closing.taken().contains("Connection: close\r\n"))
        #expect(!closing.isOpen)

        let draining = try connection()
        try draining.send("GET /x HTTP/1.1\r\nHost: si")
        draining.loopContext.drain()
        try draining.send("te.test\r\n\r\n")
        #expect(try draining.taken().contains("Connection: close\r\n"))
        #expect(!draining.isOpen)
    }

    @Test func `idleness begins with the answer`() throws {
        let connection = try connection()
        connection.advance(.seconds(5))
        try connection.get("/x")
        _ = try connection.taken()
        connection.advance(.milliseconds(59_999))
        #expect(connection.isOpen)
        connection.advance(.milliseconds(1))
        #expect(!connection.isOpen)
    }
}
