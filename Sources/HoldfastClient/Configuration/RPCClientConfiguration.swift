// SPDX-License-Identifier: Apache-2.0
public import HTTPTypes
public import HoldfastRPC
public import HoldfastTransport
public import Logging

/// How a client connects, waits and comes back.
///
/// Times are more than zero; a hundred years or more mean never.
public struct RPCClientConfiguration: Sendable {
    /// How a lost connection is made again.
    public struct Reconnection: Sendable, Hashable {
        /// The bound of the first random delay; doubles with each attempt; default 200 ms.
        public var initialDelay: Duration = .milliseconds(200)
        /// The most that the bound grows to; default 10 s.
        public var maximumDelay: Duration = .seconds(10)
        /// How long after the loss attempts go on; `nil` for ever, zero for no attempt; default `nil`.
        public var maximumTime: Duration?

        /// The defaults.
        public init() {}

        /// The same with times that can be counted.
        var bounded: Reconnection {
            var bounded = self
            bounded.initialDelay = initialDelay.bounded
            bounded.maximumDelay = maximumDelay.bounded
            bounded.maximumTime = maximumTime?.boundedOrNever
            return bounded
        }
    }

    /// How messages are kept until they have arrived.
    ///
    /// Client and server number their messages and keep each until the other side has it, over every transport. **Within the server's
    /// window and without overflow every counted message reaches the other application once and in order; when that cannot be kept
    /// the application is told which are missing; a request is started at most once.** Servers that do not know of it are
    /// spoken to as ever.
    ///
    /// When as much is unacknowledged as may be, calls and notifications wait, and count as ``waitingCalls``.
    public struct Resume: Sendable {
        /// The most messages kept, here and at the server, which may want fewer; default 1,024.
        public var messages = 1024
        /// The most bytes of them, unless a single one is larger; default 1 MiB.
        public var bytes = 1 << 20
        /// Called with messages of the server that will never arrive, in their place, on a thread of the client's; it must not block.
        ///
        /// Default: `nil`. Then the session ends over it, since the two sides would no longer agree: calls under way fail with
        /// ``RPCClientError/Kind/outcomeUnknown`` and a new session begins, ``RPCClientEvent/reconnected(sameServer:)`` with `false`.
        public var onGap: (@Sendable (RPCGap) -> Void)?

        /// The defaults.
        public init() {}
    }

    /// How messages are kept until they have arrived; `nil` for sessions that may lose some with a connection.
    ///
    /// Default: the defaults of ``Resume``.
    public var resume: Resume? = .init()
    /// Where the session is kept for the program's next run; default `nil`, in memory only.
    ///
    /// Whenever the program ends, its next run comes back to the session, within the server's window: what the server did not have is
    /// sent again, what it has said meanwhile arrives. What had arrived and was not acknowledged yet arrives again, since nobody knows
    /// what the run before made of it; a request that it was serving is answered with the error −32050. One client at a time has a
    /// store; others open sessions of their own, which are not kept. Of no use without ``resume``.
    public var store: (any SessionStore)?
    /// The time one attempt may take, from opening the socket to the server's answer to `connect`; default 5 s.
    public var connectionTimeout: Duration = .seconds(5)
    /// The time a call waits for its answer unless it says otherwise, time away included; default 60 s.
    public var requestTimeout: Duration = .seconds(60)
    /// The time without a message in either direction after which the connection is made anew; default 300 s.
    public var idleTimeout: Duration = .seconds(300)
    /// The time between pings, `nil` for none; default 5 s.
    ///
    /// A server that is silent for two intervals is taken for lost.
    public var heartbeat: Duration? = .seconds(5)
    /// How a lost connection is made again.
    public var reconnection = Reconnection()
    /// Calls and notifications that wait, for a connection or for an answer, at once; default 1,024.
    public var waitingCalls = 1024
    /// Notifications and events kept for a reader that is slow, for each sequence; beyond, the oldest is dropped; default 1,024.
    public var bufferedNotifications = 1024
    /// The largest message from the server in bytes; default 1 MiB.
    public var maximumMessageSize = 1 << 20
    /// The transports to try, in order.
    ///
    /// Default: `nil`: for `ws` and `wss` URLs a WebSocket; for `http` and `https` URLs a WebSocket, then xhr-streaming, then
    /// xhr-polling.
    public var transports: [Transport]?
    /// The time until transports better than the one in use are tried again; default 5 s, `nil` for never.
    ///
    /// Better are those before it in ``transports``. They are tried beside the connection, without interrupting it; the time doubles
    /// with each failure, up to 5 min.
    public var probeDelay: Duration? = .seconds(5)
    /// The proxy to connect through; default `nil`.
    public var proxy: RPCClientProxy?
    /// Fields sent with every HTTP request, such as `Authorization`.
    public var fields: HTTPFields = [:]
    /// Whom to trust, for `wss` and `https`.
    public var tls = RPCClientTLS()
    /// The logger; default one labelled `holdfast.client`.
    public var logger = Logger(label: "holdfast.client")

    /// The transports that the client has, best first.
    public static let supportedTransports: [Transport] = [.webSocket, .xhrStreaming, .xhrPolling]

    /// The defaults.
    public init() {}

    func validate() throws {
        let positive: [(String, Duration)] = [
            ("connectionTimeout", connectionTimeout), ("requestTimeout", requestTimeout), ("idleTimeout", idleTimeout),
            ("heartbeat", heartbeat ?? .seconds(1)), ("reconnection.initialDelay", reconnection.initialDelay),
            ("reconnection.maximumDelay", reconnection.maximumDelay), ("probeDelay", probeDelay ?? .seconds(1)),
        ]
        for (name, value) in positive where value <= .zero {
            throw RPCClientError(.configuration, "\(name) must be more than zero")
        }
        guard reconnection.maximumTime ?? .zero >= .zero else {
            throw RPCClientError(.configuration, "reconnection.maximumTime must not be negative; nil is for ever")
        }
        for (name, value) in [
            ("waitingCalls", waitingCalls), ("bufferedNotifications", bufferedNotifications),
            ("maximumMessageSize", maximumMessageSize), ("resume.messages", resume?.messages ?? 1),
            ("resume.bytes", resume?.bytes ?? 1),
        ] where value <= 0 {
            throw RPCClientError(.configuration, "\(name) must be more than zero")
        }
        if let transports {
            guard !transports.isEmpty else { throw RPCClientError(.configuration, "transports is empty") }
            for transport in transports where !Self.supportedTransports.contains(transport) {
                throw RPCClientError(.configuration, "the client has no transport \(transport)")
            }
        }
    }
}
