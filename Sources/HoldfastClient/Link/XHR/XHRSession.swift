// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport
internal import NIOCore

/// A SockJS session over HTTP: answers to one request after the other bring messages, posts carry them up.
///
/// Lives on one loop. At most one request receives and one sends at any time.
final class XHRSession {
    typealias Completion = @Sendable (Result<MessageConnection, RPCClientError>) -> Void
    /// Makes a POST below the session's URL.
    typealias MakeRequest = (_ path: String, ByteBuffer, @escaping @Sendable (XHRNews) -> Void) -> XHRRequest
    /// Sends a request over a connection of its own; the news come on the loop, what is returned gives the request up.
    typealias Connect = (XHRRequest) -> ScheduledAction

    /// The most bytes put into one post, unless one message is larger.
    private static let batchBytes = 64 << 10
    /// Answers in a row without a frame after which the server is taken for broken.
    private static let emptyAnswerLimit = 3

    private let link: XHRLink
    private let connection: MessageConnection
    private let makeRequest: MakeRequest
    private let connect: Connect
    /// Connections on which another request may follow: one that received and one that sent.
    private var idle: [XHRConnection] = []
    private let path: String
    private var completion: Completion?
    private var decoder: XHRFrameDecoder
    private var receiving: ScheduledAction?
    private var sending: ScheduledAction?
    private var status = 0
    private var sendStatus = 0
    private var hasFrames = false
    private var emptyAnswers = 0
    private var isOpen = false
    private var isSending = false
    /// Ends the session once what was taken before has been sent.
    private var closing: CloseReason?
    private var hasEnded = false

    init(
        _ connection: MessageConnection,
        link: XHRLink,
        messageLimit: Int,
        completion: @escaping Completion,
        makeRequest: @escaping MakeRequest,
        connect: @escaping Connect
    ) {
        self.connection = connection
        self.link = link
        self.completion = completion
        self.makeRequest = makeRequest
        self.connect = connect
        path = connection.transport == .xhrStreaming ? "/xhr_streaming" : "/xhr"
        decoder = XHRFrameDecoder(messageLimit: messageLimit)
    }

    // MARK: Requests

    private func post(_ path: String, _ body: ByteBuffer, _ report: @escaping @Sendable (XHRNews) -> Void)
        -> ScheduledAction
    {
        let request = makeRequest(path, body, report)
        while let connection = idle.popLast() {
            if let cancel = connection.send(request) { return cancel }
        }
        return connect(request)
    }

    /// Takes a connection whose request has ended.
    func keep(_ connection: XHRConnection) {
        idle.append(connection)
    }

    // MARK: Receiving

    func poll() {
        guard !hasEnded else { return }
        status = 0
        hasFrames = false
        decoder.reset()
        // A server that has lost the session must not begin another, which what is sent meanwhile would reach.
        let query = isOpen ? "?continued" : ""
        receiving = post(path + query, ByteBuffer()) { [link] news in link.onLoop { $0.received(news) } }
    }

    private func received(_ news: XHRNews) {
        guard !hasEnded else { return }
        switch news {
        case .status(let status):
            self.status = status
            if status != 200 { fail("the server answered \(path) with \(status)") }
        case .body(let bytes):
            decoder.append(bytes)
            readFrames()
        case .end:
            emptyAnswers = hasFrames ? 0 : emptyAnswers + 1
            guard emptyAnswers < Self.emptyAnswerLimit else { return fail("the server's answers are empty") }
            poll()
        case .lost(let words):
            fail(words)
        }
    }

    private func readFrames() {
        do throws(XHRFrameDecoder.Failure) {
            while !hasEnded, let frame = try decoder.next() {
                hasFrames = true
                take(frame)
            }
        } catch {
            fail("the server's answer is not SockJS: \(error)")
        }
    }

    private func take(_ frame: XHRFrameDecoder.Frame) {
        switch frame {
        // A second one means that the server lost the session and began another of the same name.
        case .open where isOpen: fail("the server lost the session")
        case .open:
            isOpen = true
            complete(.success(connection))
            drain()
        case .heartbeat: break
        case .messages(let messages): for message in messages { connection.receive(Message(text: message)) }
        case .close(let reason): end(reason)
        }
    }

    // MARK: Sending

    func drain() {
        guard isOpen, !isSending, !hasEnded else { return }
        if let closing { return end(closing) }
        var body = ByteBuffer()
        loop: while body.readableBytes < Self.batchBytes {
            switch connection.takeOutbound() {
            case .message(let message):
                body.writeInteger(body.readableBytes == 0 ? UInt8(ascii: "[") : UInt8(ascii: ","))
                body.writeJSONString(message.payload)
            case .close(let reason):
                // A client that leaves just stops asking; SockJS has no close for it to send.
                guard body.readableBytes > 0 else { return end(reason) }
                closing = reason
                break loop
            case .idle: break loop
            }
        }
        guard body.readableBytes > 0 else { return }
        body.writeInteger(UInt8(ascii: "]"))
        isSending = true
        sendStatus = 0
        sending = post("/xhr_send", body) { [link] news in link.onLoop { $0.sent(news) } }
    }

    private func sent(_ news: XHRNews) {
        guard !hasEnded else { return }
        switch news {
        case .status(let status): sendStatus = status
        case .body: break
        case .end:
            guard sendStatus == 204 || sendStatus == 200 else {
                let words = "the server answered a message with \(sendStatus)"
                return sendStatus == 413 ? end(CloseReason(.messageTooBig, words)) : fail(words)
            }
            isSending = false
            drain()
        case .lost(let words): fail(words)
        }
    }

    // MARK: End

    /// Gives up before or after the session opened.
    func fail(_ words: String) {
        complete(.failure(RPCClientError(.transport, words)))
        end(CloseReason(.abnormalClosure, words))
    }

    private func end(_ reason: CloseReason) {
        guard !hasEnded else { return }
        hasEnded = true
        receiving?.cancel()
        sending?.cancel()
        for connection in idle { connection.close() }
        idle = []
        complete(.failure(RPCClientError(.transport, "the server closed the session: \(reason)")))
        connection.linkClosed(reason)
        link.session.value = nil
    }

    private func complete(_ result: Result<MessageConnection, RPCClientError>) {
        completion?(result)
        completion = nil
    }
}

@available(*, unavailable)
extension XHRSession: Sendable {}
