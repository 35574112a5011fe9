// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport
internal import Logging
internal import Synchronization

extension RPCSession {
    // MARK: Coming and going

    /// Makes `connection` the session's connection, sends `answer` there first, then what the session has kept.
    ///
    /// The only way a session and a connection meet. A connection the session had before is closed with 4409.
    /// - Returns: `false` when the session has ended.
    func attach(to connection: MessageConnection, _ receiver: ConnectionReceiver, answer: Message? = nil) -> Bool {
        let service = service
        // First here, so that a later attach elsewhere finds it to undo.
        let displaced = receiver.bind(self)
        let attached = state.withLock {
            $0.attach(connection, receiver, answer: answer, now: service.scheduler.now)
        }
        guard let attached else {
            receiver.unbind(self)
            if let displaced { displaced.lost(connection, .normalClosure, "connected to another session") }
            return false
        }
        attached.expiry?.cancel()
        if let old = attached.replaced {
            old.receiver.unbind(self)
            old.connection.close(.replaced, reason: "replaced")
        }
        if let displaced, displaced !== self {
            displaced.lost(connection, .normalClosure, "connected to another session")
        }
        if let interval = attached.pingInterval { receiver.watch(connection, interval: interval) }
        pump()
        // The link may have gone before the session was there to be told.
        if receiver.isClosed { lost(connection, .abnormalClosure, "") }
        return true
    }

    /// The connection no longer carries the session; starts the time to come back.
    func lost(_ connection: MessageConnection, _ code: CloseCode, _ text: String) {
        let service = service
        guard let (generation, timeout) = state.withLock({ $0.detach(connection, now: service.scheduler.now) })
        else { return }
        let reason = CloseReason(code, text)
        let timer = service.scheduler.schedule(after: max(timeout, .zero)) { [self] in
            guard state.withLock({ $0.isAway(since: generation) }) else { return }
            end(reason, cancelling: true)
        }
        if !state.withLock({ $0.setExpiry(timer, generation: generation) }) { timer.cancel() }
    }

    // MARK: End

    /// Ends the session, once.
    ///
    /// - Parameters:
    ///   - reason: what the close callback is told.
    ///   - farewell: the last message of the connection.
    ///   - closing: what the connection is closed with; default 1000.
    ///   - cancelling: whether handlers that still run are cancelled, as nobody waits for them.
    func end(
        _ reason: CloseReason,
        farewell: Message? = nil,
        closing: CloseReason = CloseReason(.normalClosure),
        cancelling: Bool
    ) {
        guard let ended = state.withLock({ $0.end(reason) }) else { return }
        if !isTransient {
            service.registry.remove(self)
            service.metrics.sessionClosed()
            service.logger.debug("session ended", metadata: logMetadata(["reason": "\(reason)"]))
        }
        ended.expiry?.cancel()
        if let attachment = ended.attachment {
            attachment.receiver.unbind(self)
            let unsent = ended.unsent + (farewell.map { [$0] } ?? [])
            let dropped = unsent.count { attachment.connection.enqueue($0) != .queued }
            if dropped > 0 {
                service.logger.debug("messages dropped at the end: \(dropped)", metadata: logMetadata())
            }
            attachment.connection.close(closing.code, reason: closing.text)
        }
        for request in ended.unstarted {
            request.route.refuse(.unknownSession.with("the session has ended"), request.id)
        }
        for call in ended.calls {
            call.timer?.cancel()
            call.continuation.resume(throwing: RPCSessionError(.ended))
        }
        if cancelling { for task in ended.tasks { task.cancel() } }
        if ended.startsTelling { tellEvents(on: ended.attachment?.connection) }
    }

    // MARK: Sending

    /// Queues a message and gives what is queued to the connection.
    ///
    /// - Throws: ``RPCSessionError``: the session has ended or has no room. A session without room for an *answer* is ended, as
    ///   its client could never learn what it asked for.
    func send(_ message: Message, _ kind: Outbox.Kind) throws(RPCSessionError) {
        let limits = service.limits.outbox
        let (appended, hasEnded, first) = state.withLock { state in
            guard !state.hasEnded else { return (false, true, nil as (Message, SessionState.Attachment)?) }
            let appended = state.outbox.append(message, kind, limits: limits)
            return (appended, false, appended ? state.beginPumping() : nil)
        }
        if hasEnded { throw RPCSessionError(.ended) }
        guard appended else {
            service.metrics.refused("outbox")
            throw RPCSessionError(.outboxFull)
        }
        if let first { pump(from: first) }
    }

    /// Sends an answer; a session that has no room for it ends, since its client would wait for ever.
    func sendAnswer(_ message: Message) {
        do {
            try send(message, .answer)
        } catch  where error.code == .outboxFull {
            overflow()
        } catch {
            service.logger.debug("answer dropped: \(error)", metadata: logMetadata())
        }
    }

    func overflow() {
        let reason = CloseReason(.slowConsumer, "too many answers wait to be read")
        service.logger.warning("session ended: \(reason.text)", metadata: logMetadata())
        end(reason, closing: reason, cancelling: true)
    }

    /// Gives queued messages to the connection, unless someone does already.
    func pump() {
        if let first = state.withLock({ $0.beginPumping() }) { pump(from: first) }
    }

    func pump(from first: (Message, SessionState.Attachment)) {
        var next: (Message, SessionState.Attachment)? = first
        while let (message, attachment) = next {
            let isTaken = attachment.connection.enqueue(message) == .queued
            next = state.withLock { state in
                if !isTaken {
                    guard !state.hasEnded else { return nil }
                    state.outbox.refused(message, isCurrent: state.attachment?.generation == attachment.generation)
                }
                return state.nextToSend()
            }
        }
    }

    /// The connection has room again.
    func hasRoom() {
        state.withLock { $0.outbox.unblock() }
        pump()
    }

    // MARK: Telling the application

    func add(_ event: SessionState.Event, on connection: MessageConnection?) {
        let starts = state.withLock { $0.hasEnded ? false : $0.add(event) }
        if starts { tellEvents(on: connection) }
    }

    /// Sends the answer to a `connect`: after the callbacks under way, so that what those send comes before it.
    func answerInTurn(_ message: Message) {
        let isLater = state.withLock { state in
            guard state.isTelling, !state.hasEnded else { return false }
            _ = state.add(.answer(message))
            return true
        }
        if !isLater { sendAnswer(message) }
    }

    /// A `connect` of a client that is connected: not the session's first message any more, but perhaps its first `connect`.
    func noteConnect(_ params: JSON?) {
        state.withLock { $0.isNew = false }
        register.withLock { if $0 == nil { $0 = params } }
    }

    /// Tells events until none are left, then lets requests start.
    func tellEvents(on connection: MessageConnection?) {
        startTask(on: connection?.link.executor) { [self] in
            let limit = service.limits.running
            while true {
                let (event, starts, waiters) = state.withLock { state in
                    let (event, starts) = state.nextEvent(runningLimit: limit)
                    state.noteStarts(starts)
                    return (event, starts, state.takeQuietWaiters())
                }
                guard let event else {
                    for start in starts { run(start) }
                    for waiter in waiters { waiter.resume() }
                    return
                }
                await tell(event)
            }
        }
    }

    private func tell(_ event: SessionState.Event) async {
        // Nobody heard of a transient session's beginning.
        guard !isTransient else { return }
        let callbacks = service.callbacks
        switch event {
        case .opened:
            for callback in callbacks.onOpen { await tell { try await callback(self) } }
        case .reconnected:
            for callback in callbacks.onReconnect { await tell { try await callback(self) } }
        case .transportError(let error):
            for callback in callbacks.onTransportError { await tell { try await callback(self, error) } }
        case .closed(let reason):
            for callback in callbacks.onClose { await tell { try await callback(self, reason) } }
        case .answer(let message):
            sendAnswer(message)
        }
    }

    /// Runs a callback; what it throws goes to the callback for that, and life goes on.
    private func tell(_ callback: () async throws -> Void) async {
        do {
            try await callback()
        } catch {
            service.logger.error("callback failed: \(error)", metadata: logMetadata())
            await service.callbacks.uncaughtError(self, error)
        }
    }

    func logMetadata(_ more: Logger.Metadata = [:]) -> Logger.Metadata {
        more.merging(["session": "\(shortID)"]) { first, _ in first }
    }
}
