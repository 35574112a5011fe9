// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport

/// Requests, answers, and the server's own calls.
extension SessionMachine {
    /// What became of a request.
    enum Admission: Sendable {
        /// Run it.
        case start(RequestQueue<InboundRequest>.Ticket)
        /// Its turn will come.
        case waits
        /// The same request is in flight: one answer will do.
        case repeated
        /// It was answered: this is the answer.
        case answered(Message)
        case refused(RPCError)
        /// Its counters break the rules.
        case violation(String)
        case ended
    }

    /// Takes a request in.
    ///
    /// A client that sends a request again because the answer is late (`retry()` of Kurento's JavaScript client) gets the one
    /// answer when it comes; a different request under an id in flight is refused, since one of the answers would be lost.
    ///
    /// - Parameters:
    ///   - refusal: Why it is not to run, whatever there is room for.
    ///   - actions: What follows.
    mutating func admit(
        _ request: InboundRequest,
        blocks: Bool,
        refusal: RPCError? = nil,
        _ now: Duration,
        _ actions: inout [Action]
    ) -> Admission {
        guard !hasEnded else { return .ended }
        if resume != nil, let admission = admitByResume(request, now, &actions) { return admission }
        if let refusal { return .refused(refusal) }
        if let twin = requests.firstInFlight(where: { $0.collides(with: request) }) {
            return twin.isSame(as: request) ? .repeated : .refused(.invalidRequest.with("the id is in flight"))
        }
        switch requests.admit(request, bytes: request.bytes, blocks: blocks, limits: queueLimits) {
        case .start(let ticket):
            if !request.isNew { isNew = false }
            return .start(ticket)
        case .queued: return .waits
        case .overloaded: return .refused(.tooManyRequests)
        }
    }

    /// What follows when a request is over.
    struct Finish: Sendable {
        /// The answer is in the ledger: let the connection take it.
        var wake: Attachment?
        /// There was no room for the answer.
        var isFull = false
        var starts: [Start] = []
    }

    /// A request is over, with an answer that the session's connection gets.
    mutating func finish(
        _ ticket: RequestQueue<InboundRequest>.Ticket,
        answer: Message?,
        to request: InboundRequest?,
        _ now: Duration
    ) -> Finish {
        var result = Finish()
        guard !hasEnded else { return result }
        if let answer {
            switch sendAnswer(answer, to: request, now) {
            case .sent(let wake): result.wake = wake
            case .full, .expired: result.isFull = true
            case .ended, .waits: break
            }
        }
        result.starts = requests.finish(ticket, limits: queueLimits)
        note(result.starts)
        return result
    }

    /// Adds an answer to what the session has to say.
    mutating func sendAnswer(_ answer: Message, to request: InboundRequest?, _ now: Duration) -> Sending {
        if let request { resume?.answers?.add(answer, to: request, now) }
        return send(answer, .answer, now)
    }

    /// Lets the requests behind one start although it goes on.
    mutating func release(_ ticket: RequestQueue<InboundRequest>.Ticket) -> [Start] {
        let starts = requests.release(ticket, limits: queueLimits)
        note(starts)
        return starts
    }

    /// A handler waits for its own client: lets the requests behind it start meanwhile, lest both wait for each other.
    mutating func suspend(_ ticket: RequestQueue<InboundRequest>.Ticket) -> [Start] {
        let starts = requests.suspend(ticket, limits: queueLimits)
        note(starts)
        return starts
    }

    /// Remembers what runs a request; `true` when it is to be cancelled, as the session has ended.
    mutating func setTask(_ task: Task<Void, Never>, of ticket: RequestQueue<InboundRequest>.Ticket) -> Bool {
        !requests.setTask(task, of: ticket) && isCancelling
    }

    // MARK: The server's calls

    /// Begins a call; an error when that cannot be.
    mutating func call(
        _ id: PendingCalls.Number,
        _ request: Message,
        timeout: Duration,
        _ now: Duration
    ) -> Result<Attachment?, RPCSessionError> {
        guard !hasEnded else { return .failure(RPCSessionError(.ended)) }
        guard calls.count < limits.pendingCalls else { return .failure(RPCSessionError(.tooManyCalls)) }
        switch send(request, .call, now) {
        case .full, .expired, .waits: return .failure(RPCSessionError(.outboxFull))
        case .ended: return .failure(RPCSessionError(.ended))
        case .sent(let wake):
            calls.add(id, sequence: ledger.end, timeout: timeout, now: now)
            return .success(wake)
        }
    }
}
