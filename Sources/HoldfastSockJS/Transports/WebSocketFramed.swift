// SPDX-License-Identifier: Apache-2.0
import HoldfastHTTP
package import HoldfastTransport
import NIOCore
import Synchronization

extension SockJSService {
    /// `/{server}/{session}/websocket`: a WebSocket that carries SockJS frames.
    ///
    /// The session's name means nothing here.
    func framedWebSocket(_ request: SockJSRequest) -> Response {
        var webSocketOptions = webSocketOptions(request.context)
        // Messages are counted, not the frames that carry them.
        let rate = webSocketOptions.limits?.rate
        webSocketOptions.limits?.rate = nil
        return .webSocket(
            request.request,
            request.context,
            options: webSocketOptions,
            closesOnDrain: false
        ) { [self] inner in
            FramedWebSocket.start(over: inner, options: options, rate: rate, registry: framed) {
                install($0, request.context)
            }
        }
    }
}

/// The framing between a WebSocket and the connection an application sees: the receiver of the one and the link of the other.
package final class FramedWebSocket: MessageLink, MessageReceiver, MessageSource {
    private struct State {
        /// There until the WebSocket is gone.
        var outer: MessageConnection?
        /// The application's reason, once its frame has been sent.
        var closing: CloseReason?
    }

    private let inner: MessageConnection
    private let registry: ConnectionRegistry
    private let frameLimit: Int
    private let state = Mutex(State())

    private init(inner: MessageConnection, registry: ConnectionRegistry, frameLimit: Int) {
        self.inner = inner
        self.registry = registry
        self.frameLimit = frameLimit
    }

    /// Opens a session over a WebSocket, on its loop, before its first message.
    package static func start(
        over inner: MessageConnection,
        options: SockJSOptions,
        rate: MessageRate?,
        registry: ConnectionRegistry,
        install: (MessageConnection) -> Void
    ) {
        let link = FramedWebSocket(inner: inner, registry: registry, frameLimit: options.streamLimit)
        let outer = MessageConnection(
            transport: .webSocket,
            info: inner.info,
            link: link,
            outbound: options.outbound,
            inbound: options.inbound,
            rate: rate
        )
        link.state.withLock { $0.outer = outer }
        registry.add(outer)
        inner.setReceiver(link)
        _ = inner.enqueue(Message(text: ByteBuffer(string: "o")))
        inner.add(link)
        install(outer)
    }

    // MARK: The application's messages

    package var executor: (any TaskExecutor)? { inner.link.executor }

    package func setReading(_ reading: Bool) {
        inner.link.setReading(reading)
    }

    package func outboundReady() {
        inner.sourceIsReady()
    }

    /// The messages that wait as one frame, up to a limit; in the end the frame that tells why.
    package func takeMessage() -> Message? {
        let (outer, closing) = state.withLock { ($0.outer, $0.closing) }
        guard let outer, closing == nil else { return nil }
        var messages: [ByteBuffer] = []
        var bytes = 0
        loop: while bytes < frameLimit {
            switch outer.takeOutbound() {
            case .message(let message):
                messages.append(message.payload)
                bytes += message.count
            case .idle:
                break loop
            case .close(let reason):
                guard messages.isEmpty else { break loop }
                state.withLock { $0.closing = reason }
                inner.close(.normalClosure, reason: "Normal closure")
                return Self.message(.close(reason))
            }
        }
        return messages.isEmpty ? nil : Self.message(.messages(messages))
    }

    private static func message(_ frame: Frame) -> Message {
        var buffer = ByteBuffer()
        frame.write(into: &buffer)
        return Message(text: buffer)
    }

    // MARK: The client's messages

    package func receive(_ message: Message, from inner: MessageConnection) {
        guard let outer = state.withLock({ $0.outer }) else { return }
        // An empty text is tolerated, as other servers do.
        guard message.count > 0 else { return }
        let texts = try? JSONStringArray.decode(
            message.payload,
            allowsBareString: true,
            countLimit: SockJSService.messagesPerRequest
        )
        guard message.kind == .text, let texts else {
            state.withLock { $0.closing = CloseReason(.protocolError, "Broken framing.") }
            inner.close(.goAway, reason: "Broken framing.")
            outer.linkClosed(CloseReason(.protocolError, "Broken framing."))
            return
        }
        for text in texts { outer.receive(Message(text: text)) }
    }

    package func connectionClosed(_ inner: MessageConnection, reason: CloseReason) {
        let (outer, closing) = state.withLock { state in
            defer { state.outer = nil }
            return (state.outer, state.closing)
        }
        guard let outer else { return }
        registry.remove(outer)
        outer.linkClosed(closing ?? reason)
    }
}
