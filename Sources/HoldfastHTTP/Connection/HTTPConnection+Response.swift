// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HoldfastTransport
import Logging
import NIOCore

/// From a handler's answer to bytes.
extension HTTPConnection {
    /// The longest rest of a request body that is read and dropped to keep the connection.
    private static let drainedBody = 64 << 10
    /// Bodies up to this size are copied behind the head; longer ones are sent as they are.
    private static let copiedBody = 16 << 10

    /// Writes the response of exchange `id`; nothing if that one has been answered otherwise meanwhile.
    func respond(_ response: Response, to id: UInt64) {
        guard let exchange, exchange.id == id, machine.response == .awaited else { return }
        // The handler may have taken its time.
        if !inReadPass { readClock() }
        machine.responseBegan(mayDropBody: mayDropBody(of: exchange, response.status))
        switch response.body.storage {
        case .empty:
            respond(response, ByteBuffer?.none, exchange)
        case .bytes(let bytes):
            respond(response, bytes, exchange)
        case .text(let text):
            respond(response, text, exchange)
        case .stream(let length, let write):
            guard let stream = beginStream(response, length: length, endsWithInput: false, exchange) else { return }
            runStream(stream, write, exchange)
        case .driven(let isEndless, let start):
            guard let stream = beginStream(response, length: nil, endsWithInput: isEndless, exchange) else { return }
            settle()
            start(stream)
            if machine.inputEnded { endInput(of: stream) }
        case .webSocket(let upgrade):
            self.upgrade(upgrade, response, exchange)
        }
    }

    /// Answers a request that could not be parsed.
    func writeError(_ status: HTTPResponse.Status, _ reason: String) {
        let body = reason + "\n"
        readClock()
        writeHead(.text("", status: status), framing: .length(body.utf8.count), keepAlive: false, isHTTP10: false)
        output.writeString(body)
    }

    /// Whether what is left of an unread body is short enough to be read and dropped.
    private func mayDropBody(of exchange: Exchange, _ status: HTTPResponse.Status) -> Bool {
        guard status.code < 400, case .length(let length) = exchange.head.framing else { return false }
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
                flushOutput(followedBy: body)
            }
        }
        exchangeEnded()
    }

    private func respond(_ response: Response, _ text: String, _ exchange: Exchange) {
        guard writeHead(response, framing: .length(text.utf8.count), exchange) else { return }
        if exchange.head.method != .head, !response.status.forbidsBody { output.writeString(text) }
        exchangeEnded()
    }

    // MARK: Heads

    /// Writes a response head; one with an invalid field becomes a 500 and answers `false`.
    func writeHead(_ response: Response, framing: ResponseEncoder.Framing, _ exchange: Exchange) -> Bool {
        let isHTTP10 = exchange.head.isHTTP10
        if writeHead(response, framing: framing, keepAlive: machine.keepAlive, isHTTP10: isHTTP10) { return true }
        logger.error("a response had an invalid header field", metadata: ["holdfast.path": "\(exchange.loggedPath)"])
        writeHead(
            Response(.internalServerError),
            framing: .length(0),
            keepAlive: machine.keepAlive,
            isHTTP10: isHTTP10
        )
        exchangeEnded()
        return false
    }

    @discardableResult
    private func writeHead(
        _ response: Response,
        framing: ResponseEncoder.Framing,
        keepAlive: Bool,
        isHTTP10: Bool
    ) -> Bool {
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

    // MARK: The end of an exchange

    /// The response is written to its end.
    func exchangeEnded() {
        guard let exchange else { return }
        exchange.task = nil
        exchange.stream?.ended(.finished)
        exchange.stream = nil
        follow(machine.responseEnded(now, hasInput: input.readableBytes > 0))
    }

    /// Goes on after an exchange.
    func follow(_ next: ConnectionStateMachine.Next) {
        switch next {
        case .request:
            exchange = nil
            if let gate { machine.setPressure(gate.isUnderPressure) }
        case .dropBody:
            exchange?.body?.abandon()
        case .close:
            exchange?.body?.abandon()
            exchange = nil
            closeAfterOutput()
        }
    }
}

extension HTTPResponse.Status {
    /// Whether a response of this status never has a body (RFC 9110 §6.4.1).
    var forbidsBody: Bool { code == 204 || code == 304 || (100..<200).contains(code) }
}
