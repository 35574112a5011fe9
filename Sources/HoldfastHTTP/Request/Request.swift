// SPDX-License-Identifier: Apache-2.0
public import HTTPTypes
package import HoldfastTransport
import NIOCore

/// One HTTP request.
public struct Request: Sendable {
    package let head: RequestHead
    /// The body, read as it arrives.
    public var body: RequestBody
    package let peer: Peer

    package init(head: RequestHead, body: RequestBody, peer: Peer) {
        self.head = head
        self.body = body
        self.peer = peer
    }

    /// The method.
    public var method: HTTPRequest.Method { head.method }

    /// The path as it was sent: not decoded, without the query.
    public var path: String { head.path }

    /// The query as it was sent, without `?`; `nil` when there is none.
    public var rawQuery: String? { head.query }

    /// The header fields.
    ///
    /// They are made from the request's bytes at each access; ``subscript(_:)`` finds one without making them all.
    public var fields: HTTPFields { head.fields }

    /// The value of a field, several lines of it joined by commas (RFC 9110 §5.3); `nil` when absent.
    public subscript(_ name: HTTPField.Name) -> String? { head.value(name) }

    /// The peer's IP address and port, `nil` over a Unix socket.
    public var remoteAddress: String? { peer.address }

    /// Whether the connection is under TLS.
    public var isSecure: Bool { peer.isSecure }

    /// The description that a connection opened by this request carries.
    package func connectionInfo(subprotocol: String? = nil) -> ConnectionInfo {
        ConnectionInfo(
            path: path,
            query: rawQuery,
            fields: fields,
            remoteAddress: remoteAddress,
            isSecure: isSecure,
            subprotocol: subprotocol
        )
    }
}

/// The other end of a connection.
package final class Peer: Sendable {
    package let address: String?
    package let isSecure: Bool

    package init(address: String?, isSecure: Bool) {
        self.address = address
        self.isSecure = isSecure
    }
}
