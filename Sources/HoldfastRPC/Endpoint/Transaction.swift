// SPDX-License-Identifier: Apache-2.0
public import HoldfastTransport
internal import Logging
internal import Synchronization

/// One request on its way to an answer.
///
/// Answer it once; a second answer throws and sends nothing. A notification takes an answer like a request, and drops it.
/// When an asynchronous request is forgotten, that is, nobody holds its transaction any more, it is answered with −32603.
public final class Transaction: Sendable {
    private struct State {
        var isAnswered = false
        var isAsync = false
        var hasReturned = false
        var isFinished = false

        /// Whether the request is over now, told once.
        mutating func finishes() -> Bool {
            guard !isFinished, hasReturned, isAnswered || !isAsync else { return false }
            isFinished = true
            return true
        }
    }

    /// The session the request belongs to.
    public let session: RPCSession

    private let request: InboundRequest
    private let ticket: UInt64
    private let state = Mutex(State())

    init(_ request: InboundRequest, session: RPCSession, ticket: UInt64) {
        self.request = request
        self.session = session
        self.ticket = ticket
    }

    deinit {
        let (isAnswered, isFinished) = state.withLock { ($0.isAnswered, $0.isFinished) }
        guard !isFinished else { return }
        if !isAnswered, session.hasEnded {
            // A batch or a POST waits for it nevertheless.
            request.route.refuse(.unknownSession.with("the session has ended"), request.id)
        } else if !isAnswered, !isNotification {
            session.service.logger.error("request never answered", metadata: session.logMetadata())
            session.answer(request, .error(.internalError.with("the request was never answered")), .enqueued)
        }
        session.finish(ticket)
    }

    /// Whether the client wants no answer.
    public var isNotification: Bool { request.id == nil }

    /// The link the request came on.
    public var connection: MessageConnection { request.connection }

    /// Leaves the request unanswered when the handler returns, to be answered from anywhere later.
    ///
    /// The session's next requests may start from now on, whether the handler has returned or not.
    public func startAsync() {
        let isFirst = state.withLock { state in
            defer { state.isAsync = true }
            return !state.isAsync && !state.isFinished
        }
        if isFirst { session.release(ticket) }
    }

    /// Answers with a result.
    ///
    /// On Kurento's wire the client gets an object with the session's id added, and any other value as
    /// `{"value":…,"sessionId":…}`; on a plain one it gets the result as it is.
    /// - Throws: ``RPCSessionError`` if the request is answered already, `EncodingError` if the result cannot be encoded; the
    ///   request is then still unanswered.
    public func sendResponse(_ result: some Encodable) throws {
        try answer(.result(isNotification ? .null : JSON(encoding: result)))
    }

    /// Answers with `null`, on Kurento's wire with nothing but the session's id.
    ///
    /// - Throws: ``RPCSessionError`` if the request is answered already.
    public func sendVoidResponse() throws {
        try answer(.void)
    }

    /// Answers without a result; see ``sendVoidResponse()``.
    public func sendResponse() throws {
        try answer(.void)
    }

    /// Answers with an error.
    ///
    /// - Throws: ``RPCSessionError`` if the request is answered already.
    public func sendError(_ error: RPCError) throws {
        try answer(.error(error))
    }

    /// Answers with an error.
    ///
    /// - Parameters:
    ///   - code: The kind of error.
    ///   - message: A short description.
    ///   - data: More about the error.
    ///   - type: The error's type, which Kurento's clients know.
    /// - Throws: ``RPCSessionError`` if the request is answered already.
    public func sendError(code: Int, message: String, data: JSON? = nil, type: String? = nil) throws {
        try answer(.error(RPCError(code: code, message: message, data: data, type: type)))
    }

    /// Answers with an error as if the handler had thrown it.
    ///
    /// - Throws: ``RPCSessionError`` if the request is answered already.
    public func sendError(_ error: any Error) throws {
        let (reply, isUncaught) = session.reply(for: error, of: request)
        try answer(reply)
        guard isUncaught else { return }
        Launch.enqueued.task(on: connection.link.executor) { [session] in
            await session.service.callbacks.uncaughtError(session, error)
        }
    }

    // MARK: The framework's side

    private func answer(_ reply: RPCReply) throws(RPCSessionError) {
        let (isFirst, isOver) = state.withLock { state in
            guard !state.isAnswered else { return (false, false) }
            state.isAnswered = true
            return (true, state.finishes())
        }
        guard isFirst else { throw RPCSessionError(.alreadyAnswered) }
        session.answer(request, reply, .enqueued)
        if isOver { session.finish(ticket) } else { session.markAnswered(ticket) }
    }

    /// The handler threw: answers with the error, unless an answer is out.
    func fail(_ error: any Error) async {
        let reply = await session.failure(error, of: request)
        // An answer that is out already stands; the failure has been logged.
        try? answer(reply)
    }

    /// The handler returned.
    ///
    /// The caller finishes the request if it is told that it is over.
    func handlerReturned() -> RequestOutcome {
        let (isOver, isEmpty) = state.withLock { state in
            state.hasReturned = true
            let isEmpty = !state.isAnswered && !state.isAsync
            if isEmpty { state.isAnswered = true }
            return (state.finishes(), isEmpty)
        }
        if isEmpty { return .answer(.empty) }
        return isOver ? .answered : .goesOn
    }
}
