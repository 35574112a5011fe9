// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HoldfastTransport
import Logging
package import NIOCore
import NIOSSL

/// One HTTP/1.1 connection of the server: bytes in, bytes out.
///
/// ``RequestParser`` and ``ConnectionStateMachine`` decide; this handler feeds them and does what they say. Input that may not be looked
/// at yet waits unparsed, and beyond a bound reading stops.
package final class HTTPConnection: ChannelDuplexHandler, RemovableChannelHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    /// Output that gathers before it is sent within one read.
    private static let outputBatch = 64 << 10
    /// The largest output buffer that is kept between requests.
    private static let keptOutput = 32 << 10

    let responder: any HTTPResponder
    let server: ServerContext
    let loop: LoopContext
    let peer: Peer
    let gate: ConnectionGate?

    var parser: RequestParser
    var machine: ConnectionStateMachine
    let writer = ConnectionWriter()
    var input = ByteBuffer()
    var output = ByteBuffer()
    var exchange: Exchange?
    var handlerTask = HandlerTask()
    var now: Duration = .zero

    private(set) var context: ChannelHandlerContext?
    private(set) var loopBound: NIOLoopBound<HTTPConnection>?
    var nextExchangeID: UInt64 = 0
    var timer: Scheduled<Void>?
    var timerDeadline: Duration?
    /// Requests are being served further up the stack, where the next one will be looked for.
    var isServing = false
    /// Inside `channelRead`: output is sent at `channelReadComplete`.
    private(set) var inReadPass = false
    private var readWanted = false
    private var turn = Turn()

    package init(
        responder: any HTTPResponder,
        server: ServerContext,
        loop: LoopContext,
        peer: Peer,
        gate: ConnectionGate? = nil
    ) {
        self.responder = responder
        self.gate = gate
        self.server = server
        self.loop = loop
        self.peer = peer
        parser = RequestParser(limits: server.limits.http)
        machine = ConnectionStateMachine(limits: server.limits.http, acceptedAt: .zero)
    }

    var logger: Logger { server.logger }

    // MARK: Channel events

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let loopBound = NIOLoopBound(self, eventLoop: context.eventLoop)
        self.loopBound = loopBound
        readClock()
        machine = ConnectionStateMachine(limits: server.limits.http, acceptedAt: now)
        writer.attach(context, sendsDirectly: !peer.isSecure) { [unowned self] in outputChanged(isBehind: $0) }
        loop.register(self)
        armTimer()
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        cancelTimer()
        loop.unregister(self)
        writer.detach(context)
        self.context = nil
        // It holds this handler, which would otherwise hold itself.
        loopBound = nil
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        switch machine.received(bytes.readableBytes) {
        case .parse: break
        case .drop: return
        case .close:
            context.channel.closeNow()
            return
        }
        if !inReadPass {
            inReadPass = true
            readClock()
            if !turn.isOver { turn.begin(now) }
        }
        if input.readableBytes == 0 {
            swap(&input, &bytes)
        } else {
            input.writeBuffer(&bytes)
        }
        serve()
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
        exchange?.stream?.setWritable(writable)
        context.fireChannelWritabilityChanged()
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed {
            inputEnded()
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    package func channelInactive(context: ChannelHandlerContext) {
        abandonExchange()
        machine.end()
        cancelTimer()
        context.fireChannelInactive()
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The end of input without TLS's own good-bye; what came before it is whole or not by HTTP's own rules, and the event follows.
        if let error = error as? NIOSSLError, error == .uncleanShutdown { return }
        logger.debug("connection failed", metadata: ["holdfast.error": "\(error)"])
        context.channel.closeNow()
    }

    // MARK: Serving

    /// Serves what has arrived, as far as the machine allows.
    func serve() {
        guard !isServing else { return }
        isServing = true
        while let work = nextWork() { run(work) }
        isServing = false
        settle()
    }

    /// Parses up to the next request that needs its handler.
    func nextWork() -> HandlerWork? {
        while machine.mayParse {
            guard !turn.isLookDue || input.readableBytes == 0 || turn.hasRoom(readClock()) else {
                endTurn()
                break
            }
            if output.readableBytes >= Self.outputBatch {
                // The socket may turn out to be behind.
                flushOutput()
                continue
            }
            let work: HandlerWork?
            switch parser.next(&input) {
            case .head(let head):
                turn.spend()
                work = begin(head)
            case .body(let piece): work = bodyArrived(piece)
            case .end: work = bodyEnded()
            case .failure(let error):
                refuse(error.status, error.message)
                work = nil
            case .needMoreData:
                let work = starved()
                updateReading()
                return work
            }
            if let work { return work }
        }
        updateReading()
        return nil
    }

    /// Runs a handler, on this loop unless its route wants the pool; one that does not suspend has answered on return.
    private func run(_ work: HandlerWork) {
        guard let loopBound else { return }
        let responder = responder
        if work.route.options.runsOnGlobalPool {
            let eventLoop = loop.eventLoop
            exchange?.task = Task {
                let response = await work.run(responder)
                eventLoop.execute {
                    loopBound.value.respond(response, to: work.id)
                    loopBound.value.serve()
                }
            }
            return
        }
        let number = handlerTask.begin()
        let task = startTask(on: loop.executor) {
            var next: HandlerWork? = work
            while let work = next {
                let response = await work.run(responder)
                next = loopBound.value.finish(response, of: work.id, task: number)
            }
        }
        handlerTask.began(task, number)?.cancel()
    }

    /// Takes the answer of a handler that ran here, and gives its task the next request if there is one.
    private func finish(_ response: Response, of id: UInt64, task number: UInt64) -> HandlerWork? {
        let isInside = isServing
        isServing = true
        respond(response, to: id)
        let next = handlerTask.isCurrent(number) ? nextWork() : nil
        isServing = isInside
        if next == nil {
            handlerTask.ended(number)
            // What this task may not serve, another does.
            serve()
        } else if !inReadPass {
            flushOutput()
        }
        return next
    }

    /// Lets the other connections of the loop go first.
    private func endTurn() {
        guard let loopBound else { return }
        turn.end(on: loop.executor) {
            let connection = loopBound.value
            connection.readClock()
            connection.turn.begin(connection.now)
            connection.serve()
        }
    }

    private var mayRead: Bool { !turn.isOver && machine.mayRead(waiting: input.readableBytes) }

    /// Reads on if that was put off and may be now.
    private func updateReading() {
        guard readWanted, mayRead else { return }
        readWanted = false
        context?.read()
    }

    // MARK: Output

    /// Sends what has gathered.
    func flushOutput(keeping capacity: Int = HTTPConnection.keptOutput) {
        guard output.readableBytes > 0 else { return }
        var bytes = ByteBuffer()
        swap(&bytes, &output)
        let spare = writer.send(consume bytes, keeping: capacity)
        if output.readableBytes == 0 { output = spare }
    }

    /// Sends what has gathered, and then a body that is too long to be copied.
    func flushOutput(followedBy body: ByteBuffer) {
        var head = ByteBuffer()
        swap(&head, &output)
        writer.send(consume head, followedBy: body)
    }

    /// Sends what has gathered unless the read under way will, and sets the timer.
    func settle() {
        guard !inReadPass else { return }
        flushOutput()
        armTimer()
    }

    private func outputChanged(isBehind: Bool) {
        readClock()
        if isBehind {
            machine.outputIsBehind(now, taken: writer.taken)
            if !inReadPass { armTimer() }
        } else {
            perform(machine.outputCaughtUp(now))
        }
    }

    /// Does what the state of the output asks for.
    func perform(_ action: ConnectionStateMachine.Output) {
        switch action {
        case .nothing: break
        case .parse: serve()
        case .closeOutput:
            context?.close(mode: .output, promise: nil)
            updateReading()
            armTimer()
        }
    }
}

@available(*, unavailable)
extension HTTPConnection: Sendable {}
