// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport
internal import NIOCore
internal import Synchronization

/// How the client answered a call.
enum CallAnswer: Sendable {
    case result(JSON)
    case error(RPCError)
}

extension RPCSession {
    // MARK: Notifications

    /// Sends the client a notification.
    ///
    /// Messages of a session arrive in the order sent. While the client is away or slow they are kept, within bounds.
    ///
    /// - Parameters:
    ///   - method: The name the client knows it by.
    ///   - params: Goes out as it is encoded; Kurento's JavaScript client expects an object without `from` and `dest`.
    /// - Throws: ``RPCSessionError`` when the session has ended or keeps no more messages, `EncodingError` when the parameters
    ///   cannot be encoded.
    public func notify(_ method: String, _ params: some Encodable & Sendable) async throws {
        try notify(method, params: JSON(encoding: params))
    }

    /// Sends the client a notification without parameters; see ``notify(_:_:)``.
    public func notify(_ method: String) async throws {
        try notify(method, params: nil)
    }

    private func notify(_ method: String, params: JSON?) throws(RPCSessionError) {
        guard !isTransient else { throw RPCSessionError(.noSession) }
        try send(Message(text: EnvelopeWriter.notification(method: method, params: params)), .notification)
    }

    // MARK: Calls

    /// Calls the client and waits for its answer.
    ///
    /// A handler may call the client and wait: answers overtake the session's requests.
    ///
    /// - Parameters:
    ///   - method: The name the client knows it by.
    ///   - params: Goes out as it is encoded; Kurento's JavaScript client expects an object without `from` and `dest`.
    ///   - type: The result's type.
    ///   - timeout: How long to wait, more than zero, not counting time during which the client is away; default: the endpoint's
    ///     limit, 10 s.
    /// - Returns: the client's result.
    /// - Throws: ``RPCError`` when the client answers with an error, ``RPCSessionError`` when it does not answer in time, the
    ///   timeout is none, the session ends or has no room; `DecodingError` when the result is of another type, `EncodingError` when the parameters
    ///   cannot be encoded, `CancellationError` when the task is cancelled.
    public func call<Result: Decodable & Sendable>(
        _ method: String,
        _ params: some Encodable & Sendable,
        as type: Result.Type = Result.self,
        timeout: Duration? = nil
    ) async throws -> Result {
        let result = try await call(method, params: JSON(encoding: params), timeout: timeout)
        return try ParamsDecoder.lenientlyDecode(type, from: result)
    }

    /// Calls the client without parameters and waits for its answer; see ``call(_:_:as:timeout:)``.
    public func call<Result: Decodable & Sendable>(
        _ method: String,
        as type: Result.Type = Result.self,
        timeout: Duration? = nil
    ) async throws -> Result {
        let result = try await call(method, params: nil, timeout: timeout)
        return try ParamsDecoder.lenientlyDecode(type, from: result)
    }

    private func call(_ method: String, params: JSON?, timeout: Duration?) async throws -> JSON {
        guard !isTransient else { throw RPCSessionError(.noSession) }
        let id = CallNumber.next()
        let timeout = timeout?.bounded ?? service.limits.callTimeout
        guard timeout > .zero else { throw RPCSessionError(.invalidTimeout) }
        let request = EnvelopeWriter.request(id: Envelope.ID(Int(id)), method: method, params: params)
        let answer = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                begin(id, continuation, timeout: timeout, request: Message(text: request))
            }
        } onCancel: {
            fail(id, CancellationError())
        }
        switch answer {
        case .result(let result): return result
        case .error(let error): throw error
        }
    }

    private func begin(
        _ id: Int64,
        _ continuation: PendingCalls.Continuation,
        timeout: Duration,
        request: Message
    ) {
        let now = service.scheduler.now
        let limit = service.limits.pendingCalls
        let refusal = state.withLock { state -> (any Error)? in
            if Task.isCancelled { return CancellationError() }
            if state.hasEnded { return RPCSessionError(.ended) }
            guard state.calls.count < limit else { return RPCSessionError(.tooManyCalls) }
            state.calls.add(id, continuation, timeout: timeout, now: now)
            return nil
        }
        if let refusal { return continuation.resume(throwing: refusal) }
        startTimer(of: id, timeout)
        do {
            try send(request, .answer)
        } catch {
            fail(id, error)
        }
    }

    private func startTimer(of id: Int64, _ delay: Duration) {
        let timer = service.scheduler.schedule(after: delay) { [self] in
            let now = service.scheduler.now
            switch state.withLock({ $0.calls.timerFired(id, now: now) }) {
            case .over: break
            case .timedOut(let continuation): continuation.resume(throwing: RPCSessionError(.callTimedOut))
            case .waitLonger(let delay): startTimer(of: id, delay)
            }
        }
        if !state.withLock({ $0.calls.setTimer(timer, of: id) }) { timer.cancel() }
    }

    private func fail(_ id: Int64, _ error: any Error) {
        guard let (continuation, timer) = state.withLock({ $0.calls.remove(id) }) else { return }
        timer?.cancel()
        continuation.resume(throwing: error)
    }

    /// Hands an answer to the call it belongs to; `false` when there is none.
    func answerCall(_ id: Int64, _ response: Envelope.Response, on wire: RPCOptions.Wire) -> Bool {
        guard let (continuation, timer) = state.withLock({ $0.calls.remove(id) }) else { return false }
        timer?.cancel()
        switch response.outcome {
        case .result(let result):
            continuation.resume(returning: .result(wire == .plain ? result.json : result.given(by: self.id)))
        case .error(let error):
            continuation.resume(returning: .error(RPCError(answer: error)))
        }
        return true
    }
}

extension RPCError {
    /// An error as a client sent it: normally an object, but Kurento's JavaScript client sends whatever it is given.
    init(answer: JSON) {
        let code = answer["code"]?.int
        let message = answer["message"]?.string
        // Typed, because a bare nil would be JSON's null.
        let whole: JSON? = code == nil && message == nil ? .some(answer) : .none
        self.init(
            code: code ?? RPCError.internalError.code,
            message: message ?? answer.string ?? "the client answered with an error",
            data: answer["data"] ?? whole,
            type: answer["type"]?.string
        )
    }
}
