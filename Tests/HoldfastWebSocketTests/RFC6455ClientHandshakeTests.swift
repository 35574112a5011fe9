// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import HoldfastWebSocket
import Testing

@Suite("RFC 6455 §4.1 opening handshake, client")
struct RFC6455ClientHandshakeTests {
    typealias Failure = WebSocketClientHandshake.Failure

    static func handshake(_ protocols: [String] = []) -> WebSocketClientHandshake {
        var generator = SeededGenerator(seed: 41)
        return WebSocketClientHandshake(protocols: protocols, using: &generator)
    }

    static func validate(
        _ handshake: WebSocketClientHandshake,
        status: HTTPResponse.Status = .switchingProtocols,
        _ changes: [HTTPField.Name: [String]] = [:],
    ) throws -> String? {
        var fields: [HTTPField.Name: [String]] = [
            .upgrade: ["websocket"],
            .connection: ["Upgrade"],
            .secWebSocketAccept: [WebSocketHandshake.acceptKey(for: handshake.key)],
        ]
        fields.merge(changes) { $1 }
        return try handshake.validate(status: status, fieldValues: { fields[$0] ?? [] })
    }

    @Test("the request is one that our server accepts")
    func request() throws {
        let handshake = Self.handshake(["a", "b"])
        let fields = handshake.fields
        #expect(fields[.secWebSocketVersion] == "13")
        #expect(fields[.secWebSocketProtocol] == "a, b")
        #expect(Self.handshake().fields[.secWebSocketProtocol] == nil)
        let accepted = try WebSocketHandshake.accept(
            method: .get,
            supportedProtocols: ["b"],
            fieldValues: { fields[values: $0] }
        ).get()
        let answer = accepted.fields
        #expect(try handshake.validate(status: .switchingProtocols, fieldValues: { answer[values: $0] }) == "b")
    }

    // "The nonce MUST be selected randomly for each connection."
    @Test("every attempt has its own key of 16 bytes")
    func keys() {
        var generator = SeededGenerator(seed: 1)
        let keys = (0..<100).map { _ in WebSocketClientHandshake(using: &generator).key }
        #expect(Set(keys).count == 100)
        #expect(keys.allSatisfy { $0.utf8.count == 24 && $0.hasSuffix("==") })
    }

    @Test("a right answer is accepted, in any case")
    func accepted() throws {
        let handshake = Self.handshake(["chat"])
        #expect(try Self.validate(handshake) == nil)
        #expect(try Self.validate(handshake, [.upgrade: ["WebSocket"], .connection: ["x, UPGRADE"]]) == nil)
        #expect(try Self.validate(handshake, [.secWebSocketProtocol: ["chat"]]) == "chat")
    }

    @Test(
        "a wrong answer is refused with its cause",
        arguments: [
            ([.upgrade: []], .upgrade), ([.upgrade: ["h2c"]], .upgrade),
            ([.upgrade: ["websocket", "websocket"]], .upgrade),
            ([.connection: []], .connection), ([.connection: ["close"]], .connection),
            ([.secWebSocketAccept: []], .acceptKey),
            ([.secWebSocketAccept: ["s3pPLMBiTxaQ9kYGzzhZRbK+xOo="]], .acceptKey),
            ([.secWebSocketExtensions: ["permessage-deflate"]], .extensions),
            ([.secWebSocketProtocol: ["other"]], .subprotocol), ([.secWebSocketProtocol: ["chat, chat"]], .subprotocol),
            ([.secWebSocketProtocol: ["chat", "chat"]], .subprotocol), ([.secWebSocketProtocol: [""]], .subprotocol),
        ] as [([HTTPField.Name: [String]], Failure)]
    )
    func refused(changes: [HTTPField.Name: [String]], failure: Failure) {
        #expect(throws: failure) { try Self.validate(Self.handshake(["chat"]), changes) }
    }

    @Test("any status but 101 is reported", arguments: [200, 301, 400, 401, 403, 426, 503])
    func status(code: Int) {
        let status = HTTPResponse.Status(code: code)
        #expect(throws: Failure.status(status)) { try Self.validate(Self.handshake(), status: status) }
    }

    @Test("the accept key belongs to this attempt's key")
    func otherKey() {
        let accept = WebSocketHandshake.acceptKey(for: Self.handshake().key + " ")
        #expect(throws: Failure.acceptKey) { try Self.validate(Self.handshake(), [.secWebSocketAccept: [accept]]) }
    }
}
