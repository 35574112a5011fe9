// SPDX-License-Identifier: Apache-2.0
package import HoldfastTransport
package import NIOCore

/// Runs ``WebSocketStateMachine`` on a channel and joins it to a ``MessageConnection``.
package final class WebSocketHandler: ChannelDuplexHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    /// Payloads up to this size are copied behind their frame's head; longer ones of a server are sent as they are.
    private static let copiedPayload = 16 << 10
    /// Output that gathers before it is sent within one drain.
    private static let outputBatch = 64 << 10
    /// The largest output buffer that is kept between messages.
    private static let keptOutput = 16 << 10

    /// The connection whose messages this handler carries.
    package let connection: MessageConnection

    private let role: WebSocketRole
    private let link: WebSocketLink
    private let writer: ConnectionWriter
    private let sendsDirectly: Bool
    private var machine: WebSocketStateMachine
    private var context: ChannelHandlerContext?
    /// Bytes that wait for the connection's next turn.
    private var input = ByteBuffer()
    private var output = ByteBuffer()
    private var turn = Turn()
    private var now: Duration
    private var inReadPass = false
    private var isDraining = false
    private var flushScheduled = false
    private var isReading = true
    private var readWanted = false
    /// Everything has been said; the connection closes when the peer has it.
    private var closesWhenSent = false
    /// What the application closed with.
    private var localReason: CloseReason?
    private var timer: Scheduled<Void>?
    private var timerDeadline: Duration?
    private var stall: StallClock
    private var maskGenerator = SystemRandomNumberGenerator()

    /// Creates the handler of an upgraded connection; on the connection's loop.
    ///
    /// - Parameters:
    ///   - writer: The output of the protocol before this one, which may still have some of it.
    ///   - sendsDirectly: Whether nothing stands between this handler and the socket.
    package init(
        role: WebSocketRole,
        limits: Limits.WebSocket,
        info: ConnectionInfo,
        executor: LoopExecutor,
        writer: ConnectionWriter = ConnectionWriter(),
        sendsDirectly: Bool = false,
        now: Duration
    ) {
        self.role = role
        self.now = now
        self.writer = writer
        self.sendsDirectly = sendsDirectly
        stall = StallClock(timeout: limits.sendTimeout)
        link = WebSocketLink(executor: executor)
        connection = MessageConnection(
            transport: .webSocket,
            info: info,
            link: link,
            outbound: limits.outbound,
            rate: limits.rate
        )
        machine = WebSocketStateMachine(role: role, limits: WebSocketLimits(limits), now: now)
        link.handler.value = self
    }

    // MARK: Channel events

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        writer.attach(context, sendsDirectly: sendsDirectly) { [unowned self] in outputChanged(isBehind: $0) }
        readClock()
        if writer.isBehind { stall.start(now, taken: writer.taken) }
        armTimer()
        drain()
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        ended()
        writer.detach(context)
        self.context = nil
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if input.readableBytes == 0 { input = bytes } else { input.writeBuffer(&bytes) }
        if !inReadPass {
            inReadPass = true
            readClock()
            if !turn.isOver { turn.begin(now) }
        }
        takeInput()
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        inReadPass = false
        flushOutput()
        armTimer()
        context.fireChannelReadComplete()
    }

    package func read(context: ChannelHandlerContext) {
        if mayRead { context.read() } else { readWanted = true }
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        let writable = context.channel.isWritable
        if let action = machine.writabilityChanged(writable) { perform(action) }
        if writable { drain() }
        context.fireChannelWritabilityChanged()
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // A WebSocket has no use for a peer that only listens: the end of its input ends the connection (RFC 6455 §7.1.1).
        if let event = event as? ChannelEvent, event == .inputClosed {
            if !closesWhenSent { context.channel.closeNow() }
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    package func channelInactive(context: ChannelHandlerContext) {
        ended()
        context.fireChannelInactive()
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.channel.closeNow()
    }

    private func ended() {
        timer?.cancel()
        timer = nil
        input = ByteBuffer()
        let status = machine.transportClosed()
        connection.linkClosed(localReason ?? CloseReason(status))
        link.handler.value = nil
    }

    // MARK: Input

    /// Takes what has arrived, up to the end of the turn.
    private func takeInput(toEnd: Bool = false) {
        var bytes = input
        input = ByteBuffer()
        while toEnd || !turn.isLookDue || turn.hasRoom(readClock()) {
            guard let action = machine.receive(&bytes, now: now) else { return }
            if case .message = action { turn.spend() }
            perform(action)
        }
        guard bytes.readableBytes > 0 else { return }
        input = bytes
        turn.end(on: link.loopExecutor) { [handler = link.handler] in handler.value?.beginTurn() }
    }

    private func beginTurn() {
        readClock()
        turn.begin(now)
        takeInput()
        flushOutput()
        armTimer()
        updateReading()
    }

    private var mayRead: Bool { isReading && input.readableBytes == 0 }

    private func updateReading() {
        guard readWanted, mayRead else { return }
        readWanted = false
        context?.read()
    }

    // MARK: Actions

    private func perform(_ action: WebSocketStateMachine.Action) {
        switch action {
        case .message(let text, let payload):
            connection.receive(text ? Message(text: payload) : Message(binary: payload))
        case .sendPing(let payload):
            write(.ping, payload)
        case .sendPong(let payload):
            write(.pong, payload)
        case .sendClose(let status):
            FrameEncoder.write(close: status, maskKey: makeMask(), into: &output)
        case .peerClosed(let status, let reply):
            if let reply { FrameEncoder.write(close: reply, maskKey: makeMask(), into: &output) }
            flushOutput()
            if role == .server {
                // What the operating system has, it delivers; what it has not, it would not.
                if writer.isBehind { waitUntilSent() } else { closeOutput() }
            }
            connection.linkClosed(localReason ?? CloseReason(status))
        case .fail(let status, let sendFrame):
            if sendFrame { FrameEncoder.write(close: status, maskKey: makeMask(), into: &output) }
            flushOutput()
            closeOutput()
            connection.linkClosed(CloseReason(status))
        case .closeTransport:
            if writer.unsent > 0 { waitUntilSent() } else { context?.channel.closeNow() }
        }
        if !inReadPass { flushOutput() }
    }

    /// Sends the end of output; where that is impossible the whole connection closes.
    ///
    /// The peer closes in turn, or the machine's deadline does.
    private func closeOutput() {
        guard let context else { return }
        let promise = context.eventLoop.makePromise(of: Void.self)
        let handler = link.handler
        promise.futureResult.whenFailure { _ in handler.value?.context?.channel.closeNow() }
        context.close(mode: .output, promise: promise)
    }

    /// Closes once the peer has taken what was sent; one that does not take it is cut off by the stall clock.
    private func waitUntilSent() {
        closesWhenSent = true
        stall.start(now, taken: writer.taken)
        armTimer()
    }

    // MARK: Output

    /// Sends what the connection has queued, as long as the peer keeps up.
    fileprivate func drain() {
        guard !isDraining, let context else { return }
        isDraining = true
        defer { isDraining = false }
        // What had arrived when the application closed comes first, whosever turn it is.
        if input.readableBytes > 0, connection.closeReason != nil { takeInput(toEnd: true) }
        while true {
            guard context.channel.isWritable else { break }
            switch connection.takeOutbound() {
            case .message(let message):
                write(message.kind == .text ? .text : .binary, message.payload)
                if output.readableBytes >= Self.outputBatch { flushOutput() }
                continue
            case .close(let reason):
                localReason = reason
                readClock()
                let status = CloseStatus(code: reason.code.rawValue, reason: reason.text)
                if let action = machine.close(status, now: now) { perform(action) }
                flushOutput()
                armTimer()
            case .idle:
                break
            }
            break
        }
        scheduleFlush()
    }

    private func write(_ opcode: FrameOpcode, _ payload: ByteBuffer) {
        if role == .client || payload.readableBytes <= Self.copiedPayload {
            FrameEncoder.write(opcode, payload: payload, maskKey: makeMask(), into: &output)
        } else {
            let header = FrameHeader(opcode: opcode, payloadLength: payload.readableBytes)
            FrameEncoder.write(header: header, into: &output)
            var head = ByteBuffer()
            swap(&head, &output)
            writer.send(consume head, followedBy: payload)
        }
    }

    private func makeMask() -> MaskKey? {
        role == .client ? MaskKey(random: maskGenerator.next()) : nil
    }

    private func flushOutput() {
        guard output.readableBytes > 0 else { return }
        var bytes = ByteBuffer()
        swap(&bytes, &output)
        let spare = writer.send(consume bytes, keeping: Self.keptOutput)
        if output.readableBytes == 0 { output = spare }
    }

    private func outputChanged(isBehind: Bool) {
        readClock()
        if isBehind {
            stall.start(now, taken: writer.taken)
            if !inReadPass { armTimer() }
        } else if !closesWhenSent {
            stall.stop()
        }
    }

    /// Flushes at the end of this tick, so that messages sent together leave together.
    private func scheduleFlush() {
        guard !inReadPass, !flushScheduled, output.readableBytes > 0, let context else { return }
        flushScheduled = true
        let handler = link.handler
        context.eventLoop.execute {
            guard let self = handler.value else { return }
            self.flushScheduled = false
            self.flushOutput()
        }
    }

    // MARK: Reading and time

    fileprivate func setReading(_ reading: Bool) {
        guard reading != isReading else { return }
        isReading = reading
        readClock()
        machine.readingChanged(reading, now: now)
        armTimer()
        updateReading()
    }

    @discardableResult
    private func readClock() -> Duration {
        guard let context else { return now }
        now = .nanoseconds(Int64(clamping: context.eventLoop.now.uptimeNanoseconds))
        return now
    }

    private func armTimer() {
        guard let context else { return }
        var next = machine.nextDeadline
        if let look = stall.next { next = min(next ?? look, look) }
        guard let next, timerDeadline.map({ next < $0 }) ?? true else { return }
        timer?.cancel()
        timerDeadline = next
        let handler = link.handler
        timer = context.eventLoop.scheduleTask(in: TimeAmount(max(next - now, .zero))) {
            handler.value?.timerFired()
        }
    }

    private func timerFired() {
        timerDeadline = nil
        readClock()
        while let action = machine.tick(now: now) { perform(action) }
        if stall.isRunning { checkProgress() }
        armTimer()
    }

    private func checkProgress() {
        if closesWhenSent, writer.unsent == 0 {
            context?.channel.closeNow()
        } else if stall.tick(now, taken: writer.taken) {
            // Nothing can be sent on a full socket, not even a close.
            connection.linkClosed(CloseReason(.slowConsumer, "messages were not read"))
            context?.channel.reset()
        }
    }
}

@available(*, unavailable)
extension WebSocketHandler: Sendable {}

/// Carries the connection's calls to the handler's loop.
private final class WebSocketLink: MessageLink {
    let loopExecutor: LoopExecutor
    let handler: NIOLoopBoundBox<WebSocketHandler?>

    init(executor: LoopExecutor) {
        self.loopExecutor = executor
        handler = .makeEmptyBox(valueType: WebSocketHandler.self, eventLoop: executor.eventLoop)
    }

    var executor: (any TaskExecutor)? { loopExecutor }

    func outboundReady() {
        onLoop { $0.drain() }
    }

    func setReading(_ reading: Bool) {
        onLoop { $0.setReading(reading) }
    }

    private func onLoop(_ action: @escaping @Sendable (WebSocketHandler) -> Void) {
        if loopExecutor.eventLoop.inEventLoop {
            if let handler = handler.value { action(handler) }
        } else {
            loopExecutor.eventLoop.execute { [handler] in
                if let handler = handler.value { action(handler) }
            }
        }
    }
}

extension CloseReason {
    init(_ status: CloseStatus) {
        self.init(CloseCode(rawValue: status.code), status.reason)
    }
}

extension WebSocketLimits {
    init(_ limits: Limits.WebSocket) {
        self.init(
            maxMessageBytes: limits.message,
            maxFrameBytes: limits.frame,
            maxFragments: limits.fragments,
            messageDeadline: limits.messageTimeout,
            controlFramesPerSecond: limits.controlFrames,
            controlBurst: limits.controlBurst,
            pingAfterSilence: limits.pingInterval,
            pongTimeout: limits.pongTimeout,
            closeTimeout: limits.closeTimeout
        )
    }
}
