// SPDX-License-Identifier: Apache-2.0
internal import DequeModule
internal import HoldfastRPC
internal import HoldfastTransport
internal import NIOCore

/// Coming back to a session in which nothing is lost, and losing it all the same.
extension ClientMachine {
    /// Writes the request for the session, or for a new one.
    ///
    /// - Parameter isMove: Whether the session's link lives and is left on purpose.
    mutating func connectRequest(_ id: Int, isMove: Bool = false) -> ByteBuffer {
        var members: [(String, JSON)] = []
        if let sessionID { members.append(("sessionId", JSON(stringLiteral: sessionID))) }
        if let resumption {
            attempt += 1
            members.append(("resume", resumption.request(attempt: attempt, isMove: isMove)))
        } else if let buffer = settings.resume, sessionID == nil {
            attempt = 1
            members.append(("resume", Resumption.offer(buffer)))
        }
        return EnvelopeWriter.request(
            id: Envelope.ID(id),
            method: wire.connectMethod,
            params: members.isEmpty ? JSON?.none : JSON(members: members)
        )
    }

    /// Takes what the server says to a client that came back, over the link that is to carry the session.
    ///
    /// - Returns: Whether the session goes on there.
    mutating func cameBack(_ terms: ReturnTerms, over number: Int, _ now: Duration) -> Bool {
        guard let resumption else { return false }
        guard terms.received <= resumption.ledger.end else {
            violate("'rcv' is \(terms.received), but \(resumption.ledger.end) were sent", over: number, now)
            return false
        }
        supersessions = 0
        self.resumption?.cameBack(terms, attempt: attempt)
        // What was acknowledged in an earlier life, or over another link, is not there to be sent again.
        let first = min(terms.next, terms.gaps.first?.numbers.lowerBound ?? terms.next)
        return skip(to: first == 0 ? 0 : first - 1, reason: "acknowledged", now) && skipReachedGaps(now)
    }

    /// Sends again, over the link of now, what the server does not have.
    mutating func resend(_ now: Duration) {
        guard let ledger = resumption?.ledger else { return }
        var cursor = ledger.acked
        while let entry = ledger.next(after: cursor) {
            if entry.number > cursor + 1 { tellGap(cursor + 1...entry.number - 1, now) }
            transmit(entry.message.payload, now)
            cursor = entry.number
        }
        if cursor < ledger.end { tellGap(cursor + 1...ledger.end, now) }
        askToAcknowledge(now)
    }

    /// Tells the server of messages that are numbered and cannot be sent any more.
    private mutating func tellGap(_ numbers: ClosedRange<UInt64>, _ now: Duration) {
        let params: JSON = [
            "dir": "up", "from": .number(numbers.lowerBound), "to": .number(numbers.upperBound), "why": "lost",
        ]
        transmit(EnvelopeWriter.notification(method: "rpc.gap", params: params), now)
    }

    /// The server takes no message as large as one of those that it does not have: the largest.
    mutating func dropLargest() {
        guard let entry = resumption?.ledger.kept.max(by: { $0.message.count < $1.message.count }) else { return }
        resumption?.ledger.drop(entry.number)
        guard let id = pending.first(where: { $0.value.number == entry.number })?.key else { return }
        fail(id, RPCClientError(.transport, "the server takes no message of \(entry.message.count) bytes"))
    }

    // MARK: Losing the session

    /// The server has the session no more, or nobody knows where it stands: what may have run is failed, what has never been taken
    /// goes first to the next session.
    ///
    /// - Parameter received: The last message that the server took; `nil` when it does not say.
    mutating func loseSession(_ received: UInt64?) {
        guard let lost = resumption else { return }
        resumption = nil
        sessionID = nil
        sessionChanged = true
        var again: [Int] = []
        if let received {
            let calls = Dictionary(
                uniqueKeysWithValues: pending.compactMap { id, item in item.number.map { ($0, id) } }
            )
            for entry in lost.ledger.kept where entry.number > received {
                if let id = calls[entry.number] {
                    pending[id]?.isSent = false
                    pending[id]?.number = nil
                    again.append(id)
                } else if entry.kind == .notification {
                    let id = makeID()
                    let message = entry.message.payload.withoutCounters
                    pending[id] = Pending(kind: .notification, message: message)
                    again.append(id)
                }
            }
        }
        let error = RPCClientError(.outcomeUnknown, "the server no longer has the session; the call may have run")
        for id in pending.keys.sorted() where pending[id]?.number != nil { fail(id, error) }
        queue = Deque(again) + queue
        forgetRequests()
    }

    /// Another attempt to come back was later than the client's own: that of a copy of it, or one that it does not remember.
    mutating func superseded(_ error: RPCClientError, _ now: Duration) {
        supersessions += 1
        disarm(.connection)
        leaveLink(CloseReason(.goingAway))
        lostAt = lostAt ?? now
        guard supersessions < 2 else { return giveUp(error) }
        scheduleRetry(error, now)
    }

    /// The session is another's, or from another time; a new one is asked for over another link.
    mutating func startAnew(_ error: RPCClientError, _ now: Duration) {
        loseSession(nil)
        disarm(.connection)
        leaveLink(CloseReason(.goingAway))
        lostAt = lostAt ?? now
        scheduleRetry(error, now)
    }
}
