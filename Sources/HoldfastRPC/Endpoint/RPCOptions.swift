// SPDX-License-Identifier: Apache-2.0
public import HoldfastTransport

/// How an endpoint is served.
public struct RPCOptions: Sendable {
    /// The pages that may connect, such as `["https://example.com"]`, besides the server's own; `.any` allows all.
    ///
    /// Default: only the server's own pages. Programs that send no `Origin` always may.
    public var allowedOrigins: OriginPolicy
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
    /// How long a session waits for a lost client; zero ends it with its connection.
    ///
    /// Default: 10 s.
    public var reconnectionTimeout: Duration { didSet { reconnectionTimeout = reconnectionTimeout.bounded } }
    /// How sessions are kept whose clients agree to lose nothing; `nil` agrees with none.
    ///
    /// Default: kept for 60 s.
    public var resume: Resume?
    /// Whether methods that say nothing else run one at a time for a session.
    ///
    /// Default: serial.
    public var concurrency: RPCConcurrency
    /// How sessions show in messages, unless a connection asks for ``Wire/plain``: a WebSocket by the subprotocol `jsonrpc-2.0`, any
    /// transport by the query item `wire=plain`.
    ///
    /// Default: ``Wire/kurento``.
    public var wire: Wire
    /// The bounds of messages and sessions.
    ///
    /// Default: `nil`, the application's.
    public var limits: Limits.RPC?
    /// Whether clients see the text of errors that handlers throw and that are no ``RPCError``.
    ///
    /// Default: false, they see a number that is in the log.
    public var showsErrorText: Bool

    /// Creates options; every parameter has the default of its property.
    public init(
        allowedOrigins: OriginPolicy = .sameOrigin,
        sockJS: Bool = false,
        label: String? = nil,
        pingWatchdog: Bool = false,
        reconnectionTimeout: Duration = .seconds(10),
        resume: Resume? = .init(),
        concurrency: RPCConcurrency = .serial,
        wire: Wire = .kurento,
        limits: Limits.RPC? = nil,
        showsErrorText: Bool = false
    ) {
        self.allowedOrigins = allowedOrigins
        self.sockJS = sockJS
        self.label = label
        self.pingWatchdog = pingWatchdog
        self.reconnectionTimeout = reconnectionTimeout.bounded
        self.resume = resume
        self.concurrency = concurrency
        self.wire = wire
        self.limits = limits
        self.showsErrorText = showsErrorText
    }

    /// What keeps an application from starting.
    package var problems: [String] {
        var problems = [allowedOrigins.problem].compactMap(\.self)
        if reconnectionTimeout < .zero { problems.append("reconnectionTimeout must not be negative") }
        if let resume {
            if resume.window < .zero { problems.append("resume.window must not be negative") }
            if resume.acknowledgementTimeout <= .zero {
                problems.append("resume.acknowledgementTimeout must be positive")
            }
        }
        do { try limits?.validate() } catch { problems.append("\(error)") }
        return problems
    }
}
