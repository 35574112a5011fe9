// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport
internal import Logging
internal import Synchronization

/// Takes the messages of one connection and knows which session it carries.
final class ConnectionReceiver: MessageReceiver {
    private struct State {
        var session: RPCSession?
        var isClosed = false
        var hasSpoken = false
        var watchdog = PingWatchdog()
        /// The wait for the first message, later the watchdog's.
        var timer: ScheduledAction?
        /// Measures the messages of a client that has no session yet.
        var meter: RateMeter?
        var strayAnswers = 0
        var strayAnswersSince = Duration.zero
    }

    let wire: RPCOptions.Wire
    private let service: RPCService
    private let state: Mutex<State>

    init(service: RPCService, wire: RPCOptions.Wire) {
        self.service = service
        self.wire = wire
        state = Mutex(State(meter: service.limits.rate.map(RateMeter.init)))
    }

    /// The session this connection carries.
    var session: RPCSession? { state.withLock { $0.session } }

    /// Whether the link is gone.
    var isClosed: Bool { state.withLock { $0.isClosed } }

    /// Makes the session the one this connection carries; returns the one before.
    func bind(_ session: RPCSession) -> RPCSession? {
        state.withLock { state in
            defer { state.session = session }
            return state.session
        }
    }

    /// The connection no longer carries the session.
    func unbind(_ session: RPCSession) {
        state.withLock { state in
            if state.session === session { state.session = nil }
        }
    }

    // MARK: Messages

    func receive(_ message: Message, from connection: MessageConnection) {
        let timer = state.withLock { state -> ScheduledAction? in
            guard !state.hasSpoken else { return nil }
            state.hasSpoken = true
            return state.timer.take()
        }
        timer?.cancel()
        guard message.kind == .text else {
            return connection.close(.unsupportedData, reason: "Binary messages not supported")
        }
        let verdict = measure(message)
        guard verdict != .farOver else {
            service.metrics.refused("rate")
            return connection.close(.rateLimited, reason: "messages came too fast")
        }
        service.take(message, from: connection, self, isOverRate: verdict == .over)
    }

    /// Measures a message against the rate of the session, which outlives its connections.
    private func measure(_ message: Message) -> RateMeter.Verdict {
        guard service.limits.rate != nil else { return .allowed }
        let now = service.scheduler.now
        let verdict =
            if let session {
                session.state.withLock { $0.meter?.take(message.count, now: now) }
            } else {
                state.withLock { $0.meter?.take(message.count, now: now) }
            }
        return verdict ?? .allowed
    }

    func outboundDrained(_ connection: MessageConnection) {
        session?.hasRoom()
    }

    func connectionClosed(_ connection: MessageConnection, reason: CloseReason) {
        let (session, timer) = state.withLock { state in
            state.isClosed = true
            state.watchdog.disarm()
            return (state.session.take(), state.timer.take())
        }
        timer?.cancel()
        if !reason.isClean { reportLoss(ConnectionClosed(reason: reason), of: session, connection) }
        session?.lost(connection, reason.code, reason.text)
    }

    private func reportLoss(_ error: ConnectionClosed, of session: RPCSession?, _ connection: MessageConnection) {
        let callbacks = service.callbacks.onTransportError
        guard !callbacks.isEmpty else { return }
        if let session { return session.add(.transportError(error), on: connection) }
        let logger = service.logger
        startTask(on: connection.link.executor) {
            for callback in callbacks {
                do { try await callback(nil, error) } catch { logger.error("callback failed: \(error)") }
            }
        }
    }

    /// Sends a reply that no session's turn decides.
    func send(_ message: Message, on connection: MessageConnection) {
        // Behind what the session has to say: the connection may have no room left.
        if let session { return session.sendAnswer(message) }
        if connection.enqueue(message) == .full {
            connection.close(.slowConsumer, reason: "too many answers wait to be read")
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
            connection.close(CloseCode(rawValue: 4400), reason: "too many answers to no call")
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
        let (action, session, interval) = state.withLock { state in
            let action = state.watchdog.pinged(interval: interval, now: now)
            return (action, state.session, state.watchdog.interval)
        }
        perform(action, connection)
        session?.state.withLock { $0.pingInterval = interval }
    }

    /// The session of a client that has pinged moved here: watches it with the interval it named.
    func watch(_ connection: MessageConnection, interval: Duration) {
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
