// SPDX-License-Identifier: Apache-2.0
public import HoldfastTransport

/// How an endpoint is served.
public struct RPCOptions: Sendable {
    /// The pages that may connect, like `https://example.com`, besides the server's own; `["*"]` allows all.
    ///
    /// Default: `nil`, only the server's own pages. Programs that send no `Origin` always may.
    public var allowedOrigins: [String]?
    /// Whether the path is also a SockJS prefix, for clients behind proxies that refuse WebSockets; a plain WebSocket
    /// then connects to `path` and to `path/websocket`.
    ///
    /// Default: false.
    public var sockJS: Bool
    /// The endpoint's name in log lines.
    ///
    /// Default: the ``RPCEndpoint``'s own.
    public var label: String?
    /// Whether the connection of a client that has pinged and no longer does is closed, after three times the interval
    /// it names.
    ///
    /// Its session then waits for it as for any lost client. Default: false.
    public var pingWatchdog: Bool
    /// How long a session waits for a lost client.
    ///
    /// Default: 10 s.
    public var reconnectionTimeout: Duration
    /// Whether methods that say nothing else run one at a time for a session.
    ///
    /// Default: serial.
    public var concurrency: RPCConcurrency
    /// The bounds of messages and sessions.
    public var limits: Limits.RPC
    /// Whether clients see the text of errors that handlers throw and that are no ``RPCError``.
    ///
    /// Default: false, they see a number that is in the log.
    public var showsErrorText: Bool

    /// Creates options; every parameter has the default of its property.
    public init(
        allowedOrigins: [String]? = nil,
        sockJS: Bool = false,
        label: String? = nil,
        pingWatchdog: Bool = false,
        reconnectionTimeout: Duration? = nil,
        concurrency: RPCConcurrency = .serial,
        limits: Limits.RPC = .init(),
        showsErrorText: Bool = false
    ) {
        self.allowedOrigins = allowedOrigins
        self.sockJS = sockJS
        self.label = label
        self.pingWatchdog = pingWatchdog
        self.reconnectionTimeout = reconnectionTimeout ?? limits.reconnectionTimeout
        self.concurrency = concurrency
        self.limits = limits
        self.showsErrorText = showsErrorText
    }

    /// The allowed origins as the policy that judges requests.
    package var originPolicy: OriginPolicy {
        guard let allowedOrigins else { return .sameOrigin }
        return allowedOrigins.contains("*") ? .any : .list(allowedOrigins)
    }
}
