// SPDX-License-Identifier: Apache-2.0
public import HoldfastTransport

/// What a SockJS endpoint offers, and its bounds.
public struct SockJSOptions: Sendable {
    /// The time after which a client that got no frame gets a heartbeat; default 25 s.
    ///
    /// Keep it below 35 s, at which the JavaScript client's `jsonp` transport gives up, and below the idle limits of proxies.
    /// Over WebSocket it is the interval of pings.
    public var heartbeat = Duration.seconds(25) { didSet { heartbeat = heartbeat.bounded } }
    /// The time without a receiving request after which a session ends; default 5 s.
    public var disconnectDelay = Duration.seconds(5) { didSet { disconnectDelay = disconnectDelay.bounded } }
    /// The bytes after which a streaming response ends and the client asks for the next; default 128 KiB.
    public var streamLimit = 128 << 10

    /// Whether WebSockets in SockJS framing are offered, at `/{server}/{session}/websocket`; default true.
    public var webSocket = true
    /// Whether plain WebSockets without framing are offered, at `/websocket`; default true.
    ///
    /// ``webSocket`` off turns them off too.
    public var rawWebSocket = true
    /// Whether the `jsonp` transport is offered, for browsers of the past; default false.
    ///
    /// Its requests carry no `Origin`. Unless ``allowedOrigins`` is `.any`, those that the browser marks as coming from another
    /// site are refused; a browser too old to mark them is not held back.
    public var jsonp = false
    /// Whether the `htmlfile` transport is offered, for Internet Explorer; default false.
    ///
    /// Its requests are judged as those of ``jsonp``.
    public var htmlFile = false
    /// Whether the page for transports in a hidden frame is offered, at `/iframe.html`; default false.
    ///
    /// It serves pages of other sites, so it is of use with ``allowedOrigins`` `.any` only; otherwise just this site's own pages
    /// may frame it. Set ``clientScriptURL`` too.
    public var iframe = false
    /// Where the page in the frame loads the JavaScript client from; default `/sockjs.min.js`.
    ///
    /// It has to be the same version to the digit as the embedding page's. It starts with `/` or `http`.
    public var clientScriptURL = "/sockjs.min.js"

    /// Whether clients are told that a balancer needs cookies, and `JSESSIONID` is set for it; default false.
    public var cookieNeeded = false
    /// Attributes of that cookie after `path=/`, such as `SameSite=None; Secure`; default none.
    public var cookieAttributes = ""

    /// The web pages that may connect, such as `["https://example.com"]`; default this server's own.
    public var allowedOrigins: OriginPolicy
    /// Whether to leave out all CORS fields because a proxy in front adds its own; default false.
    public var suppressCORS = false
    /// Whether each request of a session must come from the same origin and the same browser as its first; default true.
    ///
    /// Others get 404, as if there were no such session. A browser leaves the origin out of some requests; those are taken.
    public var bindSessions = true
    /// The address that clients are told to use for their sessions instead of this one; default none.
    public var baseURL: String?

    /// Messages and bytes that wait for the client to ask for them; default 1,024 and 1 MiB.
    ///
    /// Beyond, senders wait. A WebSocket has this much for the frames that wait for the network besides.
    public var outbound = QueueLimits()
    /// Messages and bytes that wait for the application before a client's next request has to wait; default 64 and 256 KiB.
    public var inbound = QueueLimits(messages: 64, bytes: 1 << 18)
    /// The largest body of a request with messages in bytes, default 1 MiB; beyond: 413.
    public var bodyLimit = 1 << 20
    /// The most sessions over requests at once, default 100,000; beyond, new ones get 503.
    public var maximumSessions = 100_000

    /// The subprotocols that the endpoint's WebSockets speak, the preferred one first.
    package var subprotocols: [String] = []

    /// The limits of the endpoint's WebSockets; default `nil`, the application's.
    ///
    /// ``heartbeat`` and ``outbound`` stand in the place of theirs.
    public var limits: Limits.WebSocket?

    /// Creates options with the defaults.
    ///
    /// - Parameter allowedOrigins: The web pages that may connect; this server's own unless given.
    public init(allowedOrigins: OriginPolicy = .sameOrigin) {
        self.allowedOrigins = allowedOrigins
    }

    /// What keeps an application from starting.
    package var problems: [String] {
        var problems = [allowedOrigins.problem].compactMap(\.self)
        do {
            try limits?.validate()
            try requirePositive(
                "sockJS",
                ("heartbeat", heartbeat, zero: .zero),
                ("disconnectDelay", disconnectDelay, zero: .zero),
                ("streamLimit", streamLimit, zero: 0),
                ("outbound.messages", outbound.messages, zero: 0),
                ("outbound.bytes", outbound.bytes, zero: 0),
                ("inbound.messages", inbound.messages, zero: 0),
                ("inbound.bytes", inbound.bytes, zero: 0),
                ("bodyLimit", bodyLimit, zero: -1),
                ("maximumSessions", maximumSessions, zero: 0)
            )
        } catch {
            problems.append("\(error)")
        }
        return problems
    }
}
