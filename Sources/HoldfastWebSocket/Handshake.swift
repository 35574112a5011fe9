// SPDX-License-Identifier: Apache-2.0

package import HTTPTypes

/// The server's side of the opening handshake (RFC 6455 §4.2), which decides and sends nothing.
package enum WebSocketHandshake {
    /// A request that becomes a WebSocket.
    package struct Accepted: Sendable, Equatable {
        package var acceptKey: String
        /// The chosen subprotocol.
        package var subprotocol: String?

        /// The fields of the 101 response.
        package var fields: HTTPFields {
            var fields = HTTPFields()
            fields[.upgrade] = "websocket"
            fields[.connection] = "Upgrade"
            fields[.secWebSocketAccept] = acceptKey
            if let subprotocol { fields[.secWebSocketProtocol] = subprotocol }
            return fields
        }
    }

    /// A request that gets an ordinary HTTP answer.
    package struct Refusal: Error, Sendable, Equatable {
        package enum Cause: Sendable {
            case method
            case httpVersion
            case upgrade
            case connection
            case version
            case key
            case body
            case subprotocol
        }

        package var cause: Cause

        package init(cause: Cause) {
            self.cause = cause
        }

        package var status: HTTPResponse.Status {
            switch cause {
            case .method: .methodNotAllowed
            case .version: .upgradeRequired
            default: .badRequest
            }
        }

        /// One line for people who read the answer.
        package var reason: String {
            switch cause {
            case .method: "A WebSocket is opened with GET."
            case .httpVersion: "A WebSocket needs HTTP/1.1."
            case .upgrade: "Can \"Upgrade\" only to \"WebSocket\"."
            case .connection: "\"Connection\" must be \"Upgrade\"."
            case .version: "Only WebSocket version 13 is supported."
            case .key: "\"Sec-WebSocket-Key\" must be 16 bytes in base64."
            case .body: "A WebSocket request has no body."
            case .subprotocol: "\"Sec-WebSocket-Protocol\" is malformed."
            }
        }

        /// What the answer must carry besides the status.
        package var fields: HTTPFields {
            var fields = HTTPFields()
            switch cause {
            case .method:
                fields[.allow] = "GET"
            case .version:
                // A 426 names what to upgrade to (RFC 9110 §15.5.22), and the version we speak (RFC 6455 §4.4).
                fields[.upgrade] = "websocket"
                fields[.secWebSocketVersion] = "13"
            default:
                break
            }
            return fields
        }
    }

    /// Judges an upgrade request.
    ///
    /// - Parameters:
    ///   - method: the request's method.
    ///   - isHTTP10: whether it is older than HTTP/1.1.
    ///   - hasBody: whether it has a `Content-Length` above zero or a `Transfer-Encoding`.
    ///   - supportedProtocols: the server's subprotocols, the preferred one first.
    ///   - fieldValues: all values of a field, one a line.
    package static func accept(
        method: HTTPRequest.Method,
        isHTTP10: Bool = false,
        hasBody: Bool = false,
        supportedProtocols: [String] = [],
        fieldValues: (HTTPField.Name) -> [String],
    ) -> Result<Accepted, Refusal> {
        func refuse(_ cause: Refusal.Cause) -> Result<Accepted, Refusal> { .failure(Refusal(cause: cause)) }

        guard method == .get else { return refuse(.method) }
        guard HandshakeTokens.contain(fieldValues(.upgrade), "websocket") else { return refuse(.upgrade) }
        guard HandshakeTokens.contain(fieldValues(.connection), "upgrade") else { return refuse(.connection) }
        guard !isHTTP10 else { return refuse(.httpVersion) }
        guard !hasBody else { return refuse(.body) }
        guard single(fieldValues(.secWebSocketVersion)) == "13" else { return refuse(.version) }
        guard let key = single(fieldValues(.secWebSocketKey)), Base64.isEncoding(key, ofByteCount: 16) else {
            return refuse(.key)
        }
        guard let offered = HandshakeTokens.parse(fieldValues(.secWebSocketProtocol)) else {
            return refuse(.subprotocol)
        }
        let subprotocol = supportedProtocols.first { offered.contains($0[...]) }
        return .success(Accepted(acceptKey: acceptKey(for: key), subprotocol: subprotocol))
    }

    /// The value of `Sec-WebSocket-Accept` that answers a key (§4.2.2 item 5).
    package static func acceptKey(for key: String) -> String {
        Base64.encode(SHA1.digest(Array(key.utf8) + Array("258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)))
    }

    /// The value of a field that must stand exactly once.
    static func single(_ lines: [String]) -> String? {
        guard lines.count == 1, let line = lines.first, line.utf8.count <= 256 else { return nil }
        return String(HandshakeTokens.trim(line[...].utf8))
    }
}
