// SPDX-License-Identifier: Apache-2.0
internal import HTTPTypes
internal import HoldfastTransport
internal import HoldfastWebSocket
internal import NIOCore

/// Asks for a WebSocket as soon as the channel is active, then gives its place to the WebSocket's handler.
final class WebSocketUpgrader: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer
    typealias Completion = @Sendable (Result<MessageConnection, RPCClientError>) -> Void

    private let request: ByteBuffer
    private let handshake: WebSocketClientHandshake
    private let limits: Limits.WebSocket
    private let info: ConnectionInfo
    private let receiver: any MessageReceiver
    private var completion: Completion?
    private var received = ByteBuffer()

    init(
        url: ClientURL,
        fields: HTTPFields,
        limits: Limits.WebSocket,
        receiver: any MessageReceiver,
        completion: @escaping Completion
    ) {
        var generator = SystemRandomNumberGenerator()
        handshake = WebSocketClientHandshake(using: &generator)
        self.limits = limits
        self.receiver = receiver
        self.completion = completion
        info = ConnectionInfo(path: url.path, isSecure: url.isSecure)
        request = RequestHead.write("GET", url.target(), url.authority, [fields, handshake.fields])
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { start(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        start(context)
        context.fireChannelActive()
    }

    private func start(_ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(request), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        // Only between the switch and the removal of this handler.
        guard completion != nil else { return context.fireChannelRead(data) }
        received.writeBuffer(&bytes)
        do {
            guard let response = try ResponseHead(&received) else { return }
            _ = try handshake.validate(status: response.status) { response.values($0) }
            upgrade(context)
        } catch {
            fail(error, context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        complete(.failure(RPCClientError(.transport, "the server closed the connection during the upgrade")))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(error, context)
    }

    private func upgrade(_ context: ChannelHandlerContext) {
        let loop = context.eventLoop
        let handler = WebSocketHandler(
            role: .client,
            limits: limits,
            info: info,
            executor: LoopExecutor.shared(by: loop),
            now: .nanoseconds(Int64(clamping: loop.now.uptimeNanoseconds))
        )
        handler.connection.setReceiver(receiver)
        do {
            try context.pipeline.syncOperations.addHandler(handler, position: .after(self))
        } catch {
            return fail(error, context)
        }
        complete(.success(handler.connection))
        if received.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(received)) }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
        let words =
            switch error {
            case WebSocketClientHandshake.Failure.status(let status):
                "the server refused the upgrade with \(status.code)"
            case is WebSocketClientHandshake.Failure, is ResponseHead.Failure:
                "the server's answer to the upgrade is no WebSocket's: \(error)"
            default: ConnectFailure.words(for: error)
            }
        complete(.failure(RPCClientError(.transport, words)))
        context.close(promise: nil)
    }

    private func complete(_ result: Result<MessageConnection, RPCClientError>) {
        completion?(result)
        completion = nil
    }
}

@available(*, unavailable)
extension WebSocketUpgrader: Sendable {}
