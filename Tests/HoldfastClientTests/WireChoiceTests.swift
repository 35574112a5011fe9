// SPDX-License-Identifier: Apache-2.0
import HoldfastRPC
import HoldfastTransport
import NIOCore
import Testing

@testable import HoldfastClient

/// How a client finds out what its server speaks, and that values arrive as they were sent on either wire.
@Suite(.timeLimit(.minutes(1))) struct WireChoiceTests {
    /// Values that are not what they seem to one who takes session ids out.
    static let values = [
        "3", #""x""#, "true", "null", "[1,null]", #"{"value":21.5}"#, "{}", #"{"sessionId":"room-7"}"#,
        #"{"value":{"a":1},"sessionId":"0123456789abcdefghijklmnuv"}"#,
    ]

    private func makeServer() -> MemoryServer {
        MemoryServer { endpoint in
            endpoint.method("ask", .concurrent) { (params: JSON, call) in
                try await call.session.call("confirm", params, as: JSON.self)
            }
        }
    }

    @Test(arguments: values)
    func `Values arrive as they were sent`(value: String) async throws {
        let client = try makeServer().makeClient()
        client.method("confirm") { (params: JSON) in params }
        let value = try JSON(parsing: value)
        #expect(try await client.call("echo", value) == value)
        // There and back through the client's own handler.
        #expect(try await client.call("ask", value) == value)
        #expect(client.sessionID?.count == 26)
    }

    @Test func `A server of Kurento's wire alone is spoken to in it`() async throws {
        let server = makeServer()
        server.forgetPlain()
        let client = try server.makeClient { $0.heartbeat = .seconds(5) }
        let log = EventLog(client)
        #expect(try await client.call("echo", JSON(parsing: "[1]")) == [1])
        #expect(try await client.call("sum", ["a": 1, "b": 2], as: Int.self) == 3)
        let session = try #require(client.sessionID)
        server.cut()
        server.scheduler.advance(by: .seconds(1))
        #expect(client.isConnected)
        #expect(client.sessionID == session)
        #expect(server.sessionCount == 1)
        // Pings are answered, or the connection would be given up.
        server.scheduler.advance(by: .seconds(60))
        #expect(log.all == [.connected(.webSocket), .reconnecting, .reconnected(sameServer: true)])
        await client.close(sendCloseMessage: true)
        #expect(server.sessionCount == 0)
    }

    /// A machine whose link stands.
    private struct Attaching {
        var machine = ClientMachine(settings: .init(), heartbeat: nil)
        /// What is sent to attach.
        var asked: [String] = []

        init() {
            let id = machine.makeID()
            _ = machine.handle(.submit(id: id, .connection, method: "", params: nil, timeout: .seconds(60)), now: .zero)
            note(machine.handle(.linkUp(machine.link), now: .zero))
        }

        private mutating func note(_ actions: [ClientMachine.Action]) {
            asked = actions.compactMap { action in
                if case .send(let message, _, _) = action { String(buffer: message) } else { nil }
            }
        }

        /// Answers what was asked.
        mutating func answer(_ body: String) {
            let text = #"{"id":\#(machine.attachID ?? 0),\#(body)}"#
            let envelope = EnvelopeScanner().scan(ByteBuffer(string: text))
            note(machine.handle(.message(machine.link, envelope, bytes: text.utf8.count), now: .zero))
        }

        mutating func comeBack() {
            _ = machine.handle(.linkLost(machine.link, CloseReason(.abnormalClosure)), now: .zero)
            _ = machine.handle(.timer(.retry), now: .seconds(60))
            note(machine.handle(.linkUp(machine.link), now: .seconds(60)))
        }
    }

    private static let unknown = #""error":{"code":-32601,"message":"Method not found"}"#

    @Test(arguments: [
        unknown, #""error":{"code":-1,"message":"java.lang.X"}"#,
        #""error":{"code":1,"message":"Unrecognized method"}"#,
        #""result":"""#, #""result":{"value":"","sessionId":"S"}"#, #""result":null"#, #""result":{"sessionId":5}"#,
    ])
    func `What is no word of a plain server is answered with Kurento's connect`(answer: String) {
        var client = Attaching()
        #expect(client.asked.first?.contains(#""method":"rpc.connect""#) == true)
        client.answer(answer)
        #expect(client.asked.first?.contains(#""method":"connect""#) == true)
        client.answer(#""result":{"value":"OK","sessionId":"S"}"#)
        #expect(client.machine.phase == .open)
        #expect(client.machine.wire == .kurento)
        #expect(client.machine.sessionID == "S")
        // It comes back in the way that it knows.
        client.comeBack()
        #expect(client.asked.first?.contains(#""method":"connect","params":{"sessionId":"S"}"#) == true)
    }

    @Test(arguments: [-32053, -32603, -32051])
    func `A server that refuses for another reason is not asked otherwise`(code: Int) {
        var client = Attaching()
        client.answer(#""error":{"code":\#(code),"message":"no"}"#)
        #expect(client.asked.isEmpty)
        #expect(client.machine.phase == .idle)
    }

    @Test func `A server without sessions is plain`() {
        var client = Attaching()
        client.answer(Self.unknown)
        client.answer(Self.unknown)
        #expect(client.machine.phase == .open)
        #expect(client.machine.wire == .plain)
        #expect(client.machine.sessionID == nil)
    }

    @Test func `A session of Kurento's wire may have to be asked for on the plain one`() {
        var client = Attaching()
        client.answer(Self.unknown)
        client.answer(#""result":{"value":"OK","sessionId":"S"}"#)
        client.comeBack()
        client.answer(Self.unknown)
        #expect(client.asked.first?.contains(#""method":"rpc.connect","params":{"sessionId":"S"}"#) == true)
        client.answer(#""result":{"sessionId":"S"}"#)
        #expect(client.machine.phase == .open)
        #expect(client.machine.wire == .plain)
    }

    @Test func `A session that is gone on both wires is an attempt that failed`() {
        var client = Attaching()
        client.answer(#""result":{"sessionId":"S"}"#)
        client.comeBack()
        client.answer(Self.unknown)
        client.answer(Self.unknown)
        #expect(client.machine.phase == .waiting)
    }
}
