// SPDX-License-Identifier: Apache-2.0
internal import HTTPTypes
internal import HoldfastTransport
internal import HoldfastWebSocket
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// Makes links over the network.
struct NetworkDialer: LinkDialer {
    private let url: ClientURL
    private let fields: HTTPFields
    private let eventLoop: any EventLoop
    private let connectTimeout: Duration
    private let tls: NIOSSLContext?
    private let limits: Limits.WebSocket

    /// - Throws: ``RPCClientError`` when the TLS files cannot be used.
    init(url: ClientURL, configuration: RPCClientConfiguration, eventLoop: any EventLoop) throws {
        self.url = url
        self.eventLoop = eventLoop
        fields = configuration.fields
        connectTimeout = configuration.connectionTimeout
        tls = url.isSecure ? try configuration.tls.makeContext() : nil
        var limits = Limits.WebSocket()
        limits.message = configuration.maximumMessageSize
        limits.frame = configuration.maximumMessageSize
        limits.outbound = QueueLimits(messages: 4096, bytes: 16 << 20)
        self.limits = limits
    }

    func dial(
        _ transport: Transport,
        receiver: any MessageReceiver,
        completion: @escaping @Sendable (Result<MessageConnection, RPCClientError>) -> Void
    ) -> ScheduledAction {
        guard transport == .webSocket else {
            return dialXHR(transport, receiver, completion)
        }
        let channel = connect { [url, fields, limits] channel in
            let upgrader = WebSocketUpgrader(
                url: url,
                fields: fields,
                limits: limits,
                receiver: receiver,
                completion: completion
            )
            try channel.pipeline.syncOperations.addHandler(upgrader)
        }
        channel.whenFailure { error in
            completion(.failure(RPCClientError(.transport, "cannot connect to \(url.authority): \(error)")))
        }
        return ScheduledAction {
            channel.whenSuccess { $0.close(promise: nil) }
        }
    }

    private func dialXHR(
        _ transport: Transport,
        _ receiver: any MessageReceiver,
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
                completion: completion
            ) { path, body, report in
                post(base + path, body, report)
            }
            link.session.value = session
            session.poll()
        }
        return ScheduledAction {
            link.onLoop { $0.fail("given up") }
        }
    }

    private func post(
        _ path: String,
        _ body: ByteBuffer,
        _ report: @escaping @Sendable (XHRNews) -> Void
    ) -> ScheduledAction {
        let channel = connect { [url, fields] channel in
            let request = XHRRequest(
                target: url.target(path),
                authority: url.authority,
                fields: fields,
                body: body,
                report: report
            )
            try channel.pipeline.syncOperations.addHTTPClientHandlers()
            try channel.pipeline.syncOperations.addHandler(request)
        }
        channel.whenFailure { error in report(.lost("cannot connect to \(url.authority): \(error)")) }
        return ScheduledAction {
            channel.whenSuccess { $0.close(promise: nil) }
        }
    }

    /// Opens a connection, under TLS if the URL says so.
    private func connect(_ initialize: @escaping @Sendable (any Channel) throws -> Void) -> EventLoopFuture<any Channel>
    {
        ClientBootstrap(group: eventLoop)
            .connectTimeout(TimeAmount(connectTimeout))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { [tls, url] channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(Self.makeTLSHandler(tls, url.host))
                    }
                    try initialize(channel)
                }
            }
            .connect(host: url.host, port: url.port)
    }

    private static func makeTLSHandler(_ context: NIOSSLContext, _ host: String) throws -> NIOSSLClientHandler {
        do {
            return try NIOSSLClientHandler(context: context, serverHostname: host)
        } catch let error as NIOSSLExtraError where error == .cannotUseIPAddressInSNI {
            // Server name indication is for names only (RFC 6066 §3); the certificate is checked against the address.
            return try NIOSSLClientHandler(context: context, serverHostname: nil)
        }
    }
}
