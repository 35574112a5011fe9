// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport
internal import NIOCore
internal import NIOHTTP1

/// A connection that carries one request after the other, as long as the server keeps it.
final class XHRConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    /// How long it may be idle and still be used again: shorter than servers and proxies keep it, lest a request meet its end.
    private static let idleLimit = TimeAmount.seconds(4)

    private var request: XHRRequest?
    private let onIdle: (XHRConnection) -> Void
    private var context: ChannelHandlerContext?
    private var isSent = false
    private var staysOpen = false
    private var idleSince = NIODeadline.distantPast

    /// - Parameters:
    ///   - first: sent as soon as the channel is active.
    ///   - onIdle: called when a request has ended and another may follow, before its end is reported.
    init(first: XHRRequest, onIdle: @escaping (XHRConnection) -> Void) {
        request = first
        self.onIdle = onIdle
    }

    /// Sends the next request.
    ///
    /// - Returns: what gives it up, or `nil` when the connection cannot be used any more.
    func send(_ next: XHRRequest) -> ScheduledAction? {
        guard request == nil, let context, context.channel.isActive else { return nil }
        guard context.eventLoop.now - idleSince < Self.idleLimit else {
            context.close(promise: nil)
            return nil
        }
        request = next
        isSent = false
        start(context)
        return ScheduledAction { [channel = context.channel] in channel.close(promise: nil) }
    }

    func close() {
        context?.close(promise: nil)
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { start(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelActive(context: ChannelHandlerContext) {
        start(context)
        context.fireChannelActive()
    }

    private func start(_ context: ChannelHandlerContext) {
        guard let request, !isSent else { return }
        isSent = true
        context.write(wrapOutboundOut(.head(request.head)), promise: nil)
        if request.body.readableBytes > 0 {
            context.write(wrapOutboundOut(.body(.byteBuffer(request.body))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            staysOpen = head.isKeepAlive && request?.keepsConnection == true
            request?.report(.status(Int(head.status.code)))
        case .body(let bytes): request?.report(.body(bytes))
        case .end: ended(context)
        }
    }

    private func ended(_ context: ChannelHandlerContext) {
        guard let report = request?.report else { return }
        request = nil
        idleSince = context.eventLoop.now
        if staysOpen { onIdle(self) } else { context.close(promise: nil) }
        report(.end)
    }

    func channelInactive(context: ChannelHandlerContext) {
        lost("the server closed the connection")
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        lost(ConnectFailure.words(for: error))
        context.close(promise: nil)
    }

    private func lost(_ words: String) {
        guard let report = request?.report else { return }
        request = nil
        report(.lost(words))
    }
}

@available(*, unavailable)
extension XHRConnection: Sendable {}
