// SPDX-License-Identifier: Apache-2.0
internal import NIOCore

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// One half of a link: what arrives here goes to the peer, one piece at a time.
///
/// The next piece is read when the last has left, so a slow receiver holds its sender up and no more than a piece is kept.
final class CutterEnd: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Where this half's bytes go.
    let direction: LinkDirection
    let channel: any Channel
    private let core: CutterCore
    private weak var peer: CutterEnd?
    /// What has arrived and not left.
    private var piece = ByteBuffer()
    private var isMoving = false
    private var isFirstRequest = true
    private var isReading = false
    private var hasEnded = false

    init(_ core: CutterCore, _ direction: LinkDirection, _ channel: any Channel, peer: CutterEnd? = nil) {
        self.core = core
        self.direction = direction
        self.channel = channel
        self.peer = peer
        peer?.peer = self
    }

    static func reset(_ channel: any Channel) {
        // Closing with nothing to linger for sends a reset.
        let sockets = channel as? any SocketOptionProvider
        _ = sockets?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        channel.close(promise: nil)
    }

    func reset() {
        piece.clear()
        core.remove(self)
        Self.reset(channel)
    }

    // MARK: Channel events

    func channelActive(context: ChannelHandlerContext) {
        core.add(self)
        // The back half brings the front to life: before, its bytes would have nowhere to go.
        if let peer, direction == .toClient {
            readMore()
            peer.readMore()
        }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        isReading = false
        piece.writeBuffer(&bytes)
        move()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        // A read may find nothing.
        if isReading, piece.readableBytes == 0 { context.read() }
        context.fireChannelReadComplete()
    }

    func channelInactive(context: ChannelHandlerContext) {
        hasEnded = true
        // Its own last bytes have nowhere to go now.
        if let peer, peer.hasEnded { core.remove(peer) }
        endIfDone()
        context.fireChannelInactive()
    }

    /// Ends the other half once what was said before has arrived; a held link's end is not seen, as little as anything else.
    private func endIfDone() {
        guard hasEnded, !isMoving, piece.readableBytes == 0, !core.conditions.isHeld else { return }
        core.remove(self)
        peer?.channel.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    // MARK: Moving

    func conditionsChanged() {
        move()
        endIfDone()
    }

    private func readMore() {
        guard !isReading, !hasEnded else { return }
        isReading = true
        channel.read()
    }

    private func move() {
        let conditions = core.conditions
        guard !isMoving, !conditions.isHeld, piece.readableBytes > 0 else { return }
        if direction == .toServer, isFirstRequest, conditions.forbidsUpgrades, !mayPass() { return }
        if direction == .toClient, conditions.buffersResponses, isUnfinishedStream { return readMore() }
        isMoving = true
        var pause = TimeAmount(conditions.delay)
        if let rate = conditions.bytesPerSecond {
            let nanoseconds = Double(piece.readableBytes) / Double(max(rate, 1)) * 1e9
            pause = pause + .nanoseconds(Int64(min(nanoseconds, 1e12)))
        }
        guard pause > .zero else { return deliver() }
        let bound = NIOLoopBound(self, eventLoop: core.eventLoop)
        core.eventLoop.scheduleTask(in: pause) { bound.value.deliver() }
    }

    private func deliver() {
        isMoving = false
        // Held while it was on its way.
        guard !core.conditions.isHeld else { return }
        let (count, cuts) = core.allow(piece.readableBytes, direction)
        guard let peer, let bytes = piece.readSlice(length: count) else { return }
        piece.discardReadBytes()
        isMoving = true
        let bound = NIOLoopBound((self, peer), eventLoop: core.eventLoop)
        peer.channel.writeAndFlush(bytes).whenComplete { _ in
            let (end, peer) = bound.value
            end.isMoving = false
            if cuts {
                // Not a reset: what has been let through shall arrive.
                peer.channel.close(promise: nil)
                end.channel.close(promise: nil)
            } else if end.piece.readableBytes > 0 {
                end.move()
            } else {
                end.readMore()
                end.endIfDone()
            }
        }
    }

    // MARK: Proxies

    /// Whether the link's first request is none to upgrade; one that is gets its answer here.
    private func mayPass() -> Bool {
        let text = String(decoding: piece.readableBytesView.prefix(16 << 10), as: UTF8.self).lowercased()
        guard text.contains("\r\n\r\n") || piece.readableBytes >= 16 << 10 else {
            readMore()
            return false
        }
        guard text.hasPrefix("get "), text.contains("\r\nupgrade: websocket\r\n") else {
            isFirstRequest = false
            return true
        }
        let answer = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        piece.clear()
        channel.writeAndFlush(ByteBuffer(string: answer)).whenComplete { [channel] _ in channel.close(promise: nil) }
        return false
    }

    /// Whether a streamed response has begun and not ended.
    private var isUnfinishedStream: Bool {
        let text = String(decoding: piece.readableBytesView, as: UTF8.self).lowercased()
        return text.hasPrefix("http/1.1 200") && text.contains("\r\ntransfer-encoding: chunked\r\n")
            && !text.hasSuffix("0\r\n\r\n") && piece.readableBytes < 1 << 20
    }
}

@available(*, unavailable)
extension CutterEnd: Sendable {}
