// SPDX-License-Identifier: Apache-2.0
internal import HTTPTypes
internal import HoldfastTransport
internal import HoldfastWebSocket
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// Makes links over the network.
struct NetworkDialer: LinkDialer {
    private let url: ClientURL
    private let fields: HTTPFields
    private let eventLoop: any EventLoop
    private let connectTimeout: Duration
    private let tls: ClientTLS?
    private let proxy: RPCClientProxy?
    private let limits: Limits.WebSocket

    /// - Throws: ``RPCClientError`` when the TLS files cannot be used.
    init(url: ClientURL, configuration: RPCClientConfiguration, eventLoop: any EventLoop) throws {
        self.url = url
        self.eventLoop = eventLoop
        fields = configuration.fields
        connectTimeout = configuration.connectionTimeout.bounded
        tls = url.isSecure ? try configuration.tls.load() : nil
        proxy = configuration.proxy
        var limits = Limits.WebSocket()
        limits.message = configuration.maximumMessageSize
        limits.frame = configuration.maximumMessageSize
        limits.outbound = QueueLimits(messages: 4096, bytes: 16 << 20)
        self.limits = limits
    }

    func dial(
        _ transport: Transport,
        receiver: any MessageReceiver,
        progress: @escaping @Sendable () -> Void,
        completion: @escaping @Sendable (Result<MessageConnection, RPCClientError>) -> Void
    ) -> ScheduledAction {
        guard transport == .webSocket else {
            return dialXHR(transport, receiver, progress, completion)
        }
        return connect(tunnels: true, progress) { [url, fields, limits] channel in
            let upgrader = WebSocketUpgrader(
                url: url,
                fields: fields,
                limits: limits,
                receiver: receiver,
                completion: completion
            )
            try channel.pipeline.syncOperations.addHandler(upgrader)
        } failed: { error in
            completion(.failure(error))
        }
    }

    private func dialXHR(
        _ transport: Transport,
        _ receiver: any MessageReceiver,
        _ progress: @escaping @Sendable () -> Void,
        _ completion: @escaping @Sendable (Result<MessageConnection, RPCClientError>) -> Void
    ) -> ScheduledAction {
        let link = XHRLink(eventLoop)
        let info = ConnectionInfo(path: url.path, isSecure: url.isSecure)
        let connection = MessageConnection(transport: transport, info: info, link: link, outbound: limits.outbound)
        connection.setReceiver(receiver)
        // Any three digits do; balancers may use them to keep a session on one server.
        let base = "/\(Int.random(in: 100...999))/\(RandomID.make())"
        eventLoop.execute {
            let session = XHRSession(
                connection,
                link: link,
                messageLimit: limits.message,
                completion: completion,
                makeRequest: { path, body, report in makeRequest(base + path, body, report) },
                connect: { request in send(request, link, progress) }
            )
            link.session.value = session
            session.poll()
        }
        return ScheduledAction {
            link.onLoop { $0.fail("given up") }
        }
    }

    private func makeRequest(
        _ path: String,
        _ body: ByteBuffer,
        _ report: @escaping @Sendable (XHRNews) -> Void
    ) -> XHRRequest {
        // Over plain HTTP a proxy is asked for the resource itself (RFC 9112 §3.2.2).
        let proxy = url.isSecure ? nil : proxy
        var fields = fields
        if let authorization = proxy?.authorization { fields[.proxyAuthorization] = authorization }
        return XHRRequest(
            target: (proxy == nil ? "" : "http://\(url.authority)") + url.target(path),
            authority: url.authority,
            fields: fields,
            body: body,
            // A handshake for each message would be dear. In the clear it is cheap, and proxies on the way may close without saying
            // so, which would lose the next message.
            keepsConnection: url.isSecure,
            report: report
        )
    }

    private func send(_ request: XHRRequest, _ link: XHRLink, _ progress: @escaping @Sendable () -> Void)
        -> ScheduledAction
    {
        connect(tunnels: false, progress) { channel in
            let connection = XHRConnection(first: request) { connection in
                if let session = link.session.value { session.keep(connection) } else { connection.close() }
            }
            try channel.pipeline.syncOperations.addHTTPClientHandlers()
            try channel.pipeline.syncOperations.addHandler(connection)
        } failed: { error in
            request.report(.lost(error.message))
        }
    }

    // MARK: Channels

    /// Opens a connection to the server, through the proxy and under TLS as configured.
    ///
    /// - Parameters:
    ///   - tunnels: whether a proxy is asked for a tunnel although there is no TLS.
    ///   - progress: called now and then while bytes arrive.
    ///   - initialize: adds the handlers that speak to the server, once it can be spoken to.
    ///   - failed: called at most once, when it does not come to that.
    /// - Returns: what closes the connection.
    private func connect(
        tunnels: Bool,
        _ progress: @escaping @Sendable () -> Void,
        _ initialize: @escaping @Sendable (any Channel) throws -> Void,
        failed: @escaping @Sendable (RPCClientError) -> Void
    ) -> ScheduledAction {
        let place = proxy.map { "the proxy \($0.host):\($0.port)" } ?? url.authority
        let channel = ClientBootstrap(group: eventLoop)
            .connectTimeout(TimeAmount(connectTimeout))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ProgressMonitor(progress))
                    guard let proxy, tunnels || url.isSecure else {
                        return try secure(channel, initialize, failed: failed)
                    }
                    let tunnel = ProxyTunnel(
                        authority: url.hostAndPort,
                        authorization: proxy.authorization,
                        onOpen: { try secure($0, initialize, failed: failed) },
                        onFailure: failed
                    )
                    try channel.pipeline.syncOperations.addHandler(tunnel)
                }
            }
            .connect(host: proxy?.host ?? url.host, port: proxy?.port ?? url.port)
        channel.whenFailure { error in
            failed(RPCClientError(.transport, ConnectFailure.words(for: error, place)))
        }
        return ScheduledAction {
            channel.whenSuccess { $0.close(promise: nil) }
        }
    }

    /// Adds TLS, if the URL asks for it, below what `initialize` adds.
    private func secure(
        _ channel: any Channel,
        _ initialize: @escaping @Sendable (any Channel) throws -> Void,
        failed: @escaping @Sendable (RPCClientError) -> Void
    ) throws {
        guard let tls else { return try initialize(channel) }
        try channel.pipeline.syncOperations.addHandler(tls.makeHandler(host: url.host))
        guard let keys = tls.pinnedKeys else { return try initialize(channel) }
        try channel.pipeline.syncOperations.addHandler(PinCheck(keys, onPass: initialize, onFailure: failed))
    }
}
