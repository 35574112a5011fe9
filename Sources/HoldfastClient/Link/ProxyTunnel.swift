// SPDX-License-Identifier: Apache-2.0
internal import HTTPTypes
internal import NIOCore

/// Asks a proxy for a tunnel to the server (RFC 9110 §9.3.6); once it stands, gives its place to those who use it.
final class ProxyTunnel: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let request: ByteBuffer
    private let onOpen: (any Channel) throws -> Void
    private var onFailure: ((RPCClientError) -> Void)?
    private var received = ByteBuffer()
    private var isOpen = false

    /// - Parameters:
    ///   - authority: the server's host and port.
    ///   - authorization: the value of `Proxy-Authorization`, if any.
    ///   - onOpen: adds the handlers that use the tunnel.
    ///   - onFailure: called at most once, and not after `onOpen` has returned.
    init(
        authority: String,
        authorization: String?,
        onOpen: @escaping (any Channel) throws -> Void,
        onFailure: @escaping (RPCClientError) -> Void
    ) {
        let fields: HTTPFields = authorization.map { [.proxyAuthorization: $0] } ?? [:]
        request = RequestHead.write("CONNECT", authority, authority, [fields])
        self.onOpen = onOpen
        self.onFailure = onFailure
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(request), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Only between the opening and the removal of this handler.
        guard !isOpen else { return context.fireChannelRead(data) }
        var bytes = unwrapInboundIn(data)
        received.writeBuffer(&bytes)
        do {
            guard let response = try ResponseHead(&received) else { return }
            guard response.status.kind == .successful else {
                let hint =
                    response.status == .proxyAuthenticationRequired ? "; it asks for a user name and a password" : ""
                return fail("the proxy refused a tunnel with \(response.status.code)\(hint)", context)
            }
        } catch {
            return fail("the proxy's answer is no HTTP: \(error)", context)
        }
        isOpen = true
        do {
            try onOpen(context.channel)
        } catch {
            return fail(ConnectFailure.words(for: error), context)
        }
        onFailure = nil
        if received.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(received)) }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail("the proxy closed the connection", context)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard onFailure != nil else { return context.fireErrorCaught(error) }
        fail("the connection to the proxy failed: \(ConnectFailure.words(for: error))", context)
    }

    private func fail(_ words: String, _ context: ChannelHandlerContext) {
        onFailure?(RPCClientError(.transport, words))
        onFailure = nil
        context.close(promise: nil)
    }
}

@available(*, unavailable)
extension ProxyTunnel: Sendable {}
