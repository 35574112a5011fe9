// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HoldfastTransport
import HoldfastWebSocket
import Logging
import Metrics
import NIOCore

/// How a connection ends: by the client, the server, the clock, or an upgrade.
extension HTTPConnection: LoopMember {
    /// Ends the connection when what was written is out; what still arrives is dropped.
    func closeAfterOutput() {
        input = ByteBuffer()
        flushOutput()
        perform(machine.closeAfterOutput(now))
    }

    /// The client sends no more; what it has asked for is still answered.
    func inputEnded() {
        readClock()
        if machine.endInput() {
            context?.close(promise: nil)
        } else {
            if let stream = exchange?.stream { endInput(of: stream) }
            serve()
        }
    }

    /// Tells a stream that its client sends no more.
    func endInput(of stream: ResponseStream) {
        guard stream.endsWithInput else { return stream.inputEnded() }
        guard stream.isOpen else { return }
        // Whoever reads an endless stream and stops sending has left.
        abandonExchange()
        context?.close(promise: nil)
    }

    /// The client is gone.
    func abandonExchange() {
        guard let exchange else { return }
        cancelHandler()
        self.exchange = nil
        exchange.body?.fail(CancellationError())
        exchange.stream?.ended(.broken)
    }

    /// Cuts the connection, so that the client cannot take a part of an answer for the whole.
    func abort() {
        context?.channel.reset()
    }

    package func pressureBegan() {
        readClock()
        machine.setPressure(true)
        armTimer()
    }

    package func drain() {
        readClock()
        if machine.drain(hasInput: input.readableBytes > 0 || !parser.isIdle) { closeAfterOutput() }
    }

    package func closeAtOnce() {
        context?.channel.closeNow()
    }

    // MARK: Upgrade

    /// Hands the connection to a WebSocket, which takes this handler's place and gets the bytes not yet looked at.
    func upgrade(_ upgrade: WebSocketUpgrade, _ response: Response, _ exchange: Exchange) {
        guard writeHead(response, framing: .none, exchange), let context else { return }
        let handler = WebSocketHandler(
            role: .server,
            limits: upgrade.limits,
            info: upgrade.info,
            executor: loop.executor,
            writer: writer,
            sendsDirectly: !peer.isSecure,
            now: now
        )
        let channel = context.channel
        // Messages have a bounded queue of their own.
        try? channel.syncOptions?.setOption(.writeBufferWaterMark, value: .init(low: 32 << 10, high: 64 << 10))
        loop.register(
            UpgradedConnection(handler.connection, channel, closesOnDrain: upgrade.closesOnDrain),
            until: channel.closeFuture
        )
        upgrade.start(handler.connection)
        let rest = input
        input = ByteBuffer()
        self.exchange = nil
        machine.end()
        flushOutput()
        let pipeline = context.pipeline.syncOperations
        do {
            try pipeline.addHandler(handler, position: .after(self))
        } catch {
            channel.closeNow()
            return
        }
        if rest.readableBytes > 0 {
            context.fireChannelRead(NIOAny(rest))
            context.fireChannelReadComplete()
        }
        pipeline.removeHandler(self, promise: nil)
        channel.read()
    }

    // MARK: Time

    /// Reads the clock, once for all that happens in one go.
    @discardableResult
    func readClock() -> Duration {
        now = .nanoseconds(Int64(clamping: loop.eventLoop.now.uptimeNanoseconds))
        return now
    }

    /// Sets the timer if the first deadline has come nearer; one that has moved away is found out when it fires.
    func armTimer() {
        guard let next = machine.nextDeadline, timerDeadline.map({ next < $0 }) ?? true, let loopBound else { return }
        timer?.cancel()
        timerDeadline = next
        timer = loop.eventLoop.scheduleTask(in: TimeAmount(max(next - now, .zero))) {
            loopBound.value.timerFired()
        }
    }

    /// Takes the timer back for good.
    func cancelTimer() {
        timer?.cancel()
        timer = nil
        timerDeadline = nil
    }

    private func timerFired() {
        timer = nil
        timerDeadline = nil
        readClock()
        switch machine.tick(now, unsent: writer.unsent, taken: writer.taken) {
        case nil:
            break
        case .idle:
            count("idle")
            closeAfterOutput()
        case .head:
            if input.readableBytes > 0 || !parser.isIdle {
                refuse(.requestTimeout, "the request took too long to arrive")
            } else {
                count("silent")
                closeAfterOutput()
            }
        case .body:
            refuse(.requestTimeout, "the body took too long to arrive")
        case .handler:
            count("handler")
            guard let exchange else { break }
            logger.warning("a handler exceeded its time", metadata: ["holdfast.path": "\(exchange.loggedPath)"])
            cancelHandler()
            respond(.text("the server took too long\n", status: .serviceUnavailable), to: exchange.id)
        case .write:
            count("write")
            abort()
        case .linger:
            context?.channel.closeNow()
        }
        serve()
        settle()
    }

    /// Counts a connection that a deadline ended.
    private func count(_ deadline: String) {
        Counter(label: "holdfast_http_timeouts_total", dimensions: [("deadline", deadline)]).increment()
    }
}

/// A WebSocket among the members of its loop.
private final class UpgradedConnection: LoopMember {
    private let connection: MessageConnection
    private let channel: any Channel
    private let closesOnDrain: Bool

    init(_ connection: MessageConnection, _ channel: any Channel, closesOnDrain: Bool) {
        self.connection = connection
        self.channel = channel
        self.closesOnDrain = closesOnDrain
    }

    func pressureBegan() {
        // A WebSocket is not idle: it answers pings.
    }

    func drain() {
        if closesOnDrain { connection.close(.goingAway, reason: "the server is shutting down") }
    }

    func closeAtOnce() {
        channel.closeNow()
    }
}
