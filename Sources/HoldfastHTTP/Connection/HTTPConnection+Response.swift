// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HoldfastTransport
import HoldfastWebSocket
import Logging
import NIOCore

extension HTTPConnection {
    /// The longest rest of a request body that is read and dropped to keep the connection.
    private static let drainedBody = 64 << 10
    /// Bodies up to this size are copied behind the head; longer ones are written as they are.
    private static let copiedBody = 16 << 10
    /// The largest buffer that is kept between the pieces of a stream.
    private static let streamBuffer = 1 << 10

    /// Writes the response of exchange `id`; nothing if that one has been answered otherwise meanwhile.
    func respond(_ response: Response, to id: UInt64) {
        guard let exchange, exchange.id == id, !exchange.responded else { return }
        exchange.responded = true
        // The handler may have taken its time.
        if !inReadPass { readClock() }
        deadlines.responseBegan()
        if !exchange.bodyComplete, exchange.keepAlive {
            exchange.keepAlive = mayDrainBody(of: exchange, response.status)
        }
        switch response.body.storage {
        case .empty:
            respond(response, ByteBuffer?.none, exchange)
        case .bytes(let bytes):
            respond(response, bytes, exchange)
        case .text(let text):
            respond(response, text, exchange)
        case .stream(let length, let write):
            guard let stream = beginStream(response, length, exchange) else { return }
            runStream(stream, write, exchange)
        case .driven(let start):
            guard let stream = beginStream(response, nil, exchange) else { return }
            flushUnlessReading()
            start(stream)
        case .webSocket(let upgrade):
            self.upgrade(upgrade, response, exchange)
        }
    }

    /// Answers a request that could not be parsed, and closes.
    func writeError(_ status: HTTPResponse.Status, _ reason: String) {
        let body = reason + "\n"
        readClock()
        writeHead(.text("", status: status), framing: .length(body.utf8.count), keepAlive: false, isHTTP10: false)
        output.writeString(body)
        closeAfterOutput()
    }

    /// Whether what is left of an unread body is short enough to be skipped.
    private func mayDrainBody(of exchange: Exchange, _ status: HTTPResponse.Status) -> Bool {
        guard status.code < 400, !exchange.owesContinue else { return false }
        guard case .length(let length) = exchange.head.framing else { return false }
        return length <= Self.drainedBody
    }

    // MARK: Whole bodies

    private func respond(_ response: Response, _ body: ByteBuffer?, _ exchange: Exchange) {
        let length = body?.readableBytes ?? 0
        guard writeHead(response, framing: .length(length), exchange) else { return }
        if let body, exchange.head.method != .head, !response.status.forbidsBody {
            if length <= Self.copiedBody {
                output.writeImmutableBuffer(body)
            } else {
                flushOutput()
                channel?.write(body, promise: nil)
                channel?.flush()
            }
        }
        finishExchange()
    }

    private func respond(_ response: Response, _ text: String, _ exchange: Exchange) {
        guard writeHead(response, framing: .length(text.utf8.count), exchange) else { return }
        if exchange.head.method != .head, !response.status.forbidsBody { output.writeString(text) }
        finishExchange()
    }

    private func finishExchange() {
        exchangeEnded()
        flushUnlessReading()
        armTimer()
    }

    // MARK: Heads

    /// Writes a response head; one with an invalid field becomes a 500 and answers `false`.
    private func writeHead(_ response: Response, framing: ResponseEncoder.Framing, _ exchange: Exchange) -> Bool {
        if writeHead(response, framing: framing, keepAlive: exchange.keepAlive, isHTTP10: exchange.head.isHTTP10) {
            return true
        }
        logger.error("a response had an invalid header field", metadata: ["holdfast.path": "\(exchange.head.path)"])
        writeHead(
            Response(.internalServerError),
            framing: .length(0),
            keepAlive: exchange.keepAlive,
            isHTTP10: exchange.head.isHTTP10
        )
        finishExchange()
        return false
    }

    @discardableResult
    private func writeHead(_ response: Response, framing: ResponseEncoder.Framing, keepAlive: Bool, isHTTP10: Bool)
        -> Bool
    {
        let start = output.writerIndex
        do {
            try ResponseEncoder.writeHead(
                status: response.status,
                fields: response.fields,
                contentType: response.body.contentType,
                framing: framing,
                keepAlive: keepAlive,
                isHTTP10: isHTTP10,
                date: loop.date(at: now),
                into: &output
            )
            return true
        } catch {
            output.moveWriterIndex(to: start)
            return false
        }
    }

    // MARK: Streams

    private func beginStream(_ response: Response, _ length: Int?, _ exchange: Exchange) -> ResponseStream? {
        let isHead = exchange.head.method == .head || response.status.forbidsBody
        let framing: ResponseEncoder.Framing
        if let length {
            framing = .length(length)
            exchange.streamFraming = .length(remaining: length)
        } else if exchange.head.isHTTP10 {
            framing = .untilClose
            exchange.streamFraming = .untilClose
            exchange.keepAlive = false
        } else {
            framing = .chunked
            exchange.streamFraming = .chunked
        }
        guard writeHead(response, framing: framing, exchange) else { return nil }
        guard !isHead, let loopBound else {
            finishExchange()
            return nil
        }
        let sink = StreamSink(connection: loopBound, eventLoop: loop.eventLoop, id: exchange.id)
        let stream = ResponseStream(sink: sink, eventLoop: loop.eventLoop)
        exchange.stream = stream
        if channel?.isWritable == false { stream.setWritable(false) }
        return stream
    }

    private func runStream(
        _ stream: ResponseStream,
        _ write: @escaping @Sendable (BodyWriter) async throws -> Void,
        _ exchange: Exchange
    ) {
        let logger = logger
        let path = exchange.head.path
        let task = startTask(on: loop.executor) {
            do {
                try await write(BodyWriter(stream: stream))
                stream.finish()
            } catch {
                if !(error is CancellationError) {
                    logger.error(
                        "a response stream failed",
                        metadata: ["holdfast.path": "\(path)", "holdfast.error": "\(error)"]
                    )
                }
                stream.abort()
            }
        }
        if self.exchange === exchange { exchange.task = task }
        flushUnlessReading()
    }

    fileprivate func streamWrite(_ bytes: ByteBuffer, _ id: UInt64) {
        guard let exchange, exchange.id == id, !isClosing else { return }
        switch exchange.streamFraming {
        case .chunked:
            ResponseEncoder.writeChunk(bytes, into: &output)
        case .untilClose:
            output.writeImmutableBuffer(bytes)
        case .length(let remaining):
            guard bytes.readableBytes <= remaining else {
                logger.error(
                    "a response stream exceeded its length",
                    metadata: ["holdfast.path": "\(exchange.head.path)"]
                )
                abort()
                return
            }
            exchange.streamFraming = .length(remaining: remaining - bytes.readableBytes)
            output.writeImmutableBuffer(bytes)
        case .none:
            return
        }
        // The next piece may be long in coming.
        flushOutput(keeping: Self.streamBuffer)
    }

    fileprivate func streamFinish(_ id: UInt64) {
        guard let exchange, exchange.id == id, !isClosing else { return }
        switch exchange.streamFraming {
        case .chunked: ResponseEncoder.writeLastChunk(into: &output)
        case .length(let remaining) where remaining > 0:
            // Fewer bytes than announced: the client must not take the part for the whole.
            abort()
            return
        case .length, .untilClose, .none: break
        }
        readClock()
        finishExchange()
        flushOutput()
    }

    fileprivate func streamAbort(_ id: UInt64) {
        guard let exchange, exchange.id == id else { return }
        abort()
    }

    // MARK: Upgrade

    private func upgrade(_ upgrade: WebSocketUpgrade, _ response: Response, _ exchange: Exchange) {
        guard exchange.bodyComplete, !exchange.head.isHTTP10, let channel,
            writeHead(response, framing: .none, exchange)
        else { return }
        let handler = WebSocketHandler(
            role: .server,
            limits: upgrade.limits,
            info: upgrade.info,
            executor: loop.executor,
            now: now
        )
        let connection = handler.connection
        let loop = loop
        let drains = upgrade.closesOnDrain
        loop.register(
            handler,
            drain: { if drains { connection.close(.goingAway, reason: "the server is shutting down") } },
            close: { channel.close(promise: nil) }
        )
        let bound = NIOLoopBound((loop, handler), eventLoop: loop.eventLoop)
        channel.closeFuture.whenComplete { _ in bound.value.0.unregister(bound.value.1) }
        upgrade.start(connection)
        replace(with: handler)
    }
}

/// Carries a stream's calls to its connection's loop.
private struct StreamSink: ResponseStream.Sink {
    let connection: NIOLoopBound<HTTPConnection>
    let eventLoop: any EventLoop
    let id: UInt64

    func write(_ bytes: ByteBuffer) {
        eventLoop.executeOrRun { connection.value.streamWrite(bytes, id) }
    }

    func finish() {
        eventLoop.executeOrRun { connection.value.streamFinish(id) }
    }

    func abort() {
        eventLoop.executeOrRun { connection.value.streamAbort(id) }
    }
}

extension EventLoop {
    /// Runs `action` on the loop: at once when called on it.
    func executeOrRun(_ action: @escaping @Sendable () -> Void) {
        if inEventLoop { action() } else { execute(action) }
    }
}

extension HTTPResponse.Status {
    /// Whether a response of this status never has a body (RFC 9110 §6.4.1).
    var forbidsBody: Bool { code == 204 || code == 304 || (100..<200).contains(code) }
}
