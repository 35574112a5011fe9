// SPDX-License-Identifier: Apache-2.0
internal import DequeModule
internal import HoldfastRPC
internal import HoldfastTransport
internal import NIOCore

extension ClientMachine {
    mutating func submit(
        _ id: Int,
        _ kind: Kind,
        _ method: String,
        _ params: JSON?,
        _ timeout: Duration,
        _ now: Duration
    ) {
        guard phase != .closed, phase != .closing else {
            actions.append(.complete(id, .failure(.closed)))
            return
        }
        guard pending.count < settings.waitingCalls else {
            let error = RPCClientError(.overloaded, "\(settings.waitingCalls) calls wait already")
            actions.append(.complete(id, .failure(error)))
            return
        }
        let message =
            switch kind {
            case .call: EnvelopeWriter.request(id: Envelope.ID(id), method: method, params: params)
            case .notification: EnvelopeWriter.notification(method: method, params: params)
            case .connection: ByteBuffer()
            }
        pending[id] = Pending(kind: kind, message: message)
        arm(.call(id), after: timeout, now)
        queue.append(id)
        if phase == .idle { startConnecting(now) } else { flushQueue(now) }
    }

    /// Sends what waited, for the connection or for room, in the order it was asked for.
    mutating func flushQueue(_ now: Duration) {
        guard canSend else { return }
        while let answer = heldAnswers.first, hasRoom(for: answer, .answer) {
            heldAnswers.removeFirst()
            reply(answer, now)
        }
        while heldAnswers.isEmpty, let id = queue.first {
            if let item = pending[id], item.kind != .connection, !hasRoom(for: item.message, item.kind.inLedger) {
                break
            }
            queue.removeFirst()
            send(id, now)
        }
        if !heldAnswers.isEmpty || !queue.isEmpty { askToAcknowledge(isWaiting: true, now) }
    }

    private mutating func send(_ id: Int, _ now: Duration) {
        guard let item = pending[id] else { return }
        switch item.kind {
        case .call, .notification:
            pending[id]?.isSent = true
            guard resumption != nil else { return transmit(item.message, id: id, now) }
            let number = transmitCounted(item.message, item.kind.inLedger, now)
            pending[id]?.number = number
            // It will arrive, whatever becomes of the link.
            if item.kind == .notification { succeed(id, Answer(result: .null)) }
        case .connection:
            succeed(id, Answer(result: .null))
        }
    }

    /// Lets an item wait for the next connection, in the place it had.
    mutating func putBack(_ id: Int) {
        guard pending[id]?.isSent == true else { return }
        pending[id]?.isSent = false
        queue.insert(id, at: queue.firstIndex { $0 > id } ?? queue.endIndex)
    }

    @discardableResult
    mutating func remove(_ id: Int) -> Bool {
        guard let item = pending.removeValue(forKey: id) else { return false }
        if !item.isSent, let place = queue.firstIndex(of: id) { queue.remove(at: place) }
        disarm(.call(id))
        return true
    }

    mutating func succeed(_ id: Int, _ answer: Answer) {
        if remove(id) { actions.append(.complete(id, .success(answer))) }
    }

    mutating func fail(_ id: Int, _ error: RPCClientError) {
        if remove(id) { actions.append(.complete(id, .failure(error))) }
    }

    mutating func failAll(_ error: RPCClientError) {
        queue.removeAll()
        for id in pending.keys.sorted() { fail(id, error) }
    }

    /// Fails the calls that the session before was to answer; those not sent yet go to the new one.
    mutating func failSent() {
        let error = RPCClientError(.sessionLost, "the server no longer has the session that was to answer")
        for id in pending.keys.sorted() where pending[id]?.isSent == true { fail(id, error) }
    }

    // MARK: From the server

    mutating func received(_ envelope: Envelope, bytes: Int, over number: Int, _ now: Duration) {
        lastReceived = now
        lastActivity = now
        if resumption == nil { deliver(envelope, now) } else { take(envelope, bytes: bytes, over: number, now) }
    }

    mutating func deliver(_ envelope: Envelope, _ now: Duration) {
        switch envelope {
        case .batch(let elements): for element in elements { deliver(element, now) }
        case .call(let call):
            if let id = call.id {
                serve(id, call, now)
            } else {
                let params = call.params?.json ?? .null
                actions.append(.notification(RPCNotification(method: call.method, params: params)))
            }
        case .response(let response): answered(response, now)
        case .invalid(let invalid):
            guard !invalid.isResponse else { break }
            refuse(EnvelopeWriter.error(id: invalid.id, code: invalid.code, message: invalid.reason), now)
        }
    }

    private mutating func serve(_ id: Envelope.ID, _ call: Envelope.Call, _ now: Duration) {
        // One that is being served is not served twice.
        guard !serving.contains(id) else { return }
        guard serving.count + heldAnswers.count < settings.servedRequests else {
            let error = RPCError.tooManyRequests
            return refuse(EnvelopeWriter.error(id: id, code: error.code, message: error.message), now)
        }
        serving.insert(id)
        actions.append(.serve(id, call))
    }

    /// Answers what is not served, at once and where the session is: such answers must not pile up, whatever the server sends.
    private mutating func refuse(_ message: ByteBuffer, _ now: Duration) {
        guard resumption == nil else {
            guard heldAnswers.count < settings.servedRequests * 2 else {
                return violate("more is asked than there is room to answer", over: link, now)
            }
            return reply(message, now)
        }
        transmit(message, over: move.flatMap { $0.isAsked ? $0.link : nil }, now)
    }

    mutating func answered(_ response: Envelope.Response, _ now: Duration) {
        guard let id = response.id?.callNumber else { return }
        if id == attachID { return attachAnswered(response, now) }
        if id == closeID { return finish("closed", now) }
        if id == pingID {
            pingID = nil
            return
        }
        if id == move?.flushID { return moveFlushed(now) }
        guard pending[id]?.isSent == true else { return }
        let isPlain = wire == .plain || resumption != nil
        switch response.outcome {
        case .result(let result): succeed(id, isPlain ? Answer(result: result.json) : Answer(result))
        case .error(let error): fail(id, RPCClientError(remote: RPCError(answer: error)))
        }
    }
}

extension ClientMachine.Kind {
    /// Notifications leave room for the others.
    fileprivate var inLedger: Ledger.Kind { self == .notification ? .notification : .answer }
}

extension RPCError {
    /// Reads an error as a peer sent it, whatever its shape.
    init(answer: JSON) {
        self.init(
            code: answer["code"]?.int ?? 0,
            message: answer["message"]?.string ?? answer.string ?? "error without a message",
            data: answer["data"],
            type: answer["type"]?.string
        )
    }
}
