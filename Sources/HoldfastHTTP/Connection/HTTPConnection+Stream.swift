// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HoldfastTransport
import Logging
import NIOCore

/// Response bodies that are written piece by piece.
extension HTTPConnection {
    /// The largest buffer that is kept between the pieces of a stream.
    private static let streamBuffer = 1 << 10

    /// Writes the head of a stream; `nil` when no body follows.
    ///
    /// - Parameters:
    ///   - length: The number of bytes; `nil` when it is not known.
    ///   - endsWithInput: Whether the stream breaks when the client sends no more.
    func beginStream(
        _ response: Response,
        length: Int?,
        endsWithInput: Bool,
        _ exchange: Exchange
    ) -> ResponseStream? {
        let framing: ResponseEncoder.Framing
        if let length {
            framing = .length(length)
            exchange.streamFraming = .length(remaining: length)
        } else if exchange.head.isHTTP10 {
            framing = .untilClose
            exchange.streamFraming = .untilClose
            machine.responseEndsConnection()
        } else {
            framing = .chunked
            exchange.streamFraming = .chunked
        }
        guard writeHead(response, framing: framing, exchange) else { return nil }
        guard exchange.head.method != .head, !response.status.forbidsBody, let loopBound else {
            exchangeEnded()
            return nil
        }
        let sink = StreamSink(connection: loopBound, eventLoop: loop.eventLoop, id: exchange.id)
        let stream = ResponseStream(sink: sink, eventLoop: loop.eventLoop, endsWithInput: endsWithInput)
        exchange.stream = stream
        if context?.channel.isWritable == false { stream.setWritable(false) }
        return stream
    }

    /// Has an application's closure write a stream.
    func runStream(
        _ stream: ResponseStream,
        _ write: @escaping @Sendable (BodyWriter) async throws -> Void,
        _ exchange: Exchange
    ) {
        let logger = logger
        let path = exchange.loggedPath
        let task = startTask(on: loop.executor) {
            do {
                try await write(BodyWriter(stream: stream))
                stream.finish()
            } catch {
                if !(error is CancellationError) {
                    logger.error(
                        "a response stream failed",
                        metadata: ["holdfast.path": "\(path)", "holdfast.error": "\(LogText.escaped("\(error)"))"]
                    )
                }
                stream.abort()
            }
        }
        if self.exchange === exchange { exchange.task = task }
        settle()
    }

    fileprivate func streamWrite(_ bytes: ByteBuffer, _ id: UInt64) {
        guard let exchange, exchange.id == id else { return }
        switch exchange.streamFraming {
        case .chunked:
            ResponseEncoder.writeChunk(bytes, into: &output)
        case .untilClose:
            output.writeImmutableBuffer(bytes)
        case .length(let remaining):
            guard bytes.readableBytes <= remaining else {
                logger.error(
                    "a response stream exceeded its length",
                    metadata: ["holdfast.path": "\(exchange.loggedPath)"]
                )
                abort()
                return
            }
            exchange.streamFraming = .length(remaining: remaining - bytes.readableBytes)
            output.writeImmutableBuffer(bytes)
        }
        // The next piece may be long in coming.
        flushOutput(keeping: Self.streamBuffer)
    }

    fileprivate func streamFinish(_ id: UInt64) {
        guard let exchange, exchange.id == id else { return }
        switch exchange.streamFraming {
        case .chunked: ResponseEncoder.writeLastChunk(into: &output)
        case .length(let remaining) where remaining > 0:
            // Fewer bytes than announced: the client must not take the part for the whole.
            abort()
            return
        case .length, .untilClose: break
        }
        readClock()
        exchangeEnded()
        serve()
        settle()
    }

    fileprivate func streamAbort(_ id: UInt64) {
        guard let exchange, exchange.id == id else { return }
        abort()
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
