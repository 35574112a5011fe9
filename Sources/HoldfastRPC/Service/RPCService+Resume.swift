// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport

/// Sessions whose clients lose nothing.
extension RPCService {
    /// Agrees with the client of a connection to lose nothing, and answers, before anything that is counted; `false` when there is
    /// nothing to agree to.
    func agree(
        to offer: ResumeOffer?,
        _ session: RPCSession,
        _ call: Call,
        isBack: Bool = false,
        from origin: Origin
    ) -> Bool {
        guard let offer, offer.back == nil, let id = call.id, call.slot == nil, let link = origin.link,
            let attachment = link.attachment, let agreed = session.negotiate(offer, on: attachment)
        else { return false }
        let bytes = ReplyWriter.connected(id, sessionID: session.id, isBack: isBack, resume: agreed, on: origin.wire)
        link.send(Message(text: bytes), on: origin.connection)
        return true
    }

    /// Gives a session back to a client that knows its secret.
    func resume(_ id: String, _ offer: ResumeOffer, _ call: Call, _ link: RPCConnection, _ origin: Origin) {
        guard call.slot == nil else {
            return reply(.error(.invalidRequest.with("a batch is no way back")), to: call, from: origin)
        }
        switch location(of: id, origin) {
        case .local(let session):
            if let refusal = session.refusal(of: offer) { return refuse(refusal, session, offer, call, origin) }
            let result = link.attach(session, on: origin.connection, offer) { resume in
                call.id.map {
                    Message(
                        text: ReplyWriter.connected($0, sessionID: id, isBack: true, resume: resume, on: origin.wire)
                    )
                }
            }
            guard case .attached = result else { return refuse(result, session, offer, call, origin) }
            metrics.resumed()
            if !callbacks.onReconnect.isEmpty { session.add(.reconnected, .arrival) }
        case .tombstone(let tombstone): refuse(tombstone, offer, call, origin)
        case .remote, .unknown, nil: reply(.error(ResumeWriter.unknown(received: nil)), to: call, from: origin)
        }
    }

    private func refuse(
        _ refusal: SessionMachine.Return,
        _ session: RPCSession,
        _ offer: ResumeOffer,
        _ call: Call,
        _ origin: Origin
    ) {
        switch refusal {
        case .attached: break
        case .superseded:
            reply(.error(.superseded), to: call, from: origin)
            origin.connection.close(.superseded, reason: "a later attempt has the session")
        case .impossible(let reason):
            metrics.refused("counters")
            reply(.error(.invalidRequest.with(reason)), to: call, from: origin)
            origin.connection.close(.protocolViolation, reason: reason)
        case .unknown:
            // One that has just ended is not remembered yet.
            let tombstone = session.hasEnded ? session.withMachine { $0.resume?.tombstone } : nil
            refuse(tombstone, offer, call, origin)
        }
    }

    private func refuse(_ tombstone: Tombstone?, _ offer: ResumeOffer, _ call: Call, _ origin: Origin) {
        let received = tombstone.flatMap { tombstone in
            offer.back.flatMap { tombstone.knows($0) ? tombstone.received : nil }
        }
        reply(.error(ResumeWriter.unknown(received: received)), to: call, from: origin)
    }

    /// The session that an HTTP request may end: by its id, or by its secret where there is one.
    func endable(_ id: String, _ call: Call, _ origin: Origin) -> RPCSession? {
        guard let session = location(of: id, origin)?.session else { return nil }
        guard session.isNegotiated else { return session }
        guard let token = call.params?.json["resume"]?["token"]?.string else { return nil }
        return session.withMachine { $0.resume?.knows(token: token) } == true ? session : nil
    }

    // MARK: Counters

    /// Takes the counters of a message that is no request; `false` when it is to be taken no further.
    func takes(_ counters: MessageCounters, bytes: Int, isCounted: Bool, from origin: Origin) -> Bool {
        guard origin.isCounting, let session = origin.session else { return true }
        return session.accept(counters, bytes: bytes, isCounted: isCounted, from: origin.connection)
    }

    /// The client tells how far messages have come.
    func acknowledged(_ call: Call, from origin: Origin) {
        guard let received = call.params?.json["rcv"]?.int, received >= 0 else {
            return origin.connection.close(.protocolViolation, reason: "'rcv' is no number of a message")
        }
        _ = takes(MessageCounters(received: UInt64(received)), bytes: 0, isCounted: false, from: origin)
    }

    /// The client tells of messages that will not come.
    func skip(_ call: Call, from origin: Origin) {
        guard let first = call.params?.json["from"]?.int, let last = call.params?.json["to"]?.int, first > 0,
            first <= last, last <= Int(MessageCounters.maximum)
        else { return }
        let reason = call.params?.json["why"]?.string ?? ""
        let isNext = origin.session?.skip(
            UInt64(first)...UInt64(last),
            reason: String(reason.prefix(64)),
            over: origin.connection
        )
        if isNext == false {
            origin.connection.close(.protocolViolation, reason: "the gap does not follow what was received")
        }
    }
}
