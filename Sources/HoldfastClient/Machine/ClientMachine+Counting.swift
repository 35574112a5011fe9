// SPDX-License-Identifier: Apache-2.0
internal import HoldfastRPC
internal import HoldfastTransport
internal import NIOCore

/// Messages that are numbered, and kept until they have arrived.
extension ClientMachine {
    // MARK: Sending

    /// Whether a message may go out now.
    func hasRoom(for message: ByteBuffer, _ kind: Ledger.Kind) -> Bool {
        resumption?.hasRoom(for: message.readableBytes, kind) ?? true
    }

    /// Numbers a message, keeps it and sends it; to be asked whether there is room before.
    ///
    /// - Returns: Its number.
    mutating func transmitCounted(_ message: ByteBuffer, _ kind: Ledger.Kind, _ now: Duration) -> UInt64? {
        guard let end = resumption?.ledger.end else { return nil }
        var text = message
        text.writeCounters(MessageCounters(sequence: end + 1, received: resumption?.window.tell()))
        resumption?.ledger.append(Message(text: text), kind)
        transmit(text, now)
        askToAcknowledge(now)
        return end + 1
    }

    /// Asks the server, once, how far messages have come when many are under way, or one waits for room.
    mutating func askToAcknowledge(isWaiting: Bool = false, _ now: Duration) {
        guard let resumption, !resumption.hasAsked, isWaiting || resumption.isHalfFull else { return }
        self.resumption?.hasAsked = true
        transmit(ResumeWriter.request.payload, now)
    }

    // MARK: Receiving

    /// Takes what comes over the session's link, or over one that it has left, once and in order.
    mutating func take(_ envelope: Envelope, bytes: Int, over number: Int, _ now: Duration) {
        guard number == link || number == settling?.link else { return }
        if case .batch(let elements) = envelope {
            for element in elements { take(element, bytes: bytes / elements.count, over: number, now) }
            return
        }
        if phase == .attaching {
            guard case .response(let response) = envelope, let attachID, response.id?.callNumber == attachID else {
                return
            }
            return attachAnswered(response, now)
        }
        let counters = envelope.counters
        guard !counters.isMalformed else {
            return violate("'seq' or 'rcv' is no number of a message", over: number, now)
        }
        if let received = counters.received, !acknowledged(received, over: number, now) { return }
        switch envelope {
        case .call(let call) where call.method.hasPrefix("rpc."): framework(call, over: number, now)
        case .call(let call) where call.id == nil && counters.sequence == nil: deliver(envelope, now)
        case .response(let response) where counters.sequence == nil && !isCounted(response): answered(response, now)
        default: takeCounted(envelope, counters.sequence, bytes: bytes, over: number, now)
        }
        scheduleAcknowledgement(now)
    }

    /// Whether it answers a message that was counted.
    private func isCounted(_ response: Envelope.Response) -> Bool {
        response.id?.callNumber.flatMap { pending[$0]?.number } != nil
    }

    private mutating func takeCounted(
        _ envelope: Envelope,
        _ sequence: UInt64?,
        bytes: Int,
        over number: Int,
        _ now: Duration
    ) {
        guard let sequence else { return violate("'seq' is missing", over: number, now) }
        switch resumption?.window.accept(sequence, bytes: bytes, now) {
        case .new:
            resumption?.strikes = 0
            deliver(envelope, now)
            guard skipReachedGaps(now) else { return }
        case .repeated, nil: break
        case .violation(let reason): return violate(reason, over: number, now)
        }
        if resumption?.window.isDue(now) == true { acknowledge(now) }
    }

    /// The server has everything up to that number; `false` when that cannot be.
    private mutating func acknowledged(_ received: UInt64, over number: Int, _ now: Duration) -> Bool {
        guard let ledger = resumption?.ledger else { return true }
        guard received <= ledger.end else {
            violate("'rcv' is \(received), but \(ledger.end) were sent", over: number, now)
            return false
        }
        guard received > ledger.acked else { return true }
        resumption?.ledger.acknowledge(received)
        resumption?.hasAsked = false
        resumption?.strikes = 0
        flushQueue(now)
        return true
    }

    /// What the server says of the session itself.
    private mutating func framework(_ call: Envelope.Call, over number: Int, _ now: Duration) {
        guard call.id == nil else { return }
        let params = call.params?.json
        switch call.method {
        case "rpc.ack":
            guard let received = ReturnTerms.number(params?["rcv"]) else {
                return violate("'rcv' is no number of a message", over: number, now)
            }
            _ = acknowledged(received, over: number, now)
        case "rpc.ackNow": acknowledge(now)
        case "rpc.gap":
            guard let gap = ReturnTerms.gap(params), let received = resumption?.window.received,
                gap.numbers.lowerBound <= received + 1
            else { return violate("the gap does not follow what was received", over: number, now) }
            if skip(to: gap.numbers.upperBound, reason: gap.reason, now) { _ = skipReachedGaps(now) }
        case "rpc.goAway": goAway(after: params?["after"]?.int ?? 0, now)
        case "rpc.detached" where number == link:
            detached = params?["reason"]?.string == "migrated" ? .migrated : .replaced
        default: break
        }
    }

    /// The server breaks the rules: what comes over that link is worth nothing.
    mutating func violate(_ reason: String, over number: Int, _ now: Duration) {
        if number == move?.link { return moveFailed(now) }
        guard number == link else { return settle(now) }
        let reason = CloseReason(.protocolViolation, reason)
        strike()
        switch phase {
        case .open: reconnect(reason, now)
        case .attaching: dialFailed(RPCClientError(.transport, "\(reason)"), now)
        default: finish("closed", now)
        }
    }

    /// A rule was broken: when that happens again and again and nothing gets through, the session is given up.
    mutating func strike() {
        guard let strikes = resumption?.strikes else { return }
        resumption?.strikes = strikes + 1
        if strikes + 1 >= Resumption.strikeLimit { loseSession(nil) }
    }

    // MARK: Acknowledging

    /// Tells the server how far its messages have come.
    private mutating func acknowledge(_ now: Duration) {
        guard phase == .open, let received = resumption?.window.tell() else { return }
        transmit(ResumeWriter.acknowledgement(of: received).payload, now)
    }

    mutating func acknowledgementDue(_ now: Duration) {
        if resumption?.window.isDue(now) == true { acknowledge(now) } else { scheduleAcknowledgement(now) }
    }

    mutating func scheduleAcknowledgement(_ now: Duration) {
        guard phase == .open, deadlines[.acknowledgement] == nil, let due = resumption?.window.deadline else { return }
        arm(.acknowledgement, after: max(due - now, .zero), now)
    }

    // MARK: Gaps

    /// Counts as received what the server has said will not come, as far as it is next; `false` when the session ends over it.
    mutating func skipReachedGaps(_ now: Duration) -> Bool {
        while let resumption, let gap = resumption.gaps.first,
            gap.numbers.lowerBound <= resumption.window.received + 1
        {
            self.resumption?.gaps.removeFirst()
            guard skip(to: gap.numbers.upperBound, reason: gap.reason, now) else { return false }
        }
        return true
    }

    /// Counts messages as received that will not come, and tells the application; `false` when the session ends over it.
    mutating func skip(to last: UInt64, reason: String, _ now: Duration) -> Bool {
        guard let received = resumption?.window.received, last > received else { return true }
        _ = resumption?.window.skip(to: last, from: received + 1)
        actions.append(.emit(.gap(RPCGap(.toClient, received + 1...last, reason: reason))))
        guard !settings.toleratesGaps else { return true }
        // Nobody would know that the two sides no longer agree.
        transmit(EnvelopeWriter.request(id: Envelope.ID(makeID()), method: wire.closeMethod), now)
        loseSession(nil)
        let words = "messages of the session are missing"
        if phase == .open {
            reconnect(CloseReason(.goingAway, words), now)
        } else {
            startAnew(RPCClientError(.transport, words), now)
        }
        return false
    }
}
