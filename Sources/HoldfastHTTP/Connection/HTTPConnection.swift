// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HoldfastTransport
import Logging
import Metrics
package import NIOCore

/// One HTTP/1.1 connection of the server: bytes in, bytes out.
///
/// The parser, the exchange under way and the deadlines are state machines; this handler feeds them and does what they say. One
/// request is handled at a time: bytes of the next wait unparsed, and beyond a bound reading stops, so answers keep the order of the
/// requests and a flood of them costs no more than that bound.
package final class HTTPConnection: ChannelDuplexHandler, RemovableChannelHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    let responder: any HTTPResponder
    let server: ServerContext
    let loop: LoopContext
    let peer: Peer
    private let gate: ConnectionGate?
    /// How long an idle connection is kept while connections are nearly used up.
    private static let pressedKeepAlive = Duration.seconds(5)
    /// The largest output buffer that is kept between requests.
    static let keptOutput = 32 << 10

    var parser: RequestParser
    var input = ByteBuffer()
    var output = ByteBuffer()
    var exchange: Exchange?
    var deadlines: ConnectionDeadlines
    var now: Duration

    var context: ChannelHandlerContext?
    private(set) var loopBound: NIOLoopBound<HTTPConnection>?
    private var nextExchangeID: UInt64 = 0
    private var requestCount = 0
    var timer: Scheduled<Void>?
    var timerDeadline: Duration?
    private var isProcessing = false
    /// The task that runs this connection's handlers, and whether it waits for the next request now.
    private var workTask: Task<Void, Never>?
    private var takesNextWork = false
    private var nextWork: Work?
    /// Inside `channelRead`: output is written at `channelReadComplete`.
    private(set) var inReadPass = false
    private var readWanted = false
    /// The peer sends no more.
    private(set) var inputEnded = false
    /// The last response is on its way; input is discarded.
    private(set) var isClosing = false
    private var lingeringBudget = 64 << 10
    private var isDraining = false
    var bufferedAtStall = 0

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
        self.parser = RequestParser(limits: RequestParserLimits(server.limits.http))
        self.now = Duration.zero
        self.deadlines = ConnectionDeadlines(limits: server.limits.http, acceptedAt: .zero)
    }

    private var limits: Limits.HTTP { server.limits.http }
    var logger: Logger { server.logger }

    // MARK: Channel events

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loopBound = NIOLoopBound(self, eventLoop: context.eventLoop)
        readClock()
        deadlines = ConnectionDeadlines(limits: server.limits.http, acceptedAt: now)
        // Strong, until `handlerRemoved`: a weak reference would slow every other one down.
        loop.register(self, drain: { self.drain() }, close: { self.abort() })
        armTimer()
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        cancelTimer()
        loop.unregister(self)
        self.context = nil
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        guard !isClosing else {
            lingeringBudget -= bytes.readableBytes
            if lingeringBudget <= 0 { context.close(promise: nil) }
            return
        }
        inReadPass = true
        readClock()
        if input.readableBytes == 0 {
            swap(&input, &bytes)
        } else {
            input.writeBuffer(&bytes)
        }
        process()
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
        readClock()
        bufferedAtStall = bufferedBytes
        deadlines.writeProgressed(now, pending: !writable)
        armTimer()
        exchange?.stream?.setWritable(writable)
        context.fireChannelWritabilityChanged()
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed {
            inputEnded = true
            peerStoppedSending()
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    package func channelInactive(context: ChannelHandlerContext) {
        abandonExchange()
        workTask = nil
        cancelTimer()
        context.fireChannelInactive()
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        logger.debug("connection failed", metadata: ["holdfast.error": "\(error)"])
        context.close(promise: nil)
    }

    // MARK: Requests

    /// Parses what has arrived, as far as the exchange under way allows.
    func process() {
        guard !isProcessing else { return }
        isProcessing = true
        defer { isProcessing = false }
        while !isClosing {
            if let exchange {
                if exchange.bodyComplete { break }
                if exchange.body?.isFull == true, !exchange.responseComplete { break }
            }
            switch parser.next(&input) {
            case .needMoreData:
                waitForInput()
                return
            case .head(let head):
                begin(head)
            case .body(let piece):
                deadlines.bodyBytesArrived(piece.readableBytes)
                bodyArrived(piece)
            case .end:
                bodyEnded()
            case .failure(let error):
                parseFailed(error)
            }
        }
        if let exchange, !exchange.started { start(exchange, body: .stream(bodyStream(of: exchange))) }
        updateReading()
    }

    private func waitForInput() {
        if let exchange {
            if !exchange.started { start(exchange, body: .stream(bodyStream(of: exchange))) }
        } else if input.readableBytes > 0 || !parser.isIdle {
            deadlines.headBytesArrived(now)
        }
        if inputEnded { peerStoppedSending() }
        updateReading()
    }

    private func begin(_ head: RequestHead) {
        let routed = responder.route(head)
        parser.setBodyLimit(routed.bodyLimit)
        nextExchangeID &+= 1
        requestCount += 1
        let exchange = Exchange(id: nextExchangeID, head: head, route: routed.route, parameters: routed.parameters)
        if isDraining || requestCount >= limits.requestsPerConnection ?? .max { exchange.keepAlive = false }
        self.exchange = exchange
        deadlines.headEnded(now, hasBody: !exchange.bodyComplete, timeout: routed.timeout)
        if !exchange.bodyComplete, let coding = head.value(.contentEncoding), coding.lowercased() != "identity" {
            if routed.route.options.decompressesBody {
                exchange.inflater = BodyInflater(
                    coding: coding,
                    limit: routed.bodyLimit,
                    ratio: limits.decompressionRatio
                )
            }
            if exchange.inflater == nil { refuse(.unsupportedMediaType, "a body in this coding is not accepted") }
        }
        if head.framing == .none, case .end = parser.next(&input) {
            start(exchange, body: .collected(ByteBuffer()))
        }
    }

    private func bodyArrived(_ piece: ByteBuffer) {
        guard let exchange else { return }
        do {
            let bytes = try exchange.inflater?.inflate(piece) ?? piece
            if exchange.started || exchange.firstPiece != nil || exchange.body != nil {
                bodyStream(of: exchange).append(bytes)
            } else if bytes.readableBytes > 0 {
                exchange.firstPiece = bytes
            }
        } catch .tooLarge {
            refuse(.contentTooLarge, "the decompressed body is too large")
        } catch {
            refuse(.badRequest, "the compressed body is malformed")
        }
    }

    /// The body as a stream, from now on.
    private func bodyStream(of exchange: Exchange) -> BodyStream {
        if let body = exchange.body { return body }
        let id = exchange.id
        let loopBound = loopBound
        let eventLoop = loop.eventLoop
        let body = BodyStream {
            eventLoop.executeOrRun { loopBound?.value.bodyWanted(id) }
        }
        if let piece = exchange.firstPiece.take() { body.append(piece) }
        exchange.body = body
        return body
    }

    private func bodyEnded() {
        deadlines.bodyEnded()
        guard let exchange else { return }
        if let inflater = exchange.inflater, !inflater.isComplete {
            refuse(.badRequest, "the compressed body is cut short")
            return
        }
        exchange.bodyComplete = true
        exchange.body?.finish()
        if exchange.responseComplete {
            exchangeEnded()
        } else if !exchange.started {
            let whole = exchange.firstPiece.take() ?? exchange.body?.takeWhole()
            start(exchange, body: .collected(whole ?? ByteBuffer()))
        }
    }

    /// Runs the handler, on this loop unless its route wants the pool; one that does not suspend has answered on return.
    private func start(_ exchange: Exchange, body: RequestBody.Storage) {
        exchange.started = true
        guard let loopBound else { return }
        let route = exchange.route
        let work = Work(
            id: exchange.id,
            handler: route.handler,
            request: Request(head: exchange.head, body: RequestBody(body), peer: peer),
            context: RequestContext(parameters: exchange.parameters, server: server)
        )
        if let immediate = route.immediate, case .collected = body, let response = work.run(immediate, responder) {
            respond(response, to: work.id)
            return
        }
        let responder = responder
        if route.options.runsOnGlobalPool {
            let eventLoop = loop.eventLoop
            exchange.task = Task {
                let response = await work.run(responder)
                eventLoop.execute { loopBound.value.respond(response, to: work.id) }
            }
        } else if takesNextWork {
            exchange.task = workTask
            nextWork = work
        } else {
            let task = startTask(on: loop.executor) {
                // One task serves request after request as long as they are here already: making a task costs as much as
                // answering a small request.
                var work = work
                while true {
                    let response = await work.run(responder)
                    guard let next = loopBound.value.finish(response, of: work.id) else { return }
                    work = next
                }
            }
            workTask = task
            if let running = self.exchange, running.started, !running.responded, running.task == nil {
                running.task = task
            }
        }
    }

    /// Takes the answer of the task that runs handlers here, and gives it the next request if there is one.
    private func finish(_ response: Response, of id: UInt64) -> Work? {
        // A task that was cancelled for one request must not serve another.
        takesNextWork = !Task.isCancelled
        defer { takesNextWork = false }
        respond(response, to: id)
        if takesNextWork, isProcessing, exchange == nil {
            // Inside the parsing that began this task: go on with it from here, so that the next request is found before the
            // task ends.
            isProcessing = false
            process()
            isProcessing = true
        }
        defer { nextWork = nil }
        return nextWork
    }

    /// A request and what handles it.
    private struct Work: Sendable {
        let id: UInt64
        let handler: Handler
        let request: Request
        let context: RequestContext

        func run(_ immediate: ImmediateHandler, _ responder: any HTTPResponder) -> Response? {
            do {
                return try immediate(request, context)
            } catch {
                return responder.response(to: error, for: request, context: context)
            }
        }

        func run(_ responder: any HTTPResponder) async -> Response {
            do {
                return try await handler(request, context)
            } catch {
                return responder.response(to: error, for: request, context: context)
            }
        }
    }

    /// The handler waits for the body: sends the `100 Continue` it owes, and parses on.
    private func bodyWanted(_ id: UInt64) {
        guard let exchange, exchange.id == id, !isClosing else { return }
        if exchange.owesContinue, !exchange.responded {
            exchange.owesContinue = false
            output.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n")
            if !inReadPass { flushOutput() }
        }
        guard !isProcessing else { return }
        readClock()
        process()
        if !inReadPass { flushOutput() }
        armTimer()
    }

    private func parseFailed(_ error: RequestParseError) {
        refuse(error.status, error.message)
    }

    /// The request under way, or the one being parsed, cannot be served, and nothing after it can be trusted.
    func refuse(_ status: HTTPResponse.Status, _ reason: String) {
        logger.debug("request refused", metadata: ["holdfast.reason": "\(reason)"])
        Counter(label: "holdfast_http_refused_total", dimensions: [("status", "\(status.code)")]).increment()
        guard let exchange else {
            writeError(status, reason)
            return
        }
        guard !exchange.responseComplete else {
            // Answered already: what is wrong with the rest of its body concerns nobody.
            closeAfterOutput()
            return
        }
        exchange.body?.fail(HTTPError(status, message: reason))
        exchange.bodyComplete = true
        exchange.started = true
        exchange.keepAlive = false
        if exchange.responded {
            // The response is under way; what it is worth without the rest of its request, its handler knows.
            return
        }
        exchange.task?.cancel()
        respond(.text(reason + "\n", status: status), to: exchange.id)
    }

    // MARK: The end of an exchange

    /// The response is complete: goes on with the next request, or closes.
    func exchangeEnded() {
        guard let exchange else { return }
        exchange.responseComplete = true
        exchange.task = nil
        exchange.stream?.ended(.finished)
        exchange.stream = nil
        guard exchange.keepAlive, !(inputEnded && input.readableBytes == 0) else {
            exchange.body?.abandon()
            self.exchange = nil
            closeAfterOutput()
            return
        }
        guard exchange.bodyComplete else {
            // What is left of the body is short, as `respond` made sure: it is read and dropped.
            exchange.body?.abandon()
            if !isProcessing { process() }
            return
        }
        self.exchange = nil
        if isDraining, input.readableBytes == 0 {
            closeAfterOutput()
            return
        }
        deadlines.keepAlive =
            gate?.isUnderPressure == true ? min(Self.pressedKeepAlive, limits.keepAlive) : limits.keepAlive
        deadlines.becameIdle(now)
        if !isProcessing, !isClosing {
            if input.readableBytes > 0 { process() } else { updateReading() }
        }
    }

    /// Sends what is left, then closes; input that still arrives is read a little while, lest a reset destroy the answer.
    func closeAfterOutput() {
        guard !isClosing, let context else { return }
        isClosing = true
        input = ByteBuffer()
        flushOutput()
        cancelTimer()
        if inputEnded {
            context.close(promise: nil)
            return
        }
        context.close(mode: .output, promise: nil)
        lingerThenClose()
        updateReading()
    }

    /// The client's sending side is closed: what it asked for is still answered, then the connection ends.
    private func peerStoppedSending() {
        guard let context else { return }
        if isClosing {
            context.close(promise: nil)
            return
        }
        guard let exchange else {
            if input.readableBytes > 0 || !parser.isIdle, !isProcessing {
                writeError(.badRequest, "the request is incomplete")
            }
            isClosing = true
            flushOutput()
            context.close(promise: nil)
            return
        }
        exchange.keepAlive = exchange.keepAlive && input.readableBytes > 0
        if !exchange.bodyComplete {
            exchange.body?.fail(CancellationError())
        }
        // A client that closes both ways looks the same from here. The handler is told; an answer it still gives is sent.
        exchange.task?.cancel()
        if exchange.stream != nil {
            abandonExchange()
            context.close(promise: nil)
        }
    }

    /// The client is gone.
    private func abandonExchange() {
        guard let exchange else { return }
        self.exchange = nil
        exchange.task?.cancel()
        exchange.body?.fail(CancellationError())
        exchange.stream?.ended(.broken)
    }

    /// The server shuts down: an idle connection closes now, a busy one after its answer.
    private func drain() {
        guard !isDraining else { return }
        isDraining = true
        if let exchange {
            exchange.keepAlive = false
        } else if input.readableBytes == 0, parser.isIdle {
            closeAfterOutput()
        }
    }

    // MARK: Output

    /// Writes what has gathered, and keeps the buffer for the next time if it is no larger than `capacity` and nobody holds it.
    func flushOutput(keeping capacity: Int = HTTPConnection.keptOutput) {
        guard output.readableBytes > 0, let context else { return }
        context.writeAndFlush(wrapOutboundOut(output), promise: nil)
        if output.storageCapacity <= capacity { output.clear() } else { output = ByteBuffer() }
    }

    /// Writes what has gathered unless the read under way will.
    func flushUnlessReading() {
        if !inReadPass { flushOutput() }
    }

    /// Cuts the connection without ceremony.
    func abort() {
        context?.close(promise: nil)
    }

    /// Hands the connection to another protocol: `handler` takes this one's place and gets the bytes not yet read.
    func replace(with handler: any ChannelHandler) {
        guard let context else { return }
        isClosing = true
        flushOutput()
        let rest = input
        input = ByteBuffer()
        exchange = nil
        let channel = context.channel
        do {
            try context.pipeline.syncOperations.addHandler(handler, position: .after(self))
        } catch {
            context.close(promise: nil)
            return
        }
        if rest.readableBytes > 0 {
            context.fireChannelRead(NIOAny(rest))
            context.fireChannelReadComplete()
        }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
        channel.read()
    }

    var channel: (any Channel)? { context?.channel }

    // MARK: Reading

    /// Bytes of further requests that may wait while one is answered.
    private var mayRead: Bool {
        guard !isClosing, let exchange else { return true }
        if !exchange.bodyComplete { return exchange.responseComplete || exchange.body?.isFull != true }
        return input.readableBytes < limits.pipelined
    }

    func updateReading() {
        if readWanted, mayRead {
            readWanted = false
            context?.read()
        } else if let exchange, !exchange.bodyComplete, !mayRead {
            deadlines.bodyPaused()
        }
    }
}

@available(*, unavailable)
extension HTTPConnection: Sendable {}
