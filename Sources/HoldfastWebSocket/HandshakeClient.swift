// SPDX-License-Identifier: Apache-2.0

package import HTTPTypes

/// The client's side of the opening handshake (RFC 6455 §4.1): one value an attempt.
package struct WebSocketClientHandshake: Sendable {
    /// Why the server's answer is not a WebSocket.
    package enum Failure: Error, Sendable, Equatable {
        /// Any status but 101; authentication and redirects are the caller's business.
        case status(HTTPResponse.Status)
        case upgrade
        case connection
        case acceptKey
        /// The server chose a subprotocol that was not offered.
        case subprotocol
        /// The server uses an extension that was not offered.
        case extensions
    }

    package let key: String
    package let protocols: [String]

    /// - Parameters:
    ///   - protocols: the subprotocols to offer, the preferred one first.
    ///   - generator: where the key's 16 bytes come from.
    package init(protocols: [String] = [], using generator: inout some RandomNumberGenerator) {
        let bytes = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        key = Base64.encode(bytes)
        self.protocols = protocols
    }

    /// The fields to add to the GET request.
    package var fields: HTTPFields {
        var fields = HTTPFields()
        fields[.upgrade] = "websocket"
        fields[.connection] = "Upgrade"
        fields[.secWebSocketKey] = key
        fields[.secWebSocketVersion] = "13"
        if !protocols.isEmpty { fields[.secWebSocketProtocol] = protocols.joined(separator: ", ") }
        return fields
    }

    /// Judges the server's answer.
    ///
    /// - Returns: the chosen subprotocol.
    package func validate(
        status: HTTPResponse.Status,
        fieldValues: (HTTPField.Name) -> [String],
    ) throws(Failure) -> String? {
        guard status == .switchingProtocols else { throw .status(status) }
        guard let upgrade = WebSocketHandshake.single(fieldValues(.upgrade)),
            HandshakeTokens.isSame(upgrade[...], "websocket")
        else { throw .upgrade }
        guard HandshakeTokens.contain(fieldValues(.connection), "upgrade") else { throw .connection }
        guard WebSocketHandshake.single(fieldValues(.secWebSocketAccept)) == WebSocketHandshake.acceptKey(for: key)
        else { throw .acceptKey }
        guard fieldValues(.secWebSocketExtensions).isEmpty else { throw .extensions }
        let chosen = fieldValues(.secWebSocketProtocol)
        guard !chosen.isEmpty else { return nil }
        guard let name = WebSocketHandshake.single(chosen), protocols.contains(name) else { throw .subprotocol }
        return name
    }
}
