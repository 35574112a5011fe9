// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Holdfast

/// The last message of a page that is being left: a POST of plain text that ends the session it names, and can do nothing else.
@Suite(.timeLimit(.minutes(1))) struct FarewellTests {
    private let text = ["Content-Type: text/plain;charset=UTF-8"]

    /// Serves `/rpc`; `ends` hears of each session that ends.
    private func withEndpoint(
        origins: OriginPolicy = .sameOrigin,
        sockJS: Bool = true,
        _ body: (BoundAddress, AsyncStream<String>) async throws -> Void
    ) async throws {
        let (ends, continuation) = AsyncStream.makeStream(of: String.self)
        let rpc = RPCEndpoint(label: "test")
        rpc.method("work") { (call: RPCCall) in call.session.id }
        rpc.onClose { session, _ in continuation.yield(session.id) }
        let app = makeApplication()
        app.rpc(
            "/rpc",
            rpc,
            // Longer than the suite may take: only a message can end a session.
            options: .init(allowedOrigins: origins, sockJS: sockJS, reconnectionTimeout: .seconds(600))
        )
        try await app.withServer { addresses in try await body(try #require(addresses.first), ends) }
    }

    private func closing(_ id: String) -> String {
        #"{"jsonrpc":"2.0","method":"closeSession","params":{"sessionId":"\#(id)"}}"#
    }

    @Test(arguments: Way.allCases, [false, true])
    func `it ends the session at once, also when its connection was cut off first`(way: Way, isCut: Bool) async throws {
        try await withEndpoint { address, ends in
            let wire = try await RPCWire.connect(way, address)
            let id = try #require(try await wire.call("connect")["sessionId"]?.string)
            if isCut { wire.vanish() }
            let client = try await WireClient.connect(address)
            defer { client.close() }
            let answer = try await client.request("POST", "/rpc", text, body: closing(id))
            #expect(answer.status == 204)
            #expect(answer.body.isEmpty)
            var iterator = ends.makeAsyncIterator()
            #expect(await iterator.next(isolation: #isolation) == id)
            if !isCut { wire.vanish() }
        }
    }

    @Test func `it speaks the endpoint's wire, or the plain one if its query says so`() async throws {
        try await withEndpoint { address, ends in
            let wire = try await RPCWire.connect(.webSocket, address, query: "?wire=plain")
            defer { wire.vanish() }
            let id = try #require(try await wire.call("rpc.connect")["sessionId"]?.string)
            let client = try await WireClient.connect(address)
            defer { client.close() }
            let plain = #"{"jsonrpc":"2.0","method":"rpc.close","params":{"sessionId":"\#(id)"}}"#
            #expect(try await client.request("POST", "/rpc", text, body: plain).status == 415)
            #expect(try await client.request("POST", "/rpc?wire=plain", text, body: closing(id)).status == 415)
            #expect(try await client.request("POST", "/rpc?wire=plain", text, body: plain).status == 204)
            var iterator = ends.makeAsyncIterator()
            #expect(await iterator.next(isolation: #isolation) == id)
        }
    }

    @Test func `it works without SockJS, and for an allowed page, which may see the answer`() async throws {
        try await withEndpoint(origins: ["http://friend.test"], sockJS: false) { address, ends in
            let wire = try await RPCWire.connect(.webSocket, address)
            defer { wire.vanish() }
            let id = try #require(try await wire.call("connect")["sessionId"]?.string)
            let client = try await WireClient.connect(address)
            defer { client.close() }
            let friend = text + ["Origin: http://friend.test"]
            let answer = try await client.request("POST", "/rpc", friend, body: closing(id))
            #expect(answer.status == 204)
            #expect(answer.fields["access-control-allow-origin"] == "http://friend.test")
            #expect(answer.fields["access-control-allow-credentials"] == "true")
            #expect(answer.fields["vary"] == "Origin")
            var iterator = ends.makeAsyncIterator()
            #expect(await iterator.next(isolation: #isolation) == id)
        }
    }

    @Test func `a session that is not known is no error, as the page hears of none anyway`() async throws {
        try await withEndpoint { address, _ in
            let client = try await WireClient.connect(address)
            defer { client.close() }
            #expect(try await client.request("POST", "/rpc", text, body: closing("nobody")).status == 204)
        }
    }

    @Test func `plain text can do nothing else, and no other page can send it`() async throws {
        try await withEndpoint { address, _ in
            let wire = try await RPCWire.connect(.webSocket, address)
            defer { wire.vanish() }
            let id = try #require(try await wire.call("connect")["sessionId"]?.string)
            let client = try await WireClient.connect(address)
            defer { client.close() }
            let named = #"{"sessionId":"\#(id)"}"#
            for body in [
                #"{"jsonrpc":"2.0","method":"work","params":\#(named)}"#,
                #"{"jsonrpc":"2.0","method":"work","params":\#(named),"id":1}"#,
                #"{"jsonrpc":"2.0","method":"connect","params":\#(named)}"#,
                // A request, a batch, no session.
                #"{"jsonrpc":"2.0","method":"closeSession","params":\#(named),"id":1}"#,
                "[\(closing(id))]",
                #"{"jsonrpc":"2.0","method":"closeSession"}"#,
                "{", "", "closeSession",
            ] {
                #expect(try await client.request("POST", "/rpc", text, body: body).status == 415, "\(body)")
            }
            for origin in ["http://other.test", "null"] {
                let answer = try await client.request("POST", "/rpc", text + ["Origin: \(origin)"], body: closing(id))
                #expect(answer.status == 403)
                #expect(answer.fields["access-control-allow-origin"] == nil)
            }
            for type in ["text/html", "application/octet-stream", "text", "multipart/form-data"] {
                let answer = try await client.request("POST", "/rpc", ["Content-Type: \(type)"], body: closing(id))
                #expect(answer.status == 415, "\(type)")
            }
            #expect(try await wire.call("work")["value"]?.string == id)
        }
    }
}
