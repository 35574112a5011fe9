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
        let method = wire.connectMethod
        transmit(EnvelopeWriter.request(id: Envelope.ID(id), method: method, sessionID: sessionID), now)
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
        case .result(let result):
            if let sessionID, let other = result.sessionID, other != sessionID { sessionChanged = true }
            sessionID = result.sessionID ?? (isReattaching ? sessionID : nil)
            opened(now)
        case .error(let json):
            let error = RPCError(answer: json)
            let isUnknownMethod = error.code == RPCError.methodNotFound.code
            if isReattaching, error.code == RPCError.unknownSession.code {
                sessionID = nil
                isReattaching = false
                sessionChanged = true
                sendConnect(now)
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
    }

    private mutating func opened(_ now: Duration) {
        disarm(.connection)
        phase = .open
        attempts = 0
        lastReceived = now
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
        flushQueue(now)
    }

    /// Whoever made them no longer waits.
    private mutating func forgetRequests() {
        serving.removeAll()
        heldAnswers = []
    }

    /// The attempt failed before the connection stood.
    mutating func dialFailed(_ error: RPCClientError, _ now: Duration) {
        disarm(.connection)
        if phase == .attaching, isReattaching, attachID != nil { lateConnects += 1 }
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
        switch phase {
        case .attaching, .dialing:
            dialFailed(RPCClientError(.transport, "the connection was closed: \(reason)"), now)
        case .closing: finish("closed", now)
        // The server leaves the link when it has moved the session; the answer over the other one is on its way.
        case .open where move?.isAsked == true: move?.leftEnded = true
        case .open: reconnect(reason, now)
        case .idle, .waiting, .closed: break
        }
    }

    /// Leaves the link and begins to make another.
    mutating func reconnect(_ reason: CloseReason, _ now: Duration) {
        settle(now)
        leaveLink(reason)
        abandonMove()
        pingID = nil
        for timer in [Timer.heartbeat, .idle, .probe] { disarm(timer) }
        lostAt = now
        if reason.code == .replaced {
            // Another connection has this session now; taking it back would make the two fight, unless it was ours.
            guard lateConnects > 0 else { return giveUp(RPCClientError(.transport, "\(reason)")) }
            lateConnects -= 1
        }
        actions.append(.emit(.reconnecting))
        scheduleRetry(RPCClientError(.transport, "the connection was lost: \(reason)"), now)
    }

    private mutating func scheduleRetry(_ error: RPCClientError, _ now: Duration) {
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

    private mutating func giveUp(_ error: RPCClientError) {
        phase = .idle
        sessionID = nil
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
            for timer in [Timer.heartbeat, .idle, .probe] { disarm(timer) }
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
        phase = .closed
        for timer in [Timer.connection, .retry, .heartbeat, .idle, .closing, .probe] { disarm(timer) }
        leaveLink(CloseReason(.normalClosure))
        failAll(.closed)
        if wasConnected { actions.append(.emit(.disconnected(words))) }
        actions.append(.finished)
    }

    // MARK: Heartbeat and silence

    mutating func setHeartbeat(_ interval: Duration?, _ now: Duration) {
        heartbeat = interval
        disarm(.heartbeat)
        pingID = nil
        if phase == .open { startHeartbeat(now) }
    }

    mutating func startHeartbeat(_ now: Duration) {
        guard heartbeat != nil else { return }
        nextPingNamesInterval = true
        pingID = nil
        ping(now)
    }

    private mutating func ping(_ now: Duration) {
        guard let heartbeat else { return }
        let id = makeID()
        pingID = id
        var params: JSON?
        if nextPingNamesInterval {
            let milliseconds = (heartbeat / .milliseconds(1)).rounded()
            params = ["interval": JSON(integerLiteral: Int(exactly: milliseconds) ?? .max)]
            nextPingNamesInterval = false
        }
        // Not counted as activity: a connection with nothing but pings stays alive by the answers.
        let message = EnvelopeWriter.request(id: Envelope.ID(id), method: wire.pingMethod, params: params)
        actions.append(.send(message, id: nil, over: link))
        arm(.heartbeat, after: heartbeat, now)
    }

    mutating func heartbeatDue(_ now: Duration) {
        guard let heartbeat, phase == .open else { return }
        guard pingID != nil else { return ping(now) }
        // Whatever arrived proves that the server lives, even while its answer waits behind a large message.
        let deadline = lastReceived + heartbeat * 2
        guard now >= deadline else { return arm(.heartbeat, after: min(deadline - now, heartbeat), now) }
        reconnect(CloseReason(.goingAway, "ping timeout"), now)
    }

    mutating func idleDue(_ now: Duration) {
        guard phase == .open else { return }
        let deadline = lastActivity + settings.idleTimeout
        guard now >= deadline else { return arm(.idle, after: deadline - now, now) }
        reconnect(CloseReason(.goingAway, "idle timeout"), now)
    }
}

extension CarriedValue {
    /// Whether this is a session id and nothing else.
    fileprivate var isSessionID: Bool { sessionID != nil && json.members?.count == 1 }
}

extension RPCError {
    /// Whether an application answered with this error: the codes of the specification and the framework are others.
    fileprivate var isOfApplication: Bool {
        code != RPCError.unknownSession.code && !(-32768 ... -32000).contains(code)
    }
}
