// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Holdfast

/// One JSON-RPC session, moved between all the transports that can carry it.
@Suite(.timeLimit(.minutes(2))) struct ReattachTests {
    private func withEndpoint(_ body: (BoundAddress) async throws -> Void) async throws {
        let rpc = RPCEndpoint(label: "test")
        rpc.method("remember") { (params: [String: String], call: RPCCall) in
            call.session.attributes["note"] = params["note"]
        }
        rpc.method("recall") { (call: RPCCall) -> [String: String] in
            [
                "id": call.session.id, "note": call.session.attributes["note", as: String.self] ?? "",
                "transport": "\(call.connection.transport)",
            ]
        }
        rpc.method("count") { (params: [String: Int], call: RPCCall) -> Int in
            let from = params["from"] ?? 0
            for number in from..<from + 3 { try await call.session.notify("number", ["number": number]) }
            return from + 3
        }
        rpc.method("ask") { (call: RPCCall) in
            let session = call.session
            Task {
                let answer = try await session.call("question", ["text": "who"], as: String.self)
                try await session.notify("answered", ["answer": answer])
            }
        }
        let app = makeApplication()
        app.rpc("/rpc", rpc, options: .init(sockJS: true))
        try await app.withServer { addresses in try await body(try #require(addresses.first)) }
    }

    /// Asks for three notifications, which have to come in order and before the answer.
    private func count(_ wire: RPCWire, from: Int) async throws {
        try await wire.send(RPCWire.request("count", #"{"from":\#(from)}"#, id: 1000 + from))
        for number in from..<from + 3 {
            let message = try await wire.next()
            #expect(message["method"]?.string == "number")
            #expect(message["params"]?["number"]?.int == number)
        }
        #expect(try await wire.next()["id"]?.int == 1000 + from)
    }

    /// The number of the question that the server asks.
    private func question(_ wire: RPCWire) async throws -> Int {
        var number: Int?
        try await wire.send(RPCWire.request("ask", nil, id: 500))
        // The answer to `ask` and the question come in either order.
        for _ in 1...2 {
            let message = try await wire.next()
            if message["method"]?.string == "question" { number = message["id"]?.int }
        }
        return try #require(number)
    }

    @Test(arguments: Way.allCases, Way.allCases)
    func `a session moves with its id, attributes, order and calls`(first: Way, second: Way) async throws {
        try await withEndpoint { address in
            let before = try await RPCWire.connect(first, address)
            let id = try #require(try await before.call("connect")["sessionId"]?.string)
            _ = try await before.call("remember", #"{"note":"mine"}"#)
            try await count(before, from: 0)
            let question = try await question(before)

            let after = try await RPCWire.connect(second, address)
            defer { after.vanish() }
            #expect(try await after.call("connect", #"{"sessionId":"\#(id)"}"#)["sessionId"]?.string == id)
            before.vanish()
            let recalled = try await after.call("recall")
            let value = recalled["value"] ?? recalled
            #expect(value["id"]?.string == id)
            #expect(value["note"]?.string == "mine")
            try await count(after, from: 3)
            try await after.send(#"{"jsonrpc":"2.0","id":\#(question),"result":"me"}"#)
            let answered = try await after.next()
            #expect(answered["method"]?.string == "answered")
            #expect(answered["params"]?["answer"]?.string == "me")
        }
    }

    @Test(arguments: Way.allCases)
    func `a POST runs in the session that it names`(way: Way) async throws {
        try await withEndpoint { address in
            let wire = try await RPCWire.connect(way, address)
            defer { wire.vanish() }
            let id = try #require(try await wire.call("connect")["sessionId"]?.string)
            _ = try await wire.call("remember", #"{"note":"mine"}"#)
            let client = try await WireClient.connect(address)
            defer { client.close() }
            let json = ["Content-Type: application/json"]
            let named = RPCWire.request("recall", #"{"sessionId":"\#(id)"}"#, id: 1)
            let answer = try await client.request("POST", "/rpc", json, body: named)
            #expect(answer.status == 200)
            #expect(answer.fields["content-type"] == "application/json")
            let result = try JSON(parsing: answer.body)["result"]
            #expect((result?["value"] ?? result)?["note"]?.string == "mine")
            let without = try await client.request("POST", "/rpc", json, body: RPCWire.request("recall", nil, id: 2))
            #expect(try JSON(parsing: without.body)["result"]?["note"]?.string == "")
        }
    }

    @Test func `a POST that cannot be one is answered so`() async throws {
        try await withEndpoint { address in
            let client = try await WireClient.connect(address)
            defer { client.close() }
            let json = ["Content-Type: application/json; charset=utf-8"]
            let notification = #"{"jsonrpc":"2.0","method":"recall"}"#
            #expect(try await client.request("POST", "/rpc", json, body: notification).status == 204)
            let text = ["Content-Type: text/plain"]
            #expect(try await client.request("POST", "/rpc", text, body: notification).status == 415)
            #expect(try await client.request("POST", "/rpc", body: notification).status == 415)
            let stranger = json + ["Origin: http://other.test"]
            #expect(try await client.request("POST", "/rpc", stranger, body: notification).status == 403)
            let broken = try await client.request("POST", "/rpc", json, body: "{")
            #expect(try JSON(parsing: broken.body)["error"]?["code"]?.int == -32_700)
        }
    }
}
