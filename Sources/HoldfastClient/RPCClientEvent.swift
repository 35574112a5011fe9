// SPDX-License-Identifier: Apache-2.0
public import HoldfastRPC
public import HoldfastTransport

/// What happens to a client's connection.
public enum RPCClientEvent: Sendable, Hashable {
    /// The first connection stands, over this transport.
    case connected(Transport)
    /// No connection could be made; calls that waited for it have failed, the next call tries again.
    case connectionFailed(RPCClientError)
    /// The connection was lost and is being made again.
    case reconnecting
    /// The connection stands again; `sameServer` tells whether the session is the one from before.
    case reconnected(sameServer: Bool)
    /// The connection moved to a better transport while it stood; nothing was lost or reordered.
    case transportChanged(Transport)
    /// Messages of the server will never arrive: it had no room to keep them. Without
    /// ``RPCClientConfiguration/Resume/onGap`` the session ends over it, and a new one begins.
    case gap(RPCGap)
    /// The client was closed, or stopped trying; sent once for each connection made.
    case disconnected(String)
}

/// A notification from the server.
public struct RPCNotification: Sendable, Hashable {
    /// The method's name.
    public var method: String
    /// The parameters, `null` if there were none.
    public var params: JSON

    /// Creates a notification.
    public init(method: String, params: JSON = .null) {
        self.method = method
        self.params = params
    }
}
