// SPDX-License-Identifier: Apache-2.0
public import HTTPTypes

/// What is known of the request that opened a connection.
public struct ConnectionInfo: Sendable {
    /// The request's path, without the query.
    public var path: String
    /// The raw query, without `?`.
    public var query: String?
    /// The header fields of the opening request.
    public var fields: HTTPFields
    /// The peer's address and port, `nil` for an in-memory connection or a Unix socket.
    public var remoteAddress: String?
    /// Whether the connection is under TLS.
    public var isSecure: Bool
    /// The subprotocol agreed on, for a WebSocket.
    public var subprotocol: String?

    /// Creates the description of a connection.
    public init(
        path: String = "/",
        query: String? = nil,
        fields: HTTPFields = [:],
        remoteAddress: String? = nil,
        isSecure: Bool = false,
        subprotocol: String? = nil
    ) {
        self.path = path
        self.query = query
        self.fields = fields
        self.remoteAddress = remoteAddress
        self.isSecure = isSecure
        self.subprotocol = subprotocol
    }
}
