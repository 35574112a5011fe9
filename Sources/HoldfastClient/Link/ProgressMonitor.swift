// SPDX-License-Identifier: Apache-2.0
internal import NIOCore

/// Tells, now and then, that bytes come and go: a large message on a slow link takes its time, and the server lives all the while.
final class ProgressMonitor: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let interval = TimeAmount.milliseconds(50)
    /// What is written at once; the end of each is a sign of life.
    private static let pieceSize = 16 << 10

    private let report: @Sendable () -> Void
    private var reportedAt = NIODeadline.distantPast

    init(_ report: @escaping @Sendable () -> Void) {
        self.report = report
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        progressed(context.eventLoop.now)
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        var bytes = unwrapOutboundIn(data)
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        while bytes.readableBytes > Self.pieceSize, let piece = bytes.readSlice(length: Self.pieceSize) {
            context.write(wrapOutboundOut(piece)).whenSuccess { bound.value.progressed(bound.eventLoop.now) }
        }
        context.write(wrapOutboundOut(bytes), promise: promise)
    }

    private func progressed(_ now: NIODeadline) {
        guard now - reportedAt >= Self.interval else { return }
        reportedAt = now
        report()
    }
}

@available(*, unavailable)
extension ProgressMonitor: Sendable {}
