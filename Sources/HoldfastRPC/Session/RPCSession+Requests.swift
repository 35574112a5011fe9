// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport
internal import Logging
internal import Synchronization

extension RPCSession {
    typealias Start = RequestQueue<InboundRequest>.Start
    typealias Waiter = CheckedContinuation<Void, Never>

    private enum Admission {
        case start(UInt64)
        case waits
        case repeated
        case refused(RPCError)
        case ended
    }

    /// Takes a request in: it runs at once, waits for its turn, or is refused.
    ///
    /// A client that sends a request again because the answer is late (`retry()` of Kurento's JavaScript client) gets the one
    /// answer when it comes; a different request under an id in flight is refused, since one of the answers would be lost.
    /// - Returns: `false` when the session has ended and cannot take it.
    func take(_ request: InboundRequest) -> Bool {
        let limits = service.limits
        let blocks = request.handler.blocks(by: service.options.concurrency)
        let admission = state.withLock { state -> Admission in
            guard !state.hasEnded else { return .ended }
            if service.isShuttingDown { return .refused(.unavailable) }
            if let twin = state.requests.firstInFlight(where: { $0.collides(with: request) }) {
                return twin.isSame(as: request) ? .repeated : .refused(.invalidRequest.with("the id is in flight"))
            }
            switch state.requests.admit(
                request,
                blocks: blocks,
                runningLimit: limits.running,
                waitingLimit: limits.waiting
            )
            {
            case .start(let ticket):
                if !request.isNew { state.isNew = false }
                return .start(ticket)
            case .queued: return .waits
            case .overloaded: return .refused(.tooManyRequests)
            }
        }
        switch admission {
        case .ended: return false
        case .start(let ticket): run(Start(ticket: ticket, request: request))
        case .waits: break
        case .repeated:
            service.logger.debug("request repeated while in flight", metadata: logMetadata())
        case .refused(let error):
            service.metrics.refused("requests")
            if request.id == nil {
                service.logger.notice("notification dropped: \(error)", metadata: logMetadata())
            }
            answer(request, .error(error))
        }
        return true
    }

    /// Starts a request on its connection's loop; a handler that does not suspend has answered when this returns.
    func run(_ start: Start) {
        let task = startTask(on: start.request.connection.link.executor) { [self] in
            await serve(start)
        }
        state.withLock { $0.requests.setTask(task, of: start.ticket) }
    }

    private func serve(_ first: Start) async {
        var start = first
        while true {
            let outcome = await start.request.handler.run(start.request, self, start.ticket)
            guard let next = finish(start, outcome) else { return }
            start = next
        }
    }

    /// Answers a request that has run and lets the next ones start; the first of those is the caller's to run.
    private func finish(_ start: Start, _ outcome: RequestOutcome) -> Start? {
        switch outcome {
        case .goesOn:
            return nil
        case .answered:
            return finish(start.ticket)
        case .answer(let reply):
            // Answer and turn change in one step: this is the path of nearly every request.
            guard case .session = start.request.route, let id = start.request.id else {
                answer(start.request, reply)
                return finish(start.ticket)
            }
            let message = Message(text: ReplyWriter.reply(reply, to: id, session: self, on: start.request.wire))
            let limits = service.limits
            let (next, appended, first, waiters) = state.withLock { state in
                guard !state.hasEnded else {
                    return ([Start](), true, nil as (Message, SessionState.Attachment)?, [] as [Waiter])
                }
                let appended = state.outbox.append(message, .answer, limits: limits.outbox)
                let next = state.requests.finish(start.ticket, runningLimit: limits.running)
                state.noteStarts(next)
                return (next, appended, appended ? state.beginPumping() : nil, state.takeQuietWaiters())
            }
            if let first { pump(from: first) }
            for waiter in waiters { waiter.resume() }
            if !appended { overflow() }
            return startAllButFirst(next)
        }
    }

    /// Ends a request whose answer is out already; the first request to start now is the caller's to run.
    func finish(_ ticket: UInt64) -> Start? {
        let limit = service.limits.running
        let (next, waiters) = state.withLock { state in
            let next = state.requests.finish(ticket, runningLimit: limit)
            state.noteStarts(next)
            return (next, state.takeQuietWaiters())
        }
        for waiter in waiters { waiter.resume() }
        return startAllButFirst(next)
    }

    private func startAllButFirst(_ starts: [Start]) -> Start? {
        guard let first = starts.first else { return nil }
        for start in starts.dropFirst() { run(start) }
        return first
    }

    /// Lets the requests behind this one start although it goes on.
    func release(_ ticket: UInt64) {
        let limit = service.limits.running
        let next = state.withLock { state in
            let next = state.requests.release(ticket, runningLimit: limit)
            state.noteStarts(next)
            return next
        }
        for start in next { run(start) }
    }

    func markAnswered(_ ticket: UInt64) {
        state.withLock { $0.requests.markAnswered(ticket) }
    }

    /// Sends a reply to where the request came from, or to where its session is now.
    ///
    /// Notifications get none.
    func answer(_ request: InboundRequest, _ reply: RPCReply) {
        guard let id = request.id else { return }
        let bytes = ReplyWriter.reply(reply, to: id, session: self, on: request.wire)
        switch request.route {
        case .session:
            sendAnswer(Message(text: bytes))
        case .connection(let connection):
            // The session answers over its own connection if the one that asked has gone.
            if case .closed = connection.enqueue(Message(text: bytes)) { sendAnswer(Message(text: bytes)) }
        case .slot(let collector, let index):
            collector.fill(index, with: bytes)
        }
    }

    /// Waits until no request runs or waits and no callback runs; returns early when the task is cancelled.
    func quiet() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { (waiter: Waiter) in
                let isQuiet = state.withLock { state in
                    if state.isQuiet || Task.isCancelled { return true }
                    state.quietWaiters.append(waiter)
                    return false
                }
                if isQuiet { waiter.resume() }
            }
        } onCancel: {
            let waiters = state.withLock { state in
                defer { state.quietWaiters = [] }
                return state.quietWaiters
            }
            for waiter in waiters { waiter.resume() }
        }
    }

    /// The answer to a request whose handler threw; tells the application of an error it did not mean as an answer.
    func failure(_ error: any Error, of request: InboundRequest) async -> RPCReply {
        let (reply, isUncaught) = reply(for: error, of: request)
        if isUncaught { await service.callbacks.uncaughtError(self, error) }
        return reply
    }

    /// The answer that stands for an error, and whether the error is none that is meant as an answer; that one is logged.
    func reply(for error: any Error, of request: InboundRequest) -> (RPCReply, isUncaught: Bool) {
        if let error = error as? RPCError { return (.error(error), false) }
        // Cancelled because nobody waits for it any more.
        if error is CancellationError, hasEnded { return (.error(.internalError), false) }
        let number = RandomID.errorNumber()
        service.metrics.handlerFailed()
        service.logger.error(
            "handler failed: \(error)",
            metadata: logMetadata(["error": "\(number)", "method": "\(request.loggableMethod)"])
        )
        return (.error(service.shownError(for: error, number: number)), true)
    }
}

extension SessionState {
    mutating func noteStarts(_ starts: [RequestQueue<InboundRequest>.Start]) {
        for start in starts where !start.request.isNew { isNew = false }
    }

    /// Whether nothing of the application's runs or waits to run.
    var isQuiet: Bool { requests.isIdle && !isTelling }

    mutating func takeQuietWaiters() -> [CheckedContinuation<Void, Never>] {
        guard !quietWaiters.isEmpty, isQuiet else { return [] }
        defer { quietWaiters = [] }
        return quietWaiters
    }
}
