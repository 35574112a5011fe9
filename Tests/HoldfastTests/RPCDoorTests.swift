// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Holdfast

/// What JSON lets a client write comes in, and goes out again, by every door of an RPC endpoint.
@Suite(.timeLimit(.minutes(1))) struct RPCDoorTests {
    private struct Text: Codable, Sendable {
        var text: String
    }

    private func withEndpoint(_ body: (BoundAddress) async throws -> Void) async throws {
        let rpc = RPCEndpoint(label: "doors")
        rpc.method("echo") { (params: JSON, _) in params }
        rpc.method("typed") { (params: Text, _) in params.text }
        let app = makeApplication()
        app.rpc("/rpc", rpc, options: .init(sockJS: true))
        app.post("/text") { request, _ in try await request.decode(as: Text.self).text }
        try await app.withServer { addresses in try await body(try #require(addresses.first)) }
    }

    private func post(_ address: BoundAddress, _ path: String = "/rpc", _ body: String) async throws
        -> WireClient.Answer
    {
        let client = try await WireClient.connect(address)
        defer { client.close() }
        return try await client.request("POST", path, ["Content-Type: application/json"], body: body)
    }

    // MARK: Lone surrogates

    /// What `'smile 😀'.slice(0, 7)` becomes in JavaScript's JSON, and other halves of characters.
    private static let halves = [#"smile \ud83d"#, #"\ude00"#, #"\ud83d\ud83d\ude00"#, #"\uDE00\uD83D"#, #"\ud83dx\n"#]

    @Test(arguments: Way.allCases, halves)
    func `half a character is echoed byte for byte`(way: Way, half: String) async throws {
        try await withEndpoint { address in
            let wire = try await RPCWire.connect(way, address)
            defer { wire.vanish() }
            let result = try await wire.call("echo", #"{"text":"\#(half)"}"#)
            #expect(result["text"]?.text == #""\#(half)""#)
        }
    }

    @Test(arguments: halves)
    func `half a character is echoed to a POST byte for byte`(half: String) async throws {
        try await withEndpoint { address in
            let request = #"{"jsonrpc":"2.0","id":1,"method":"echo","params":["\#(half)"]}"#
            let answer = try await post(address, "/rpc", request)
            #expect(answer.body == #"{"id":1,"result":["\#(half)"],"jsonrpc":"2.0"}"#)
        }
    }

    @Test(arguments: Way.allCases)
    func `half a character is a replacement character in a string`(way: Way) async throws {
        try await withEndpoint { address in
            let wire = try await RPCWire.connect(way, address)
            defer { wire.vanish() }
            let params = #"{"text":"a\ud83d\u0041\udc00\ud83d\ude00","\udfff":1}"#
            let result = try await wire.call("typed", params)
            #expect(result["value"]?.string == "a\u{FFFD}A\u{FFFD}😀")
        }
    }

    @Test func `half a character is a replacement character in a POST's body`() async throws {
        try await withEndpoint { address in
            let request = #"{"jsonrpc":"2.0","id":1,"method":"typed","params":{"text":"\udead"}}"#
            let answer = try await post(address, "/rpc", request)
            #expect(answer.body == "{\"id\":1,\"result\":\"\u{FFFD}\",\"jsonrpc\":\"2.0\"}")
            #expect(try await post(address, "/text", #"{"text":"\ud83d!"}"#).body == "\u{FFFD}!")
        }
    }

    // MARK: Ids

    /// Ids in the wild: times in nanoseconds, numbers as other languages write them, long texts.
    private static let ids = [
        "1700000000123456789", "-9223372036854775808", "18446744073709551616", "1.0", "1e3", "3.14", "-0", "-0.0",
        "1E+2",
        "0.\(String(repeating: "1", count: 62))", #""""#, #""\#(String(repeating: "x", count: 200))""#,
        #""\#(String(repeating: "é", count: 512))""#, #""\ud83d""#, #""\u0031""#,
    ]

    @Test(arguments: Way.allCases, ids)
    func `an id comes back as it was written`(way: Way, id: String) async throws {
        try await withEndpoint { address in
            let wire = try await RPCWire.connect(way, address)
            defer { wire.vanish() }
            try await wire.send(#"{"jsonrpc":"2.0","id":\#(id),"method":"echo","params":[]}"#)
            let answer = try await wire.next()
            #expect(answer["id"]?.text == id)
            #expect(answer["result"] != nil)
        }
    }

    @Test(arguments: ids)
    func `an id comes back to a POST as it was written`(id: String) async throws {
        try await withEndpoint { address in
            let answer = try await post(address, "/rpc", #"{"id":\#(id),"method":"echo","params":1}"#)
            #expect(answer.body == #"{"id":\#(id),"result":1,"jsonrpc":"2.0"}"#)
        }
    }

    @Test(arguments: Way.allCases)
    func `a fault beside a readable id is answered with that id`(way: Way) async throws {
        try await withEndpoint { address in
            let wire = try await RPCWire.connect(way, address)
            defer { wire.vanish() }
            for (message, code) in [
                (#"{"id":7,"method":"echo","method":"typed"}"#, -32_600),
                (#"{"id":7,"method":5}"#, -32_600),
                (#"{"id":7,"method":"echo","params":{"a":01}}"#, -32_700),
                (#"{"id":7,"method":"echo","params":\#(String(repeating: "[", count: 99))"#, -32_700),
                (#"{"id":7,"method":"echo"} {"#, -32_700),
            ] {
                try await wire.send(message)
                let answer = try await wire.next()
                #expect(answer["id"]?.int == 7, "\(message)")
                #expect(answer["error"]?["code"]?.int == code, "\(message)")
            }
        }
    }

    // MARK: Plain JSON-RPC

    private static let plainValues = ["3", #""x""#, "null", "[1]", #"{"value":21.5}"#, #"{"sessionId":"room-7"}"#]

    private func expectPlain(_ wire: RPCWire) async throws {
        for value in Self.plainValues { #expect(try await wire.call("echo", value).text == value) }
        let id = try #require(try await wire.call("rpc.connect")["sessionId"]?.string)
        #expect(try await wire.call("rpc.connect").text == #"{"sessionId":"\#(id)"}"#)
        #expect(try await wire.call("rpc.ping") == "pong")
    }

    @Test(arguments: Way.allCases)
    func `the query asks for plain JSON-RPC over every transport`(way: Way) async throws {
        try await withEndpoint { address in
            let wire = try await RPCWire.connect(way, address, query: "?a&wire=plain")
            defer { wire.vanish() }
            try await expectPlain(wire)
        }
    }

    @Test(arguments: [Way.webSocket, .rawWebSocket, .sockJSWebSocket])
    func `a subprotocol asks for plain JSON-RPC`(way: Way) async throws {
        try await withEndpoint { address in
            let wire = try await RPCWire.connect(way, address, subprotocol: "jsonrpc-2.0")
            defer { wire.vanish() }
            try await expectPlain(wire)
        }
    }

    @Test func `an unknown subprotocol changes nothing`() async throws {
        try await withEndpoint { address in
            let client = try await WireClient.connect(address)
            defer { client.close() }
            let answer = try await client.upgrade("/rpc", ["Sec-WebSocket-Protocol: kurento"])
            #expect(answer.status == 101)
            #expect(answer.fields["sec-websocket-protocol"] == nil)
            try await client.sendText(RPCWire.request("echo", "3", id: 1))
            #expect(try JSON(parsing: try await client.text())["result"]?["value"] == 3)
        }
    }

    @Test(arguments: plainValues)
    func `a POST's query leaves the application its values`(value: String) async throws {
        try await withEndpoint { address in
            let body = #"{"id":1,"method":"echo","params":\#(value)}"#
            let answer = try await post(address, "/rpc?wire=plain", body)
            #expect(answer.body == #"{"id":1,"result":\#(value),"jsonrpc":"2.0"}"#)
        }
    }

    // MARK: Media types

    @Test(arguments: [
        "application/json-rpc", "application/jsonrequest", "Application/JSON-RPC; charset=utf-8",
        "application/vnd.x+json",
    ])
    func `a POST may say that it is JSON-RPC`(type: String) async throws {
        try await withEndpoint { address in
            let client = try await WireClient.connect(address)
            defer { client.close() }
            let body = #"{"id":1,"method":"echo","params":[]}"#
            let answer = try await client.request("POST", "/rpc", ["Content-Type: \(type)"], body: body)
            #expect(answer.status == 200)
            #expect(answer.fields["content-type"] == "application/json")
        }
    }
}
