// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport
internal import Logging
internal import NIOCore

/// Where a message came from.
struct Origin: Sendable {
    enum Side: Sendable {
        /// A connection that stays.
        case link(ConnectionReceiver)
        /// A single HTTP request, with the session for requests that name none.
        case post(RPCSession)
    }

    let connection: MessageConnection
    let side: Side
    let wire: RPCOptions.Wire
    /// Whether its client sends faster than it may: its requests are refused.
    var isOverRate = false

    var receiver: ConnectionReceiver? {
        if case .link(let receiver) = side { receiver } else { nil }
    }
}

/// A request or notification as scanned.
private struct Call {
    let method: String
    let id: RPCID?
    let params: CarriedValue?
    /// Where its reply is gathered, and its place there; `nil` sends it at once.
    let slot: (collector: ReplyCollector, index: Int)?

    init(_ call: Envelope.Call, _ collector: ReplyCollector?) {
        method = call.method
        id = call.id.map(RPCID.init)
        params = call.params
        slot = id == nil ? nil : collector.map { ($0, $0.reserve()) }
    }

    /// The session that it asks for where it can ask for nothing else: in a method of the framework's.
    func namedSessionID(on wire: RPCOptions.Wire) -> String? {
        // By position too, as a plain client may have it (JSON-RPC 2.0 §4.2).
        params?.namedSessionID ?? (wire == .plain ? params?.json[0]?.string : nil)
    }
}

extension RPCService {
    /// Takes a message that came on a connection.
    ///
    /// - Parameter isOverRate: Whether the client sends faster than it may.
    func take(
        _ message: Message,
        from connection: MessageConnection,
        _ receiver: ConnectionReceiver,
        isOverRate: Bool = false
    ) {
        let origin = Origin(connection: connection, side: .link(receiver), wire: receiver.wire, isOverRate: isOverRate)
        switch scanner.scan(message.payload) {
        case .batch(let elements):
            let collector = collect(elements, from: origin)
            // The session the batch belongs to or has opened; its answer follows the session like any other.
            let session = receiver.session
            collector.seal { reply in
                guard let message = reply.map(Message.init(text:)) else { return }
                if let session, !session.hasEnded {
                    session.sendAnswer(message)
                } else {
                    receiver.send(message, on: connection)
                }
            }
        case let envelope:
            take(envelope, from: origin, nil)
        }
    }

    /// Takes a message and gives the whole answer to `completion`.
    func answer(_ envelope: Envelope, from origin: Origin, completion: @escaping @Sendable (ByteBuffer?) -> Void) {
        if case .batch(let elements) = envelope { return collect(elements, from: origin).seal(completion) }
        let collector = ReplyCollector(isBatch: false)
        take(envelope, from: origin, collector)
        collector.seal(completion)
    }

    private func collect(_ batch: [Envelope], from origin: Origin) -> ReplyCollector {
        let collector = ReplyCollector(isBatch: true, byteLimit: limits.outbox.bytes)
        for element in batch { take(element, from: origin, collector) }
        return collector
    }

    private func take(_ envelope: Envelope, from origin: Origin, _ collector: ReplyCollector?) {
        switch envelope {
        case .call(let call): take(Call(call, collector), from: origin, collector)
        case .response(let response): take(response, from: origin)
        case .invalid(let invalid): refuse(invalid, from: origin, collector)
        case .batch: break  // The scanner refuses a batch in a batch, and `answer` takes the others apart.
        }
    }

    private func take(_ call: Call, from origin: Origin, _ collector: ReplyCollector?) {
        switch specialMethod(call.method, on: origin.wire) {
        case nil where origin.isOverRate:
            metrics.refused("rate")
            reply(.error(.tooManyRequests), to: call, from: origin)
        case nil: run(call, from: origin)
        case .ping: ping(call, from: origin)
        case .connect, .reconnect: connect(call, from: origin)
        case .closeSession: closeSession(call, from: origin, collector)
        case .poll: poll(call, from: origin)
        }
    }

    // MARK: The application's methods

    private func run(_ call: Call, from origin: Origin) {
        let handler = handler(of: call.method)
        // A session may end between being found and taking the request; then there is another.
        while true {
            guard let found = session(for: call, from: origin) else { return }
            let route: ReplyRoute =
                if let (collector, index) = call.slot {
                    .slot(collector, index)
                } else {
                    found.isHere ? .session : .connection(origin.connection)
                }
            let request = InboundRequest(
                method: call.method,
                id: call.id,
                params: found.isNamed ? call.params?.withoutSessionID : call.params?.json,
                handler: handler,
                connection: origin.connection,
                route: route,
                wire: origin.wire,
                isNew: found.isNew
            )
            if found.session.take(request) { return }
            if case .post = origin.side { return reply(.error(.unknownSession), to: call, from: origin) }
        }
    }

    private struct Found {
        let session: RPCSession
        /// Whether the call opened it.
        var isNew = false
        /// Whether the call came on its own connection.
        var isHere = false
        /// Whether the call named it.
        var isNamed = false
    }

    private func session(for call: Call, from origin: Origin) -> Found? {
        switch origin.side {
        case .link(let receiver):
            let bound = receiver.session
            let id = origin.wire == .kurento ? call.params?.ownSessionID : nil
            if let id, bound?.id != id, let known = registry.session(id), !known.hasEnded {
                return Found(session: known, isNamed: true)
            }
            if let bound, !bound.hasEnded { return Found(session: bound, isHere: true, isNamed: id == bound.id) }
            if let session = open(on: origin.connection, receiver, registerInfo: nil) {
                return Found(session: session, isNew: true, isHere: true)
            }
            reply(.error(.unavailable), to: call, from: origin)
            return nil
        case .post(let transient):
            guard origin.wire == .kurento, let id = call.params?.ownSessionID else {
                return Found(session: transient, isNew: true)
            }
            if let known = registry.session(id), !known.hasEnded { return Found(session: known, isNamed: true) }
            reply(.error(.unknownSession), to: call, from: origin)
            return nil
        }
    }

    // MARK: The framework's methods

    private func ping(_ call: Call, from origin: Origin) {
        if let receiver = origin.receiver {
            let interval = call.params?.json["interval"]?.double.map(PingWatchdog.clamp(milliseconds:))
            receiver.pinged(on: origin.connection, interval: interval)
        }
        guard let id = call.id else { return }
        // The session id goes back as it came, whether it names a session or not.
        let named = origin.wire == .kurento ? call.params?.namedSessionID : nil
        send(ReplyWriter.pong(id, sessionID: named, on: origin.wire), to: call, from: origin)
    }

    private func connect(_ call: Call, from origin: Origin) {
        guard let receiver = origin.receiver else {
            return reply(.error(.invalidRequest.with("needs a connection that stays open")), to: call, from: origin)
        }
        let registerInfo = call.params?.withoutSessionID
        if let id = call.namedSessionID(on: origin.wire) {
            reconnect(to: id, call, origin.connection, receiver, origin)
        } else if case .reconnect = specialMethod(call.method, on: origin.wire) {
            reply(.error(.invalidParams.with("'sessionId' is missing")), to: call, from: origin)
        } else if let session = receiver.session, !session.hasEnded {
            session.noteConnect(registerInfo)
            answer(call, session, on: origin.wire)
        } else if let session = open(on: origin.connection, receiver, registerInfo: registerInfo) {
            answer(call, session, on: origin.wire)
        } else {
            reply(.error(.unavailable), to: call, from: origin)
        }
    }

    private func reconnect(
        to id: String,
        _ call: Call,
        _ connection: MessageConnection,
        _ receiver: ConnectionReceiver,
        _ origin: Origin
    ) {
        guard !isShuttingDown else { return reply(.error(.unavailable), to: call, from: origin) }
        let answer = call.id.map { ReplyWriter.connected($0, sessionID: id, isBack: true, on: origin.wire) }
        let first = call.slot == nil ? answer.map(Message.init(text:)) : nil
        guard let session = registry.session(id), session.attach(to: connection, receiver, answer: first) else {
            return reply(.error(.unknownSession), to: call, from: origin)
        }
        if let (collector, index) = call.slot, let answer { collector.fill(index, with: answer) }
        if !callbacks.onReconnect.isEmpty { session.add(.reconnected, on: connection) }
    }

    /// Answers a `connect`, after the callback that hears of the new session.
    private func answer(_ call: Call, _ session: RPCSession, on wire: RPCOptions.Wire) {
        guard let id = call.id else { return }
        let bytes = ReplyWriter.connected(id, sessionID: session.id, isBack: false, on: wire)
        if let (collector, index) = call.slot {
            collector.fill(index, with: bytes)
        } else {
            session.answerInTurn(Message(text: bytes))
        }
    }

    private func closeSession(_ call: Call, from origin: Origin, _ collector: ReplyCollector?) {
        // A connection closes only its own session, whatever id it names; an HTTP request has nothing but the name.
        let session =
            switch origin.side {
            case .link(let receiver): receiver.session
            case .post: call.namedSessionID(on: origin.wire).flatMap(registry.session)
            }
        let bye = call.id.map { EnvelopeWriter.response(id: $0.envelope, result: "bye") }
        let reason = CloseReason(.normalClosure, "Client sent close message")
        if let collector {
            if let bye { send(bye, to: call, from: origin) }
            // The batch is answered first.
            if let session { collector.whenDone { session.end(reason, cancelling: true) } }
        } else if let session, !session.hasEnded {
            session.end(reason, farewell: bye.map(Message.init(text:)), cancelling: true)
        } else if let bye {
            send(bye, to: call, from: origin)
        }
    }

    /// Takes the answers to the server's calls that a client brings, and has nothing to give for them.
    private func poll(_ call: Call, from origin: Origin) {
        guard let answers = scanner.answers(in: call.params?.json) else {
            return reply(.error(.invalidParams.with("not an array of answers")), to: call, from: origin)
        }
        for answer in answers { take(answer, from: origin) }
        guard let id = call.id else { return }
        send(EnvelopeWriter.response(id: id.envelope, result: []), to: call, from: origin)
    }

    // MARK: Answers to the server's calls

    private func take(_ response: Envelope.Response, from origin: Origin) {
        let named = origin.wire == .kurento ? response.ownSessionID.flatMap(registry.session) : nil
        let session = named ?? origin.receiver?.session
        if let session, let id = response.id?.callNumber, session.answerCall(Int64(id), response, on: origin.wire) {
            return
        }
        logger.debug("answer to no call")
        origin.receiver?.countStrayAnswer(on: origin.connection)
    }

    // MARK: Replies

    private func refuse(_ invalid: Envelope.Invalid, from origin: Origin, _ collector: ReplyCollector?) {
        if invalid.isResponse {
            origin.receiver?.countStrayAnswer(on: origin.connection)
            return
        }
        metrics.refused("messages")
        let standard = invalid.code == RPCError.parseError.code ? RPCError.parseError : .invalidRequest
        let bytes = ReplyWriter.error(standard.with(invalid.reason), to: invalid.id.map(RPCID.init))
        if let collector {
            collector.fill(collector.reserve(), with: bytes)
        } else {
            origin.receiver?.send(Message(text: bytes), on: origin.connection)
        }
    }

    private func reply(_ reply: RPCReply, to call: Call, from origin: Origin) {
        guard let id = call.id else { return }
        send(ReplyWriter.reply(reply, to: id, sessionID: nil), to: call, from: origin)
    }

    private func send(_ bytes: ByteBuffer, to call: Call, from origin: Origin) {
        if let (collector, index) = call.slot {
            collector.fill(index, with: bytes)
        } else {
            origin.receiver?.send(Message(text: bytes), on: origin.connection)
        }
    }
}
