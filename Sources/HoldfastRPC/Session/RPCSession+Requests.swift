// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport
internal import Logging

extension RPCSession {
    typealias Start = SessionMachine.Start

    /// Takes a request in: it runs at once, waits for its turn, or is refused.
    ///
    /// - Returns: `false` when the session has ended and cannot take it.
    ///
    /// - Parameter isOverRate: Whether its client sends faster than it may.
    func admit(_ request: InboundRequest, isOverRate: Bool = false) -> Bool {
        // Whatever becomes of it, its number counts.
        let refusal: RPCError? =
            service.isShuttingDown
            ? .unavailable : service.takes(request) && !isOverRate ? nil : .tooManyRequests
        let blocks = request.handler.blocks(by: service.options.concurrency)
        let (admission, isLaunched, actions) = changeState { state, now in
            var actions: [SessionMachine.Action] = []
            let admission = state.machine.admit(request, blocks: blocks, refusal: refusal, now, &actions)
            guard case .start(let ticket) = admission, state.launching > 0 else { return (admission, false, actions) }
            launch(Start(ticket: ticket, request: request), &state)
            return (admission, true, actions)
        }
        if !actions.isEmpty { perform(actions, .arrival) }
        switch admission {
        case .ended: return false
        case .start(let ticket): if !isLaunched { run(Start(ticket: ticket, request: request), .arrival) }
        case .waits: break
        case .repeated: service.logger.debug("request repeated while in flight", metadata: logMetadata())
        case .answered(let message): sendAnswer(message)
        case .refused(let error): refuse(request, error)
        case .violation(let reason): request.connection.close(.protocolViolation, reason: reason)
        }
        return true
    }

    private func refuse(_ request: InboundRequest, _ error: RPCError) {
        service.metrics.refused("requests")
        if request.id == nil {
            service.lines.log(.notice, "notification dropped: \(error)", logMetadata(), reason: "notifications")
        }
        answer(request, .error(error), isRefusal: true)
    }

    // MARK: Running

    /// Starts a request on its connection's loop.
    func run(_ start: Start, _ launch: Launch) {
        guard launch == .immediate else {
            withState { self.launch(start, &$0) }?.cancel()
            return
        }
        let task = launch.task(on: start.request.connection.link.executor) { [self] in await serve(start) }
        if withMachine({ $0.setTask(task, of: start.ticket) }) { task.cancel() }
    }

    /// Starts the requests that get their turn by a change, each in a turn of its own.
    func launch(_ change: (inout SessionMachine) -> [Start]) {
        withState { state in
            for start in change(&state.machine) { launch(start, &state) }
        }
    }

    /// Starts a request in a turn of its own, in the step that gave it its turn: what gets its turn later stands behind it.
    ///
    /// Under the session's lock, which an executor that takes a job does not come back to.
    /// - Returns: The task if it is to be cancelled, as the session has ended since the request got its turn.
    @discardableResult
    private func launch(_ start: Start, _ state: inout State) -> Task<Void, Never>? {
        state.launching += 1
        let task = Launch.enqueued.task(on: start.request.connection.link.executor) { [self] in
            withState { $0.launching -= 1 }
            await serve(start)
        }
        return state.machine.setTask(task, of: start.ticket) ? task : nil
    }

    private func serve(_ first: Start) async {
        var next: Start? = first
        while let start = next {
            let outcome = await Serving.$current.withValue(Serving(session: self, ticket: start.ticket)) {
                await start.request.handler.run(start.request, self, start.ticket)
            }
            next = settle(start, outcome)
        }
    }

    /// Answers a request that has run and lets the next ones start; the last of those is the caller's to run.
    private func settle(_ start: Start, _ outcome: RequestOutcome) -> Start? {
        var message: Message?
        switch outcome {
        case .goesOn: return nil
        case .answered: break
        case .answer(let reply):
            // Answer and turn change in one step: this is the path of nearly every request.
            if start.request.route.isSession, let id = start.request.id {
                message = Message(text: ReplyWriter.reply(reply, to: id, session: self, on: start.request.wire))
            } else {
                answer(start.request, reply)
            }
        }
        let starts = finish(start.ticket, message, to: start.request)
        for start in starts.dropLast() { run(start, .immediate) }
        return starts.last
    }

    /// Ends a request, sends its answer, and tells which requests start now.
    private func finish(_ ticket: UInt64, _ message: Message?, to request: InboundRequest? = nil) -> [Start] {
        let (finish, waiters) = changeState { state, now in
            (state.machine.finish(ticket, answer: message, to: request, now), state.takeQuietWaiters())
        }
        finish.wake?.connection.sourceIsReady()
        for waiter in waiters { waiter.resume() }
        if finish.isFull { overflow() }
        return finish.starts
    }

    // MARK: The transaction's side

    /// Ends a request whose answer is out already.
    func finish(_ ticket: UInt64) {
        let waiters = changeState { state, now in
            for start in state.machine.finish(ticket, answer: nil, to: nil, now).starts { launch(start, &state) }
            return state.takeQuietWaiters()
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Lets the requests behind this one start although it goes on.
    func release(_ ticket: UInt64) {
        launch { $0.release(ticket) }
    }

    func markAnswered(_ ticket: UInt64) {
        withMachine { $0.requests.markAnswered(ticket) }
    }

    /// Sends a reply to where the request came from, or to where its session is now.
    ///
    /// Notifications get none.
    ///
    /// - Parameters:
    ///   - launch: How application code is started, should the session end of it.
    ///   - isRefusal: Whether the request has not run, and may come again.
    func answer(
        _ request: InboundRequest,
        _ reply: RPCReply,
        _ launch: Launch = .arrival,
        isRefusal: Bool = false
    ) {
        guard let id = request.id else { return }
        let bytes = ReplyWriter.reply(reply, to: id, session: self, on: request.wire)
        switch request.route {
        case .session: sendAnswer(Message(text: bytes), to: isRefusal ? nil : request, launch)
        case .connection(let connection): connection.reply(Message(text: bytes))
        case .slot(let collector, let index): collector.fill(index, with: bytes)
        }
    }

    // MARK: Errors

    /// The answer to a request whose handler threw; tells the application of an error it did not mean as an answer.
    func failure(_ error: any Error, of request: InboundRequest) async -> RPCReply {
        let (reply, isUncaught) = reply(for: error, of: request)
        if isUncaught { await service.callbacks.uncaughtError(self, error) }
        return reply
    }

    /// The answer that stands for an error, and whether the error is none that is meant as an answer; that one is logged.
    func reply(for error: any Error, of request: InboundRequest) -> (RPCReply, isUncaught: Bool) {
        if let error = error as? RPCError { return (.error(error), false) }
        // Nobody waits for it any more, and the handler has noticed.
        if hasEnded, error is CancellationError || error is RPCSessionError { return (.error(.internalError), false) }
        let number = RandomID.errorNumber()
        service.metrics.handlerFailed()
        let metadata = logMetadata(["error": "\(number)", "method": "\(request.loggableMethod)"])
        if error is RPCSessionError {
            // A client that does not read or answer can have this as often as it likes.
            service.lines.log(.warning, "handler failed: \(error)", metadata, reason: "handlers")
        } else {
            service.logger.error("handler failed: \(error)", metadata: metadata)
        }
        return (.error(service.shownError(for: error, number: number)), true)
    }
}

extension MessageConnection {
    /// Sends a reply that belongs to this connection, whatever session it carries; one whose client does not read is closed.
    func reply(_ message: Message) {
        if enqueue(message) == .full { close(.slowConsumer, reason: "too many answers wait to be read") }
    }
}
