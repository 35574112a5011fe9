// SPDX-License-Identifier: Apache-2.0
internal import HoldfastRPC
internal import HoldfastTransport
internal import NIOCore

extension ClientMachine {
    var transport: Transport { settings.transports[transportIndex] }

    /// Makes the first connection.
    mutating func startConnecting(_ now: Duration) {
        attempts = 0
        lostAt = nil
        startAttempt(now)
    }

    /// Tries every transport once, beginning with the one that worked last.
    mutating func startAttempt(_ now: Duration) {
        transportsTried = 0
        dial(now)
    }

    private mutating func dial(_ now: Duration) {
        phase = .dialing
        link = makeLink()
        transportsTried += 1
        attachID = nil
        actions.append(.dial(link, transport))
        arm(.connection, after: settings.connectionTimeout, now)
    }

    mutating func attach(_ now: Duration) {
        phase = .attaching
        isReattaching = sessionID != nil
        sessionChanged = lostAt != nil && sessionID == nil
        hasChangedWire = false
        sendConnect(now)
    }

    private mutating func sendConnect(_ now: Duration) {
        let id = makeID()
        attachID = id
        transmit(connectRequest(id), now)
    }

    /// Asks again as the other kind of server wants it.
    private mutating func changeWire(_ now: Duration) {
        hasChangedWire = true
        wire = wire == .plain ? .kurento : .plain
        sendConnect(now)
    }

    mutating func attachAnswered(_ response: Envelope.Response, _ now: Duration) {
        attachID = nil
        switch response.outcome {
        case .result(let result) where wire == .plain && !result.isSessionID && !hasChangedWire:
            // A word of the application's.
            changeWire(now)
        case .result(let result): attached(result, now)
        case .error(let json): attachFailed(RPCError(answer: json), now)
        }
    }

    private mutating func attached(_ result: CarriedValue, _ now: Duration) {
        let resume = result.json["resume"]
        if resumption != nil {
            if let terms = ReturnTerms(resume) {
                guard cameBack(terms, over: link, now) else { return }
                return opened(now)
            }
            // A server that does not know what it was asked has opened another.
            loseSession(nil)
        }
        let isNew = sessionID == nil
        if let sessionID, let other = result.sessionID, other != sessionID { sessionChanged = true }
        sessionID = result.sessionID ?? (isReattaching ? sessionID : nil)
        if isNew, let buffer = settings.resume {
            resumption = Resumption(resume, own: buffer, attempt: attempt)
        }
        opened(now)
    }

    private mutating func attachFailed(_ error: RPCError, _ now: Duration) {
        let isUnknownMethod = error.code == RPCError.methodNotFound.code
        if isReattaching, error.code == RPCError.unknownSession.code {
            loseSession(ReturnTerms.number(error.data?["resume"]?["rcv"]))
            sessionID = nil
            isReattaching = false
            sessionChanged = true
            sendConnect(now)
        } else if resumption != nil, error.code == RPCError.superseded.code {
            superseded(RPCClientError(remote: error), now)
        } else if resumption != nil, error.code == RPCError.invalidRequest.code {
            startAnew(RPCClientError(remote: error), now)
        } else if !hasChangedWire, wire == .plain && (isUnknownMethod || error.isOfApplication) {
            // Kurento's servers leave a method that they do not know to the application.
            changeWire(now)
        } else if !hasChangedWire, isUnknownMethod, isReattaching {
            changeWire(now)
        } else if isUnknownMethod, !isReattaching {
            // A server of JSON-RPC alone: no sessions, but calls work.
            wire = .plain
            opened(now)
        } else {
            dialFailed(RPCClientError(remote: error), now)
        }
    }

    private mutating func opened(_ now: Duration) {
        disarm(.connection)
        phase = .open
        attempts = 0
        lastReceived = now
        resend(now)
        let event: RPCClientEvent
        if lostAt == nil {
            event = .connected(transport)
        } else {
            if sessionChanged {
                failSent()
                forgetRequests()
                lateConnects = 0
            }
            event = .reconnected(sameServer: !sessionChanged)
        }
        lostAt = nil
        actions.append(.emit(event))
        arm(.idle, after: settings.idleTimeout, now)
        startHeartbeat(now)
        probeBackoff = settings.probeDelay ?? .zero
        scheduleProbe(now)
        scheduleAcknowledgement(now)
        flushQueue(now)
    }

    /// Whoever made them no longer waits.
    mutating func forgetRequests() {
        serving.removeAll()
        heldAnswers = []
    }

    /// The attempt failed before the connection stood.
    mutating func dialFailed(_ error: RPCClientError, _ now: Duration) {
        disarm(.connection)
        if phase == .attaching, isReattaching, resumption == nil, attachID != nil { lateConnects += 1 }
        leaveLink(CloseReason(.goingAway))
        if transportsTried < settings.transports.count {
            transportIndex = (transportIndex + 1) % settings.transports.count
            return dial(now)
        }
        // The next attempt begins with the best again.
        transportIndex = 0
        if lostAt == nil {
            phase = .idle
            actions.append(.emit(.connectionFailed(error)))
            failAll(error)
        } else {
            scheduleRetry(error, now)
        }
    }

    /// The link is gone without our doing.
    mutating func linkLost(_ reason: CloseReason, _ now: Duration) {
        // What the server said last may have come without its close.
        let reason = detached.map { CloseReason($0) } ?? reason
        switch phase {
        case .attaching where resumption != nil && reason.code == .superseded:
            superseded(RPCClientError(.transport, "\(reason)"), now)
        case .attaching, .dialing:
            lossTells(reason)
            dialFailed(RPCClientError(.transport, "the connection was closed: \(reason)"), now)
        case .closing: finish("closed", now)
        // The server leaves the link when it has moved the session; the answer over the other one is on its way.
        case .open where move?.isAsked == true: move?.leftEnded = true
        case .open:
            lossTells(reason)
            reconnect(reason, now)
        case .idle, .waiting, .closed: break
        }
    }

    /// What the server closes a link for may happen again and again.
    private mutating func lossTells(_ reason: CloseReason) {
        switch reason.code {
        case .messageTooBig:
            dropLargest()
            strike()
        case .protocolViolation: strike()
        default: break
        }
    }

    /// A link has no room for what has to go out over it.
    mutating func overflowed(_ now: Duration) {
        guard phase == .open, resumption != nil else { return }
        strike()
        reconnect(CloseReason(.goingAway, "the connection's outbound queue is full"), now)
    }

    /// Leaves the link and begins to make another.
    mutating func reconnect(_ reason: CloseReason, _ now: Duration) {
        settle(now)
        leaveLink(reason)
        abandonMove()
        pingID = nil
        for timer in [Timer.heartbeat, .idle, .probe, .acknowledgement, .goAway] { disarm(timer) }
        lostAt = now
        guard mayComeBack(after: reason) else { return giveUp(RPCClientError(.transport, "\(reason)")) }
        actions.append(.emit(.reconnecting))
        scheduleRetry(RPCClientError(.transport, "the connection was lost: \(reason)"), now)
    }

    /// Another connection may have the session now; taking it back would make the two fight, unless it was ours.
    private mutating func mayComeBack(after reason: CloseReason) -> Bool {
        switch (reason.code, resumption) {
        // An attempt over a link that was left may have come late.
        case (.replaced, let resumption?), (.migrated, let resumption?): return attempt > resumption.acceptedAttempt
        case (.replaced, nil):
            guard lateConnects > 0 else { return false }
            lateConnects -= 1
            return true
        default: return true
        }
    }

    mutating func scheduleRetry(_ error: RPCClientError, _ now: Duration) {
        let policy = settings.reconnection
        // Twenty doublings are more than any sensible maximum.
        let bound = min(policy.initialDelay * (1 << min(attempts, 20)), policy.maximumDelay)
        let delay = bound * settings.random()
        attempts += 1
        if let maximumTime = policy.maximumTime, let lostAt, now + delay - lostAt >= maximumTime {
            return giveUp(error)
        }
        phase = .waiting
        arm(.retry, after: delay, now)
    }

    mutating func giveUp(_ error: RPCClientError) {
        phase = .idle
        sessionID = nil
        resumption = nil
        supersessions = 0
        lateConnects = 0
        forgetRequests()
        actions.append(.emit(.disconnected(error.message)))
        failAll(error)
    }

    // MARK: Closing

    mutating func close(_ sendCloseMessage: Bool, _ now: Duration) {
        switch phase {
        case .closed: actions.append(.finished)
        case .closing: break
        case .open where sendCloseMessage:
            failAll(.closed)
            settle(now)
            followMove()
            for timer in [Timer.heartbeat, .idle, .probe, .acknowledgement, .goAway] { disarm(timer) }
            phase = .closing
            let id = makeID()
            closeID = id
            transmit(EnvelopeWriter.request(id: Envelope.ID(id), method: wire.closeMethod), now)
            arm(.closing, after: settings.closeTimeout, now)
        default: finish("closed", now)
        }
    }

    mutating func finish(_ words: String, _ now: Duration) {
        let wasConnected = phase == .open || phase == .closing || lostAt != nil
        settle(now)
        abandonMove()
        // The server was told that nobody comes back.
        if phase == .closing { resumption = nil }
        phase = .closed
        for timer in [Timer.connection, .retry, .heartbeat, .idle, .closing, .probe, .acknowledgement, .goAway] {
            disarm(timer)
        }
        leaveLink(CloseReason(.normalClosure))
        failAll(.closed)
        if wasConnected { actions.append(.emit(.disconnected(words))) }
        actions.append(.finished)
    }
}

extension CarriedValue {
    /// Whether this is a session id, what was agreed for it, and nothing else.
    fileprivate var isSessionID: Bool {
        guard sessionID != nil, let members = json.members else { return false }
        return members.allSatisfy { $0.key == "sessionId" || $0.key == "resume" && $0.value.kind == .object }
    }
}

extension RPCError {
    /// Whether an application answered with this error: the codes of the specification and the framework are others.
    fileprivate var isOfApplication: Bool {
        code != RPCError.unknownSession.code && !(-32768 ... -32000).contains(code)
    }
}
