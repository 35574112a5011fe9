// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HoldfastWebSocket
import Testing

@Suite("RFC 6455 §4.2 opening handshake, server")
struct RFC6455HandshakeTests {
    typealias Cause = WebSocketHandshake.Refusal.Cause

    /// The request of §1.2, with fields replaced.
    static func accept(
        _ changes: [HTTPField.Name: [String]] = [:],
        method: HTTPRequest.Method = .get,
        isHTTP10: Bool = false,
        hasBody: Bool = false,
        supportedProtocols: [String] = [],
    ) -> Result<WebSocketHandshake.Accepted, WebSocketHandshake.Refusal> {
        var fields: [HTTPField.Name: [String]] = [
            .upgrade: ["websocket"],
            .connection: ["Upgrade"],
            .secWebSocketKey: ["dGhlIHNhbXBsZSBub25jZQ=="],
            .secWebSocketVersion: ["13"],
        ]
        fields.merge(changes) { $1 }
        return WebSocketHandshake.accept(
            method: method,
            isHTTP10: isHTTP10,
            hasBody: hasBody,
            supportedProtocols: supportedProtocols,
            fieldValues: { fields[$0] ?? [] }
        )
    }

    static func cause(_ changes: [HTTPField.Name: [String]]) -> Cause? {
        if case .failure(let refusal) = accept(changes) { refusal.cause } else { nil }
    }

    // §1.3
    @Test("the example of the RFC is accepted with its key")
    func example() throws {
        let accepted = try Self.accept().get()
        #expect(accepted.acceptKey == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(accepted.subprotocol == nil)
        #expect(accepted.fields[.upgrade] == "websocket")
        #expect(accepted.fields[.connection] == "Upgrade")
        #expect(accepted.fields[.secWebSocketAccept] == accepted.acceptKey)
        #expect(accepted.fields.count == 3)
    }

    @Test(
        "tokens are found in lists, in any case, on any line",
        arguments: [
            [.upgrade: ["WebSocket"]], [.upgrade: ["h2c, WEBSOCKET"]], [.upgrade: ["HTTP/2.0", "\t websocket \t"]],
            [.connection: ["keep-alive, Upgrade"]], [.connection: ["keep-alive", "uPGRADE"]],
            [.connection: [",, upgrade ,"]], [.secWebSocketVersion: [" 13 "]],
            [.secWebSocketKey: [" dGhlIHNhbXBsZSBub25jZQ== "]], [.secWebSocketKey: ["////////////////////+w=="]],
        ] as [[HTTPField.Name: [String]]]
    )
    func acceptedShapes(changes: [HTTPField.Name: [String]]) {
        #expect(Self.cause(changes) == nil)
    }

    @Test(
        "a request that is not exactly a WebSocket's is refused",
        arguments: [
            ([.upgrade: []], .upgrade), ([.upgrade: [""]], .upgrade), ([.upgrade: ["websockets"]], .upgrade),
            ([.upgrade: ["web socket"]], .upgrade), ([.upgrade: ["\"websocket\""]], .upgrade),
            ([.upgrade: ["websocket/13"]], .upgrade), ([.upgrade: ["websocket;x"]], .upgrade),
            ([.connection: []], .connection), ([.connection: ["close"]], .connection),
            ([.connection: ["xupgrade"]], .connection), ([.connection: ["upgrade\u{0}"]], .connection),
            ([.connection: ["up,grade"]], .connection), ([.connection: ["\u{212A}eep-alive, upgrade"]], .connection),
            ([.secWebSocketVersion: []], .version), ([.secWebSocketVersion: ["8"]], .version),
            ([.secWebSocketVersion: ["13", "13"]], .version), ([.secWebSocketVersion: ["13, 8"]], .version),
            ([.secWebSocketVersion: ["013"]], .version), ([.secWebSocketVersion: ["+13"]], .version),
            ([.secWebSocketKey: []], .key), ([.secWebSocketKey: [""]], .key),
            ([.secWebSocketKey: ["dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ=="]], .key),
            ([.secWebSocketKey: ["dGhlIHNhbXBsZSBub25jZQ"]], .key),
            ([.secWebSocketKey: ["dGhlIHNhbXBsZSBub25jZQ="]], .key),
            ([.secWebSocketKey: ["dGhlIHNhbXBsZSBub25jZTE="]], .key),
            ([.secWebSocketKey: ["dGhlIHNhbXBsZSBub25jZ==="]], .key),
            ([.secWebSocketKey: ["dGhlIHNhbXBsZSBub25j*Q=="]], .key),
            ([.secWebSocketKey: ["dGhlIHNhbXBsZSBub25j_Q=="]], .key),
            ([.secWebSocketKey: ["dGhlIHNhbXBsZSBub25é=="]], .key),
            ([.secWebSocketProtocol: ["a b"]], .subprotocol), ([.secWebSocketProtocol: ["\"a\""]], .subprotocol),
        ] as [([HTTPField.Name: [String]], Cause)]
    )
    func refusedShapes(changes: [HTTPField.Name: [String]], cause: Cause) {
        #expect(Self.cause(changes) == cause)
    }

    @Test("method, version of HTTP and body are checked")
    func requestLine() {
        for method in [.post, .head, .options, .connect, .put] as [HTTPRequest.Method] {
            #expect(throws: WebSocketHandshake.Refusal(cause: .method)) { try Self.accept(method: method).get() }
        }
        #expect(throws: WebSocketHandshake.Refusal(cause: .httpVersion)) { try Self.accept(isHTTP10: true).get() }
        #expect(throws: WebSocketHandshake.Refusal(cause: .body)) { try Self.accept(hasBody: true).get() }
    }

    @Test("each refusal has its status and fields")
    func refusals() {
        let method = WebSocketHandshake.Refusal(cause: .method)
        #expect(method.status == .methodNotAllowed)
        #expect(method.fields[.allow] == "GET")
        let version = WebSocketHandshake.Refusal(cause: .version)
        #expect(version.status == .upgradeRequired)
        #expect(version.fields[.secWebSocketVersion] == "13")
        for cause in [.httpVersion, .upgrade, .connection, .key, .body, .subprotocol] as [Cause] {
            let refusal = WebSocketHandshake.Refusal(cause: cause)
            #expect(refusal.status == .badRequest)
            #expect(refusal.fields.isEmpty)
            #expect(!refusal.reason.isEmpty)
        }
    }

    // §4.2.2 item 5
    @Test("the first of the server's subprotocols that the client offers is chosen")
    func subprotocols() throws {
        let offers: [HTTPField.Name: [String]] = [.secWebSocketProtocol: ["chat, superchat", "v2.json"]]
        #expect(try Self.accept(offers, supportedProtocols: ["v2.json", "chat"]).get().subprotocol == "v2.json")
        #expect(try Self.accept(offers, supportedProtocols: ["x", "superchat"]).get().subprotocol == "superchat")
        #expect(try Self.accept(offers, supportedProtocols: ["Chat"]).get().subprotocol == nil, "names keep their case")
        #expect(try Self.accept(offers).get().subprotocol == nil)
        #expect(try Self.accept(supportedProtocols: ["chat"]).get().subprotocol == nil)
        let chosen = try Self.accept(offers, supportedProtocols: ["chat"]).get()
        #expect(chosen.fields[.secWebSocketProtocol] == "chat")
    }

    @Test("the number and the size of tokens are bounded")
    func tokenBounds() {
        for (count, cause) in [(63, nil), (64, nil), (65, .upgrade), (2000, .upgrade)] as [(Int, Cause?)] {
            #expect(Self.cause([.upgrade: Array(repeating: "websocket", count: count)]) == cause, "lines")
            let list = Array(repeating: "websocket", count: count).joined(separator: ",")
            #expect(Self.cause([.upgrade: [list]]) == cause, "one line")
        }
        for (size, cause) in [(8191, nil), (8192, nil), (8193, .upgrade)] as [(Int, Cause?)] {
            let filler = String(repeating: "x", count: size - "websocket,".utf8.count)
            #expect(Self.cause([.upgrade: ["websocket,\(filler)"]]) == cause)
        }
        #expect(Self.cause([.upgrade: [String(repeating: ",", count: 8000) + "websocket"]]) == nil)
    }

    @Test("garbage in any field is refused or accepted, never a trap")
    func garbage() {
        var generator = SeededGenerator(seed: 13)
        let names: [HTTPField.Name] = [
            .upgrade, .connection, .secWebSocketKey, .secWebSocketVersion, .secWebSocketProtocol,
        ]
        for _ in 0..<5000 {
            let name = names[Int.random(in: 0..<names.count, using: &generator)]
            let lines = (0..<Int.random(in: 0...3, using: &generator)).map { _ in
                let bytes = (0..<Int.random(in: 0...30, using: &generator)).map { _ in
                    UInt8.random(in: .min ... .max, using: &generator)
                }
                return String(decoding: bytes, as: UTF8.self)
            }
            guard case .success = Self.accept([name: lines]) else { continue }
            #expect(name == .secWebSocketProtocol, "random bytes cannot be \(name)")
        }
    }
}
