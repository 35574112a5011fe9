// SPDX-License-Identifier: Apache-2.0
internal import HTTPTypes
internal import NIOCore
internal import NIOHTTP1

/// What becomes of one request.
enum XHRNews: Sendable {
    case status(Int)
    case body(ByteBuffer)
    /// The answer is complete.
    case end
    /// The connection failed or ended before that.
    case lost(String)
}

/// Sends one POST when the channel is active and reports its answer.
final class XHRRequest: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let head: HTTPRequestHead
    private let body: ByteBuffer
    private var report: (@Sendable (XHRNews) -> Void)?

    init(
        target: String,
        authority: String,
        fields: HTTPFields,
        body: ByteBuffer,
        report: @escaping @Sendable (XHRNews) -> Void
    ) {
        var headers = HTTPHeaders([("Host", authority)])
        for field in fields { headers.add(name: field.name.rawName, value: field.value) }
        headers.add(name: "Content-Type", value: "text/plain;charset=UTF-8")
        headers.add(name: "Content-Length", value: "\(body.readableBytes)")
        headers.add(name: "Connection", value: "close")
        head = HTTPRequestHead(version: .http1_1, method: .POST, uri: target, headers: headers)
        self.body = body
        self.report = report
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { start(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        start(context)
        context.fireChannelActive()
    }

    private func start(_ context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if body.readableBytes > 0 { context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): report?(.status(Int(head.status.code)))
        case .body(let bytes): report?(.body(bytes))
        case .end:
            finish(.end)
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(.lost("the server closed the connection"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        finish(.lost("\(error)"))
        context.close(promise: nil)
    }

    private func finish(_ news: XHRNews) {
        report?(news)
        report = nil
    }
}

@available(*, unavailable)
extension XHRRequest: Sendable {}
