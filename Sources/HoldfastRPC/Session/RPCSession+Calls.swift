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
    /// Messages of a session arrive in the order sent. While the client is away or slow they are kept, within bounds. With a client
    /// that agreed to lose nothing (``RPCOptions/Resume``) sending waits while three quarters of them are unacknowledged.
    ///
    /// - Parameters:
    ///   - method: The name the client knows it by.
    ///   - params: Goes out as it is encoded; Kurento's JavaScript client expects an object without `from` and `dest`.
    ///   - delivery: What may become of it while the client is away or slow.
    /// - Throws: ``RPCSessionError`` when the session has ended or keeps no more messages, `EncodingError` when the parameters
    ///   cannot be encoded, `CancellationError` when the task is cancelled while it waits.
    public func notify(
        _ method: String,
        _ params: some Encodable & Sendable,
        delivery: RPCDelivery = .reliable
    ) async throws {
        try await notify(method, params: JSON(encoding: params).params, delivery)
    }

    /// Sends the client a notification without parameters; see ``notify(_:_:delivery:)``.
    public func notify(_ method: String, delivery: RPCDelivery = .reliable) async throws {
        try await notify(method, params: nil, delivery)
    }

    private func notify(_ method: String, params: JSON?, _ delivery: RPCDelivery) async throws {
        guard !isTransient else { throw RPCSessionError(.noSession) }
        let message = Message(text: EnvelopeWriter.notification(method: method, params: params))
        while true {
            let sending = change { machine, now in
                switch delivery {
                case .reliable: machine.send(message, .notification, now)
                case .latest(let key): machine.send(message, .notification, key: key, now)
                case .volatile: machine.sendVolatile(message)
                }
            }
            switch sending {
            case .sent(let attachment):
                guard let attachment else { return service.boundOutboxes(self) }
                return attachment.connection.sourceIsReady()
            case .ended: throw RPCSessionError(.ended)
            case .full: throw refused()
            case .expired:
                overflow(.enqueued)
                throw RPCSessionError(.ended)
            case .waits: try await waitForRoom()
            }
        }
    }

    /// Waits until the client has acknowledged something or is away.
    private func waitForRoom() async throws {
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let goesOn = withState { state in
                    // There may be room by now.
                    if Task.isCancelled || !state.machine.hasWaitingSenders { return true }
                    state.roomWaiters.append(waiter)
                    return false
                }
                if goesOn { waiter.resume() }
            }
        } onCancel: {
            resumeWaitingSenders()
        }
        try Task.checkCancellation()
    }

    func resumeWaitingSenders() {
        let waiters = withState { state in
            defer { state.roomWaiters = [] }
            return state.roomWaiters
        }
        for waiter in waiters { waiter.resume() }
    }

    // MARK: Calls

    /// Calls the client and waits for its answer.
    ///
    /// A handler may call the client and wait: answers overtake the session's requests. While it waits the session's next requests
    /// start, as an actor's do, since the client may need one of them to answer: what the handler has read of the session's state
    /// may have changed when it goes on. Tasks that a handler starts count as the handler.
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
        let result = try await call(method, params: JSON(encoding: params).params, timeout: timeout)
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
        let message = Message(text: EnvelopeWriter.request(id: Envelope.ID(Int(id)), method: method, params: params))
        // The request that this task serves, if it is one of this session.
        let ticket = Serving.current.flatMap { $0.session === self ? $0.ticket : nil }
        if let ticket { launch { $0.suspend(ticket) } }
        defer { if let ticket { withMachine { $0.requests.resume(ticket) } } }
        let answer = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                begin(id, message, continuation, timeout: timeout)
            }
        } onCancel: {
            if withMachine({ $0.calls.giveUp(id) }) { complete(id, .failure(CancellationError())) }
        }
        switch answer {
        case .result(let result): return result
        case .error(let error): throw error
        }
    }

    private func begin(
        _ id: PendingCalls.Number,
        _ request: Message,
        _ continuation: CallContinuation,
        timeout: Duration
    ) {
        let result = changeState { state, now -> Result<Attachment?, any Error> in
            if Task.isCancelled { return .failure(CancellationError()) }
            let result = state.machine.call(id, request, timeout: timeout, now)
            if case .success = result { state.calls[id] = continuation }
            return result.mapError { $0 as any Error }
        }
        switch result {
        case .success(let attachment): attachment?.connection.sourceIsReady()
        case .failure(let error as RPCSessionError) where error.code == .outboxFull:
            continuation.resume(throwing: refused())
        case .failure(let error): continuation.resume(throwing: error)
        }
    }

    /// Gives a call its outcome, once.
    func complete(_ id: PendingCalls.Number, _ result: Result<CallAnswer, any Error>) {
        withState { $0.calls.removeValue(forKey: id) }?.resume(with: result)
    }

    private func refused() -> RPCSessionError {
        service.metrics.refused("outbox")
        return RPCSessionError(.outboxFull)
    }

    /// Hands an answer to the call it belongs to; `false` when there is none, nor was.
    func answerCall(_ id: Int64, _ response: Envelope.Response, on wire: RPCOptions.Wire) -> Bool {
        let (isAwaited, isLate) = withMachine { machine in
            let isAwaited = machine.calls.answered(id)
            return (isAwaited, !isAwaited && machine.calls.isLate(id))
        }
        guard isAwaited else { return isLate }
        switch response.outcome {
        case .result(let result):
            complete(id, .success(.result(wire == .plain ? result.json : result.given(by: self.id))))
        case .error(let error):
            complete(id, .success(.error(RPCError(answer: error))))
        }
        return true
    }
}

extension JSON {
    /// As parameters of a call: null stands for none (JSON-RPC 2.0 §4.2).
    fileprivate var params: JSON? { isNull ? nil : self }
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
