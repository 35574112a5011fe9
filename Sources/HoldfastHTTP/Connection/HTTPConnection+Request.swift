// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HoldfastTransport
import Logging
import Metrics
import NIOCore

/// From a head to its handler.
extension HTTPConnection {
    /// Routes a request; one without a body is ready for its handler.
    func begin(_ head: RequestHead) -> HandlerWork? {
        let routed = responder.route(head)
        parser.setBodyLimit(routed.bodyLimit)
        nextExchangeID &+= 1
        let exchange = Exchange(id: nextExchangeID, head: head, route: routed.route, parameters: routed.parameters)
        self.exchange = exchange
        let hasBody = head.framing != .none
        machine.headArrived(
            .init(
                hasBody: hasBody,
                keepAlive: head.keepAlive,
                expectsContinue: head.expectContinue,
                timeout: routed.timeout
            ),
            now
        )
        guard hasBody else {
            guard case .end = parser.next(&input) else { return nil }
            return work(for: exchange, .collected(ByteBuffer()))
        }
        if let coding = head.value(.contentEncoding), coding.lowercased() != "identity" {
            if routed.route.options.decompressesBody {
                exchange.inflater = BodyInflater(
                    coding: coding,
                    limit: routed.bodyLimit,
                    ratio: server.limits.http.decompressionRatio
                )
            }
            if exchange.inflater == nil { refuse(.unsupportedMediaType, "a body in this coding is not accepted") }
        }
        return nil
    }

    /// Keeps a piece of the body for the handler, which has to start when that is as much as may wait.
    func bodyArrived(_ piece: ByteBuffer) -> HandlerWork? {
        machine.bodyArrived(piece.readableBytes, now)
        guard let exchange else { return nil }
        do {
            let bytes = try exchange.inflater?.inflate(piece) ?? piece
            if exchange.firstPiece == nil, exchange.body == nil {
                if bytes.readableBytes > 0 { exchange.firstPiece = bytes }
            } else {
                stream(of: exchange).append(bytes)
            }
        } catch .tooLarge {
            refuse(.contentTooLarge, "the decompressed body is too large")
            return nil
        } catch {
            refuse(.badRequest, "the compressed body is malformed")
            return nil
        }
        guard exchange.isFull else { return nil }
        machine.bodyHeld(now)
        return machine.awaitsStart ? work(for: exchange, .stream(stream(of: exchange))) : nil
    }

    /// The body is whole: so the handler may start, or go on, or the next request is looked at.
    func bodyEnded() -> HandlerWork? {
        guard let exchange else { return nil }
        if let inflater = exchange.inflater, !inflater.isComplete {
            refuse(.badRequest, "the compressed body is cut short")
            return nil
        }
        exchange.body?.finish()
        switch machine.bodyEnded(now, hasInput: input.readableBytes > 0) {
        case .start:
            let whole = exchange.firstPiece.take() ?? exchange.body?.takeWhole()
            return work(for: exchange, .collected(whole ?? ByteBuffer()))
        case .goOn:
            break
        case .next(let next):
            follow(next)
        }
        return nil
    }

    /// All input has been looked at.
    func starved() -> HandlerWork? {
        switch machine.starved(now, midway: input.readableBytes > 0 || !parser.isIdle) {
        case .wait:
            return nil
        case .start:
            return exchange.flatMap { work(for: $0, .stream(stream(of: $0))) }
        case .refuse:
            refuse(.badRequest, "the request is incomplete")
        case .close:
            closeAfterOutput()
        }
        return nil
    }

    /// The work for a request's handler; none when the route has answered at once.
    private func work(for exchange: Exchange, _ body: RequestBody.Storage) -> HandlerWork? {
        machine.handlerStart()
        let work = HandlerWork(
            id: exchange.id,
            route: exchange.route,
            request: Request(head: exchange.head, body: RequestBody(body), peer: peer),
            context: RequestContext(parameters: exchange.parameters, server: server)
        )
        guard let response = work.runAtOnce(responder) else { return work }
        respond(response, to: work.id)
        return nil
    }

    /// The body as a stream, from now on.
    private func stream(of exchange: Exchange) -> BodyStream {
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

    /// The handler waits for the body: sends the `100 Continue` it owes, and parses on.
    private func bodyWanted(_ id: UInt64) {
        guard let exchange, exchange.id == id else { return }
        if !inReadPass { readClock() }
        if machine.bodyWanted(now) { output.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n") }
        serve()
        settle()
    }

    // MARK: Requests that cannot be served

    /// Refuses the request under way, or the one being parsed; nothing after it can be trusted.
    func refuse(_ status: HTTPResponse.Status, _ reason: String) {
        logger.debug("request refused", metadata: ["holdfast.reason": "\(reason)"])
        Counter(label: "holdfast_http_refused_total", dimensions: [("status", "\(status.code)")]).increment()
        let refusal = machine.refused()
        exchange?.body?.fail(HTTPError(status, message: reason))
        switch refusal {
        case .answer:
            writeError(status, reason)
            closeAfterOutput()
        case .answerForHandler:
            cancelHandler()
            if let exchange { respond(.text(reason + "\n", status: status), to: exchange.id) }
        case .tellHandler:
            break
        case .close:
            exchange = nil
            closeAfterOutput()
        }
    }

    /// Cancels whatever runs for the request under way.
    func cancelHandler() {
        let exchangeTask = exchange?.task
        handlerTask.cancel()?.cancel()
        exchangeTask?.cancel()
    }
}
