// SPDX-License-Identifier: Apache-2.0
internal import Logging
internal import Metrics
internal import NIOCore

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Accepts one connection after the other while there is room for more, and waits a second when descriptors have run out.
///
/// Connections that are not accepted wait in the kernel's queue. The listener's channel must accept one connection a read.
final class AcceptHandler: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = Never

    /// How long to wait when nothing tells that there is room again.
    private static let pause = TimeAmount.seconds(1)
    /// How long to be silent about pauses after one was logged.
    private static let silence = TimeAmount.seconds(60)

    private let gate: ConnectionGate
    private let logger: Logger
    private var context: ChannelHandlerContext?
    private var hasPlace = false
    /// A read was asked for that has not begun.
    private var readWanted = false
    /// Reading is off, for descriptors ran out.
    private var isBackingOff = false
    private var isRetryDue = false
    private var lastLogged: NIODeadline?

    init(gate: ConnectionGate, logger: Logger) {
        self.gate = gate
        self.logger = logger
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        if hasPlace { gate.returnPlace() }
        hasPlace = false
    }

    func read(context: ChannelHandlerContext) {
        readWanted = true
        accept()
    }

    /// Begins the read that was asked for, if there is room.
    private func accept() {
        guard readWanted, let context else { return }
        if !hasPlace {
            let eventLoop = context.eventLoop
            let bound = NIOLoopBound(self, eventLoop: eventLoop)
            let shortage = gate.takePlace(for: ObjectIdentifier(self)) { eventLoop.execute { bound.value.accept() } }
            if let shortage {
                tell(shortage.rawValue, context)
                retryLater(context)
                return
            }
            hasPlace = true
        }
        readWanted = false
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        hasPlace = false
        gate.opened()
        unwrapInboundIn(data).closeFuture.whenComplete { [gate] _ in gate.closed() }
        context.fireChannelRead(data)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError, [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.errnoCode) else {
            context.fireErrorCaught(error)
            return
        }
        // The read that failed is still under way; only this keeps it from being tried again at once.
        try? context.channel.syncOptions?.setOption(.autoRead, value: false)
        isBackingOff = true
        tell("\(error)", context)
        retryLater(context)
    }

    private func tell(_ reason: String, _ context: ChannelHandlerContext) {
        Counter(label: "holdfast_http_accept_pauses_total").increment()
        let now = context.eventLoop.now
        guard lastLogged.map({ now - $0 >= Self.silence }) ?? true else { return }
        lastLogged = now
        logger.warning(
            "a listener pauses, connections wait",
            metadata: [
                "holdfast.listener": "\(context.channel.localAddress.map { "\($0)" } ?? "")",
                "holdfast.connections": "\(gate.count)", "holdfast.reason": "\(reason)",
            ]
        )
    }

    private func retryLater(_ context: ChannelHandlerContext) {
        // One that is due is left to come: to take it back costs more than to let it find nothing to do.
        guard !isRetryDue else { return }
        isRetryDue = true
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: Self.pause) { bound.value.retry() }
    }

    private func retry() {
        isRetryDue = false
        if isBackingOff {
            isBackingOff = false
            // Asks for a read, if the listener is still there.
            try? context?.channel.syncOptions?.setOption(.autoRead, value: true)
        } else {
            accept()
        }
    }
}
