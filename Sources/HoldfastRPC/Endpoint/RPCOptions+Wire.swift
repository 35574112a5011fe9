// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport

extension RPCOptions {
    /// How sessions show in the messages of a connection.
    public enum Wire: Sendable {
        /// As Kurento's clients expect: every result carries the session's id, `{"value":3,"sessionId":…}`, and clients may name
        /// theirs among the parameters; `connect`, `ping` and `closeSession` are the framework's.
        case kurento
        /// JSON-RPC 2.0 and no more: parameters and results are the application's alone, and a method without a result gives `null`.
        ///
        /// The framework's own methods are `rpc.connect`, `rpc.ping` and `rpc.close` (JSON-RPC 2.0 §4 reserves such names):
        ///
        /// | method | parameters | result |
        /// |---|---|---|
        /// | `rpc.connect` | none, or what ``RPCSession/registerInfo`` gives | `{"sessionId":…}`, which names the session |
        /// | `rpc.connect` | `{"sessionId":…}` | the same, back in that session; error 40007 if it is no more |
        /// | `rpc.ping` | none, or `{"interval":…}` in ms for the watchdog | `"pong"` |
        /// | `rpc.close` | none | `"bye"`; the session ends |
        case plain
    }
}

extension RPCOptions.Wire {
    /// The subprotocol of a WebSocket that asks for ``plain``.
    package static let plainSubprotocol = "jsonrpc-2.0"
    /// The item of a query that asks for ``plain``, over any transport.
    package static let plainQueryItem = "wire=plain"

    /// What opens a session or comes back to it.
    package var connectMethod: String { self == .plain ? "rpc.connect" : "connect" }
    /// What shows that the other side is there.
    package var pingMethod: String { self == .plain ? "rpc.ping" : "ping" }
    /// What ends a session.
    package var closeMethod: String { self == .plain ? "rpc.close" : "closeSession" }

    /// What a connection speaks: what its endpoint does, unless it asked for plain.
    func chosen(by info: ConnectionInfo) -> Self {
        if info.subprotocol == Self.plainSubprotocol { return .plain }
        guard let query = info.query else { return self }
        return query.split(separator: "&").contains(Self.plainQueryItem[...]) ? .plain : self
    }
}
