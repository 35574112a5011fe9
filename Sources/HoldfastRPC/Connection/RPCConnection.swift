// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport
internal import Logging
internal import Synchronization

/// Takes the messages of one connection, and holds the session that it carries by an ``Attachment``.
final class RPCConnection: MessageReceiver {
    private struct State {
        var attachment: Attachment?
        var isClosed = false
        var hasSpoken = false
        /// Messages that came while a session is looked for.
        var held: HeldMessages?
        var watchdog = PingWatchdog()
        /// The wait for the first message, later the watchdog's.
        var timer: ScheduledAction?
        /// Measures the messages of a client that has no session yet.
        var meter: RateMeter?
        var strayAnswers = 0
        var strayAnswersSince = Duration.zero
    }

    /// How sessions show in its messages.
    let wire: RPCOptions.Wire
    private let service: RPCService
    private let state: Mutex<State>

    init(service: RPCService, wire: RPCOptions.Wire) {
        self.service = service
        self.wire = wire
        state = Mutex(State(meter: service.limits.rate.map(RateMeter.init)))
    }

    /// The session this connection carries; its last one when another connection has taken that over.
    var attachment: Attachment? { state.withLock { $0.attachment } }

    // MARK: Carrying a session

    /// Carries a session from now on, unless that has ended; the one before waits for its client to come back.
    ///
    /// - Parameter answer: Goes out before everything else that the session has to say.
    /// - Returns: `nil` when the session has ended.
    func attach(_ session: RPCSession, on connection: MessageConnection, answer: Message? = nil) -> Attachment? {
        guard !session.hasEnded, leave(for: session, connection),
            let attachment = session.attach(to: connection, self, answer: answer)
        else { return nil }
        carry(attachment, on: connection)
        return attachment
    }

    /// Carries a session that its client has the secret of; otherwise like ``attach(_:on:answer:)``.
    func attach(
        _ session: RPCSession,
        on connection: MessageConnection,
        _ offer: ResumeOffer,
        answer: (JSON) -> Message?
    ) -> SessionMachine.Return {
        guard leave(for: session, connection) else { return .unknown }
        let result = session.attach(to: connection, self, offer, answer: answer)
        if case .attached(let attachment, _) = result { carry(attachment, on: connection) }
        return result
    }

    /// Leaves the session it carries for another one; `false` when the connection ends with its session.
    private func leave(for session: RPCSession, _ connection: MessageConnection) -> Bool {
        guard let displaced = self.attachment, displaced.session !== session else { return true }
        // One step decides whether the connection ends with its session or goes to the other.
        guard let own = displaced.session.displace(displaced.generation) else { return false }
        for message in own { connection.reply(message) }
        return true
    }

    private func carry(_ attachment: Attachment, on connection: MessageConnection) {
        let session = attachment.session
        let isClosed = state.withLock { state in
            state.attachment = state.isClosed ? nil : attachment
            return state.isClosed
        }
        // The link may have gone before the session was there to be told.
        if isClosed {
            session.detach(attachment.generation, CloseReason(.abnormalClosure))
        } else if let interval = session.withMachine({ $0.pingInterval }) {
            watch(connection, interval: interval)
        }
    }

    /// Sends something that belongs to this connection.
    ///
    /// - Parameter isGreeting: Whether it goes out after what the session has said, and the application when it was told of it.
    func send(_ message: Message, on connection: MessageConnection, isGreeting: Bool = false) {
        guard let attachment else { return connection.reply(message) }
        let actions = attachment.session.withMachine { machine -> [SessionMachine.Action]? in
            guard machine.link?.attachment === attachment else { return nil }
            return isGreeting
                ? machine.sendGreeting(message, attachment.generation)
                : machine.sendControl(message, attachment.generation)
        }
        if let actions { attachment.session.perform(actions, .arrival) } else { connection.reply(message) }
    }

    // MARK: Messages

    func receive(_ message: Message, from connection: MessageConnection) {
        let (timer, isHeld) = state.withLock { state -> (ScheduledAction?, HeldMessages.Verdict?) in
            let isFirst = !state.hasSpoken
            state.hasSpoken = true
            return (isFirst ? state.timer.take() : nil, state.held?.add(message))
        }
        timer?.cancel()
        switch isHeld {
        case nil: dispatch(message, from: connection)
        case .held: break
        case .full: connection.close(.tryAgainLater, reason: "too many messages came while a session was looked for")
        }
    }

    private func dispatch(_ message: Message, from connection: MessageConnection) {
        guard message.kind == .text else {
            return connection.close(.unsupportedData, reason: "Binary messages not supported")
        }
        let verdict = measure(message)
        guard verdict != .farOver else {
            service.metrics.refused("rate")
            return connection.close(.rateLimited, reason: "messages came too fast")
        }
        let session = attachment?.session
        service.receive(
            message,
            from: Origin(
                connection: connection,
                side: .link(self),
                wire: wire,
                isOverRate: verdict == .over,
                isNegotiated: session?.isNegotiated == true,
                isCounting: session?.isCounting == true
            )
        )
    }

    /// Measures a message against the rate of the session, which outlives its connections.
    private func measure(_ message: Message) -> RateMeter.Verdict {
        guard service.limits.rate != nil else { return .allowed }
        let now = service.scheduler.now
        let verdict =
            if let attachment {
                attachment.session.withMachine { $0.meter?.take(message.count, now: now) }
            } else {
                state.withLock { $0.meter?.take(message.count, now: now) }
            }
        return verdict ?? .allowed
    }

    /// Keeps what comes until `find` has found what a message needs, then takes that message and what came after it, in order.
    ///
    /// - Parameter find: Returns what takes the message.
    func hold(
        on connection: MessageConnection,
        until find: @escaping @Sendable () async -> @Sendable () -> Void
    ) {
        let isFirst = state.withLock { state in
            defer { state.held = state.held?.searching() ?? HeldMessages() }
            return state.held == nil
        }
        if isFirst { connection.link.setReading(false) }
        Launch.enqueued.task(on: connection.link.executor) { [self] in
            let take = await find()
            // Without, the connection has closed meanwhile.
            guard state.withLock({ $0.held?.found() }) != nil else { return }
            take()
            // The next one may have to wait in turn, and those behind it with it.
            while let message = state.withLock({ $0.held?.next() }) { dispatch(message, from: connection) }
            let isOver = state.withLock { state in
                guard state.held?.isDone == true else { return false }
                state.held = nil
                return true
            }
            if isOver { connection.link.setReading(true) }
        }
    }

    func connectionClosed(_ connection: MessageConnection, reason: CloseReason) {
        let (attachment, timer) = state.withLock { state in
            state.isClosed = true
            state.held = nil
            state.watchdog.disarm()
            return (state.attachment.take(), state.timer.take())
        }
        timer?.cancel()
        if !reason.isClean { reportLoss(ConnectionClosed(reason: reason), of: attachment, connection) }
        attachment?.session.detach(attachment?.generation ?? 0, reason)
    }

    private func reportLoss(_ error: ConnectionClosed, of attachment: Attachment?, _ connection: MessageConnection) {
        let callbacks = service.callbacks.onTransportError
        guard !callbacks.isEmpty else { return }
        if let session = attachment?.session { return session.add(.transportError(error), .arrival) }
        let logger = service.logger
        Launch.arrival.task(on: connection.link.executor) {
            for callback in callbacks {
                do { try await callback(nil, error) } catch { logger.error("callback failed: \(error)") }
            }
        }
    }

    /// Counts an answer to no call; a client that sends many is broken.
    func countStrayAnswer(on connection: MessageConnection) {
        let now = service.scheduler.now
        let count = state.withLock { state in
            if now - state.strayAnswersSince >= .seconds(60) {
                state.strayAnswersSince = now
                state.strayAnswers = 0
            }
            state.strayAnswers += 1
            return state.strayAnswers
        }
        service.metrics.refused("answers")
        if count > service.limits.strayAnswers {
            connection.close(.protocolViolation, reason: "too many answers to no call")
        }
    }

    // MARK: Timers

    /// Closes the connection if the client never says anything.
    func expectFirstMessage(on connection: MessageConnection) {
        // Timers hold the connection until they fire or are cancelled, at the latest when it closes. An object that was once
        // referred to weakly is slower to count for the rest of its life.
        let timer = service.scheduler.schedule(after: service.limits.firstMessageTimeout) { [self] in
            guard !state.withLock({ $0.hasSpoken }) else { return }
            service.metrics.refused("firstMessageTimeout")
            connection.close(.policyViolation, reason: "no message came")
        }
        state.withLock { $0.timer = timer }
    }

    /// A ping came.
    func pinged(on connection: MessageConnection, interval: Duration?) {
        guard service.options.pingWatchdog else { return }
        let now = service.scheduler.now
        let (action, attachment, interval) = state.withLock { state in
            let action = state.watchdog.pinged(interval: interval, now: now)
            return (action, state.attachment, state.watchdog.interval)
        }
        perform(action, connection)
        attachment?.session.withMachine { $0.pingInterval = interval }
    }

    /// The session of a client that has pinged moved here: watches it with the interval it named.
    private func watch(_ connection: MessageConnection, interval: Duration) {
        guard service.options.pingWatchdog else { return }
        let now = service.scheduler.now
        perform(state.withLock { $0.watchdog.arm(interval: interval, now: now) }, connection)
    }

    private func perform(_ action: PingWatchdog.Action, _ connection: MessageConnection) {
        switch action {
        case .none:
            break
        case .schedule(let delay):
            let timer = service.scheduler.schedule(after: delay) { [self] in
                let now = service.scheduler.now
                perform(state.withLock { $0.watchdog.timerFired(now: now) }, connection)
            }
            let (old, isClosed) = state.withLock { state in
                defer { state.timer = timer }
                return (state.timer, state.isClosed)
            }
            old?.cancel()
            if isClosed { timer.cancel() }
        case .close:
            service.logger.info("closing a connection whose client stopped pinging")
            connection.close(.normalClosure, reason: PingWatchdog.closeReason)
        }
    }
}
