// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport
internal import Logging
internal import NIOCore

/// Where a message came from.
struct Origin: Sendable {
    enum Side: Sendable {
        /// A connection that stays.
        case link(RPCConnection)
        /// A single HTTP request, with the session for requests that name none.
        case post(RPCSession)
    }

    let connection: MessageConnection
    let side: Side
    let wire: RPCOptions.Wire
    /// Whether its client sends faster than it may: its requests are refused.
    var isOverRate = false
    /// Whether the connection's session is plain on every wire, as its client loses nothing.
    var isNegotiated = false
    /// Whether the connection's session numbers its messages.
    var isCounting = false
    /// Where sessions are that had to be looked for.
    var locations: [String: SessionLocation] = [:]

    /// The connection, if it stays.
    var link: RPCConnection? {
        if case .link(let link) = side { link } else { nil }
    }

    /// The connection's session, if it lives.
    var session: RPCSession? {
        guard let session = link?.attachment?.session, !session.hasEnded else { return nil }
        return session
    }
}

/// A request or notification as scanned.
struct Call {
    let method: String
    let id: RPCID?
    let params: CarriedValue?
    /// What is kept in memory for it.
    let bytes: Int
    let counters: MessageCounters
    /// Where its reply is gathered, and its place there; `nil` sends it at once.
    let slot: (collector: ReplyCollector, index: Int)?

    init(_ call: Envelope.Call, bytes: Int, _ collector: ReplyCollector?) {
        self.bytes = bytes
        counters = call.counters
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
    /// Takes a message that came on a connection that stays.
    func receive(_ message: Message, from origin: Origin) {
        receive(scanner.scan(message.payload), bytes: message.count, from: origin)
    }

    private func receive(_ envelope: Envelope, bytes: Int, from origin: Origin) {
        let unlocated = unlocated(in: envelope, origin)
        guard unlocated.isEmpty else { return find(unlocated, for: envelope, bytes: bytes, from: origin) }
        // In a session that loses nothing each answer has a number, or a record, of its own.
        guard envelope.isBatch, !origin.isNegotiated else { return dispatch(envelope, bytes: bytes, from: origin, nil) }
        let collector = ReplyCollector(isBatch: true, byteLimit: limits.outbox.bytes)
        dispatch(envelope, bytes: bytes, from: origin, collector)
        // The session the batch belongs to or has opened; its answer follows the session like any other.
        let session = origin.session
        collector.seal { [connection = origin.connection] reply in
            guard let message = reply.map(Message.init(text:)) else { return }
            if let session, !session.hasEnded { session.sendAnswer(message) } else { connection.reply(message) }
        }
    }

    /// Gives each call its way; the replies go to `collector`, or without one to where they belong.
    func dispatch(_ envelope: Envelope, bytes: Int, from origin: Origin, _ collector: ReplyCollector?) {
        switch envelope {
        case .call(let call): dispatch(Call(call, bytes: bytes, collector), from: origin, collector)
        case .response(let response):
            guard takes(response.counters, bytes: bytes, isCounted: true, from: origin) else { return }
            complete(response, from: origin)
        case .invalid(let invalid):
            guard takes(invalid.counters, bytes: bytes, isCounted: true, from: origin) else { return }
            refuse(invalid, from: origin, collector)
        case .batch(let elements):
            // What is kept of one element must not keep all the others.
            for element in elements { dispatch(element.detached, bytes: element.bytes, from: origin, collector) }
        }
    }

    private func dispatch(_ call: Call, from origin: Origin, _ collector: ReplyCollector?) {
        let special = specialMethod(call.method, from: origin)
        if special != nil, !takes(call.counters, bytes: call.bytes, isCounted: false, from: origin) { return }
        switch special {
        case nil where origin.isCounting: run(call, from: origin)
        case nil where origin.isOverRate:
            metrics.refused("rate")
            reply(.error(.tooManyRequests), to: call, from: origin)
        case nil: run(call, from: origin)
        case .ping: ping(call, from: origin)
        case .connect, .reconnect: connect(call, from: origin)
        case .closeSession: closeSession(call, from: origin, collector)
        case .poll: poll(call, from: origin)
        case .acknowledge: acknowledged(call, from: origin)
        case .acknowledgeNow: origin.session?.acknowledge(to: origin.connection)
        case .gap: skip(call, from: origin)
        }
    }

    private func specialMethod(_ name: String, from origin: Origin) -> SpecialMethod? {
        if origin.isCounting, let special = SpecialMethod(counting: name) { return special }
        // The aliases are for clients of old.
        return origin.isNegotiated ? SpecialMethod(name, on: origin.wire) : specialMethod(name, on: origin.wire)
    }

    // MARK: Looking for sessions

    /// The sessions that a message names and that somebody has to be asked for.
    func unlocated(in envelope: Envelope, _ origin: Origin) -> [String] {
        switch envelope {
        case .batch(let elements): elements.flatMap { unlocated(in: $0, origin) }
        case .call(let call):
            unlocated(
                specialMethod(call.method, on: origin.wire) == nil
                    ? call.params?.ownSessionID
                    : call.params?.namedSessionID,
                origin
            )
        case .response(let response): unlocated(response.ownSessionID, origin)
        case .invalid: []
        }
    }

    private func unlocated(_ id: String?, _ origin: Origin) -> [String] {
        guard let id, origin.locations[id] == nil, directory.location(of: id) == nil else { return [] }
        return [id]
    }

    /// Looks for sessions, then takes the message; what comes after it waits.
    private func find(_ ids: [String], for envelope: Envelope, bytes: Int, from origin: Origin) {
        guard let link = origin.link else { return }
        link.hold(on: origin.connection) { [self] in
            var found = origin
            for id in ids { found.locations[id] = await directory.locate(id) }
            return { [self, found] in receive(envelope, bytes: bytes, from: found) }
        }
    }

    private func session(_ id: String, _ origin: Origin) -> RPCSession? {
        let session = location(of: id, origin)?.session
        // Its id alone does not open one whose client has a secret.
        return session?.isNegotiated == true ? nil : session
    }

    func location(of id: String, _ origin: Origin) -> SessionLocation? {
        origin.locations[id] ?? directory.location(of: id)
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
                wire: found.session.isNegotiated ? .plain : origin.wire,
                isNew: found.isNew,
                bytes: call.bytes,
                counters: call.counters
            )
            if found.session.admit(request, isOverRate: origin.isOverRate) { return }
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

    /// Where a call runs: an id that names no session is the application's, and opens none.
    private func session(for call: Call, from origin: Origin) -> Found? {
        let named = origin.wire == .kurento && !origin.isNegotiated ? call.params?.ownSessionID : nil
        switch origin.side {
        case .link(let carrier):
            let own = origin.session
            if let named, own?.id != named, let known = session(named, origin) {
                return Found(session: known, isNamed: true)
            }
            if let own { return Found(session: own, isHere: true, isNamed: named == own.id) }
            if let session = open(on: origin.connection, carrier, registerInfo: nil) {
                return Found(session: session, isNew: true, isHere: true)
            }
            reply(.error(.unavailable), to: call, from: origin)
            return nil
        case .post(let transient):
            guard let named else { return Found(session: transient, isNew: true) }
            if let known = session(named, origin) { return Found(session: known, isNamed: true) }
            reply(.error(.unknownSession), to: call, from: origin)
            return nil
        }
    }

    // MARK: The framework's methods

    private func ping(_ call: Call, from origin: Origin) {
        if let link = origin.link {
            let interval = call.params?.json["interval"]?.double.map(PingWatchdog.clamp(milliseconds:))
            link.pinged(on: origin.connection, interval: interval)
        }
        guard let id = call.id else { return }
        // The session id goes back as it came, whether it names a session or not.
        let named = origin.wire == .kurento ? call.params?.namedSessionID : nil
        send(ReplyWriter.pong(id, sessionID: named, on: origin.wire), to: call, from: origin)
    }

    private func connect(_ call: Call, from origin: Origin) {
        guard let link = origin.link else {
            return reply(.error(.invalidRequest.with("needs a connection that stays open")), to: call, from: origin)
        }
        // One that was replaced has nothing to say about sessions any more.
        guard origin.connection.closeReason == nil else { return }
        let offer = options.resume == nil ? nil : ResumeOffer(call.params?.json["resume"])
        let registerInfo =
            offer == nil ? call.params?.withoutSessionID : call.params?.withoutSessionID.without("resume")
        if let id = call.namedSessionID(on: origin.wire) {
            reconnect(to: id, offer, call, link, origin)
        } else if case .reconnect = specialMethod(call.method, on: origin.wire) {
            reply(.error(.invalidParams.with("'sessionId' is missing")), to: call, from: origin)
        } else if let session = origin.session {
            session.noteConnect(registerInfo)
            if !agree(to: offer, session, call, from: origin) { greet(call, session, from: origin) }
        } else {
            var hasAgreed = false
            let session = open(on: origin.connection, link, registerInfo: registerInfo) { session in
                hasAgreed = agree(to: offer, session, call, from: origin)
            }
            guard let session else { return reply(.error(.unavailable), to: call, from: origin) }
            if !hasAgreed { greet(call, session, from: origin) }
        }
    }

    private func reconnect(
        to id: String,
        _ offer: ResumeOffer?,
        _ call: Call,
        _ link: RPCConnection,
        _ origin: Origin
    ) {
        guard !isShuttingDown else { return reply(.error(.unavailable), to: call, from: origin) }
        if let offer, offer.back != nil { return resume(id, offer, call, link, origin) }
        // Only the session's own connection can add an agreement to it.
        if let session = origin.session, session.id == id, agree(to: offer, session, call, isBack: true, from: origin) {
            return
        }
        let answer = call.id.map { ReplyWriter.connected($0, sessionID: id, isBack: true, on: origin.wire) }
        let first = call.slot == nil ? answer.map(Message.init(text:)) : nil
        guard let session = session(id, origin), link.attach(session, on: origin.connection, answer: first) != nil
        else {
            return reply(.error(.unknownSession), to: call, from: origin)
        }
        if let (collector, index) = call.slot, let answer { collector.fill(index, with: answer) }
        if !callbacks.onReconnect.isEmpty { session.add(.reconnected, .arrival) }
    }

    /// Answers a `connect`, after the callback that hears of the new session.
    private func greet(_ call: Call, _ session: RPCSession, from origin: Origin) {
        guard let id = call.id else { return }
        let bytes = ReplyWriter.connected(id, sessionID: session.id, isBack: false, on: origin.wire)
        if let (collector, index) = call.slot {
            collector.fill(index, with: bytes)
        } else {
            origin.link?.send(Message(text: bytes), on: origin.connection, isGreeting: true)
        }
    }

    private func closeSession(_ call: Call, from origin: Origin, _ collector: ReplyCollector?) {
        let bye = call.id.map { EnvelopeWriter.response(id: $0.envelope, result: "bye") }
        let reason = CloseReason(.normalClosure, "Client sent close message")
        // A connection closes only its own session, whatever id it names; an HTTP request has nothing but the name.
        switch origin.side {
        case .link(let link):
            let attachment = link.attachment
            if let collector {
                if let bye { send(bye, to: call, from: origin) }
                // The batch is answered first.
                guard let attachment else { return }
                collector.whenDone { _ = attachment.session.end(by: attachment.generation, reason, farewell: nil) }
                return
            }
            let farewell = bye.map(Message.init(text:))
            let hasEnded = attachment.map { $0.session.end(by: $0.generation, reason, farewell: farewell) } ?? false
            if !hasEnded, let bye { send(bye, to: call, from: origin) }
        case .post:
            if let bye { send(bye, to: call, from: origin) }
            let session = call.namedSessionID(on: origin.wire).flatMap { endable($0, call, origin) }
            if let session { collector?.whenDone { session.end(reason, cancelling: true) } }
        }
    }

    /// Takes the answers to the server's calls that a client brings, and has nothing to give for them.
    private func poll(_ call: Call, from origin: Origin) {
        guard let answers = scanner.answers(in: call.params?.json) else {
            return reply(.error(.invalidParams.with("not an array of answers")), to: call, from: origin)
        }
        for answer in answers { complete(answer, from: origin) }
        guard let id = call.id else { return }
        send(EnvelopeWriter.response(id: id.envelope, result: []), to: call, from: origin)
    }

    // MARK: Answers to the server's calls

    private func complete(_ response: Envelope.Response, from origin: Origin) {
        let named =
            origin.wire == .kurento && !origin.isNegotiated
            ? response.ownSessionID.flatMap { session($0, origin) } : nil
        if let session = named ?? origin.session, let id = response.id?.callNumber,
            session.answerCall(Int64(id), response, on: origin.isNegotiated ? .plain : origin.wire)
        {
            return
        }
        logger.debug("answer to no call")
        origin.link?.countStrayAnswer(on: origin.connection)
    }

    // MARK: Replies

    private func refuse(_ invalid: Envelope.Invalid, from origin: Origin, _ collector: ReplyCollector?) {
        if invalid.isResponse {
            origin.link?.countStrayAnswer(on: origin.connection)
            return
        }
        metrics.refused("messages")
        let standard = invalid.code == RPCError.parseError.code ? RPCError.parseError : .invalidRequest
        let bytes = ReplyWriter.error(standard.with(invalid.reason), to: invalid.id.map(RPCID.init))
        if let collector {
            collector.fill(collector.reserve(), with: bytes)
        } else if origin.isCounting {
            origin.session?.sendAnswer(Message(text: bytes))
        } else {
            origin.link?.send(Message(text: bytes), on: origin.connection)
        }
    }

    func reply(_ reply: RPCReply, to call: Call, from origin: Origin) {
        guard let id = call.id else { return }
        send(ReplyWriter.reply(reply, to: id, sessionID: nil), to: call, from: origin)
    }

    private func send(_ bytes: ByteBuffer, to call: Call, from origin: Origin) {
        if let (collector, index) = call.slot {
            collector.fill(index, with: bytes)
        } else if call.counters.sequence != nil, origin.isCounting, let session = origin.session {
            // A request with a number has an answer with one, whoever answers it.
            session.sendAnswer(Message(text: bytes))
        } else {
            origin.link?.send(Message(text: bytes), on: origin.connection)
        }
    }
}
