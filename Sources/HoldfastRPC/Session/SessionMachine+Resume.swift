// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport
internal import NIOCore

/// A session that loses nothing: numbered messages, kept until the other side has them (resume version 1).
extension SessionMachine {
    // MARK: Beginning

    /// Agrees with the client of the connection of that generation to lose nothing from now on; `false` when that cannot be.
    mutating func negotiate(
        _ offer: ResumeOffer,
        _ generation: UInt64,
        epoch: String,
        token: String,
        _ now: Duration
    ) -> Bool {
        guard !hasEnded, resume == nil, link?.attachment.generation == generation else { return false }
        var resume = ResumeState(
            offer,
            epoch: epoch,
            token: token,
            limits: limits.outbox,
            policy: resumeOptions.acknowledgement,
            now
        )
        if resume.isCounting {
            // What has not gone out yet is the first that is counted.
            let kept = ledger.kept
            ledger = Ledger()
            for entry in kept {
                let counters = MessageCounters(sequence: ledger.end + 1)
                ledger.append(entry.message.with(counters), entry.kind, key: entry.key)
            }
            let sent = link?.sent ?? 0
            link?.control.rebase(from: sent)
            link?.sent = 0
        }
        // A session that ends with its connection does so for every client.
        if reconnectionTimeout > .zero { reconnectionTimeout = max(reconnectionTimeout, resumeOptions.window) }
        resume.progressSince = now
        self.resume = resume
        return true
    }

    // MARK: Coming back

    /// What comes of a client that wants its session back.
    enum Return: Sendable {
        case attached(Attachment, [Action])
        /// A later attempt of its own has been here already.
        case superseded
        /// What it says of itself cannot be.
        case impossible(String)
        /// It does not know the secret, or the session is none of the kind.
        case unknown
    }

    /// Whether a client may have the session back; `nil` when it may.
    func refusal(of offer: ResumeOffer) -> Return? {
        guard !hasEnded, let resume, let back = offer.back, resume.knows(back) else { return .unknown }
        guard offer.attempt > resume.attempt else { return .superseded }
        guard resume.isCounting else { return nil }
        guard back.received <= max(resume.sent, ledger.acked) else {
            return .impossible("'rcv' is \(back.received), but \(resume.sent) were sent")
        }
        // A client that moves goes on sending over the connection that it leaves.
        guard back.isMove || back.sent >= resume.window.received else {
            return .impossible("'sent' is \(back.sent), but \(resume.window.received) were received")
        }
        return nil
    }

    /// Makes a connection that of a client which comes back with the secret.
    ///
    /// - Parameters:
    ///   - token: The next secret.
    ///   - answer: Writes the answer, which goes out there before everything else.
    mutating func attach(
        _ connection: MessageConnection,
        _ offer: ResumeOffer,
        token: String,
        _ now: Duration,
        answer: (SessionMachine, _ state: String, _ gaps: [ClosedRange<UInt64>]) -> Message?,
        make: (UInt64) -> Attachment
    ) -> Return {
        if let refusal = refusal(of: offer) { return refusal }
        guard let back = offer.back else { return .unknown }
        resume?.returned(back, attempt: offer.attempt, newToken: token, now)
        var actions: [Action] = []
        var gaps: [ClosedRange<UInt64>] = []
        if resume?.isCounting == true {
            ledger.acknowledge(back.received)
            gaps = ledger.gaps(after: back.received)
            // What is missing counts as sent: the client is told of it, and goes on from there.
            if let last = gaps.last?.upperBound, let sent = resume?.sent { resume?.sent = max(sent, last) }
            _ = resume?.window.tellAll()
        }
        let isMove = back.isMove && link != nil
        let state = gaps.isEmpty ? isMove ? "migrated" : "resumed" : "gap"
        let message = answer(self, state, gaps)
        if link?.attachment.connection === connection { link?.sent = ledger.acked }
        let reason = isMove ? CloseReason(.migrated, "migrated") : CloseReason(.replaced, "replaced")
        guard let attached = attach(connection, answer: message, leaving: reason, now, make: make) else {
            return .unknown
        }
        actions += attached.actions
        if let last = gaps.last?.upperBound, let reported = resume?.reportedGaps, last > reported {
            resume?.reportedGaps = last
            let missing = gaps.filter { $0.upperBound > reported }
            actions += tell(
                .gaps(
                    missing.map {
                        RPCGap(.toClient, max($0.lowerBound, reported + 1)...$0.upperBound, reason: "overflow")
                    }
                )
            )
        }
        return .attached(attached.attachment, actions + roomChanged())
    }

    // MARK: Receiving

    /// What comes of a message by its counters.
    enum Acceptance: Sendable {
        case new
        case repeated
        case violation(String)
    }

    /// Takes the counters of a message that came over the session's connection, or over one that it has left.
    ///
    /// - Parameters:
    ///   - isCounted: Whether the message has to have a number; others may.
    ///   - actions: What follows.
    mutating func accept(
        _ counters: MessageCounters,
        bytes: Int,
        isCounted: Bool,
        over connection: MessageConnection,
        _ now: Duration,
        _ actions: inout [Action]
    ) -> Acceptance {
        // The state is looked at where it is: a copy counts all its references.
        guard !hasEnded, resume?.isCounting == true else { return .new }
        guard !counters.isMalformed else { return .violation("'seq' or 'rcv' is no number of a message") }
        if let received = counters.received, received > ledger.acked {
            let sent = resume?.sent ?? 0
            guard received <= sent else { return .violation("'rcv' is \(received), but \(sent) were sent") }
            acknowledge(received, now, &actions)
        }
        // Only who has read the answer that brought it can say how far it came.
        if counters.sequence != nil || counters.received != nil, link?.attachment.connection === connection {
            resume?.tokenHasArrived()
        }
        guard let sequence = counters.sequence else {
            return isCounted ? .violation("'seq' is missing") : .new
        }
        guard let verdict = resume?.window.accept(sequence, bytes: bytes, now) else { return .new }
        if resume?.window.isDue(now) == true { actions += sendAck() }
        switch verdict {
        case .new: return .new
        case .repeated: return .repeated
        case .violation(let reason): return .violation(reason)
        }
    }

    /// What becomes of a request by its number, or by its id where the client does not count; `nil` for one that is new.
    mutating func admitByResume(
        _ request: InboundRequest,
        _ now: Duration,
        _ actions: inout [Action]
    ) -> Admission? {
        if resume?.isCounting == false, link?.attachment.connection === request.connection { resume?.tokenHasArrived() }
        if let record = resume?.answers?.record(of: request, now) {
            switch record {
            case .answered(let answer): return .answered(answer)
            case .forgotten: return .refused(.answerForgotten)
            case .other: return .refused(.idReused)
            }
        }
        let counters = request.counters
        let isCounted = request.id != nil && !request.method.hasPrefix("rpc.")
        switch accept(
            counters,
            bytes: request.bytes,
            isCounted: isCounted,
            over: request.connection,
            now,
            &actions
        ) {
        case .new: return nil
        case .repeated: return .repeated
        case .violation(let reason): return .violation(reason)
        }
    }

    /// The client has everything up to that number.
    private mutating func acknowledge(_ number: UInt64, _ now: Duration, _ actions: inout [Action]) {
        guard number > ledger.acked else { return }
        ledger.acknowledge(number)
        if let sent = link?.sent, sent < number { link?.sent = number }
        resume?.progressSince = now
        resume?.hasAsked = false
        actions += roomChanged()
    }

    /// The client cannot send some of its messages any more; `false` when they are not the next ones.
    ///
    /// - Parameter connection: Whose word it is; one that the session has left has none.
    mutating func skip(
        _ missing: ClosedRange<UInt64>,
        reason: String,
        over connection: MessageConnection
    ) -> [Action]? {
        guard link?.attachment.connection === connection else { return [] }
        guard !events.isFull, let received = resume?.window.received,
            resume?.window.skip(to: missing.upperBound, from: missing.lowerBound) == true
        else { return nil }
        guard missing.upperBound > received else { return [] }
        let gap = RPCGap(.fromClient, received + 1...missing.upperBound, reason: reason)
        return sendAck() + tell(.gaps([gap]))
    }

    /// Requests go on although their answers may not fit: the server is about to end.
    mutating func drain() -> [Action] {
        isDraining = true
        return roomChanged()
    }

    /// Tells the client how far its messages have come.
    mutating func sendAck() -> [Action] {
        guard let generation = link?.attachment.generation, let received = resume?.window.tell() else { return [] }
        return sendControl(ResumeWriter.acknowledgement(of: received), generation)
    }

    // MARK: Sending

    /// Adds a message that the client gets once, in order.
    mutating func sendCounted(_ text: Message, _ kind: Ledger.Kind, key: String?, _ now: Duration) -> Sending {
        guard let received = resume?.window.tell(), let outbox = resume?.outbox else { return .ended }
        if let key {
            let sent = max(link?.sent ?? 0, resume?.sent ?? 0)
            let isReplaced = ledger.replace(key: key, after: sent, limits: outbox) { number in
                text.with(MessageCounters(sequence: number, received: received))
            }
            if isReplaced { return .sent(wake: nil) }
        }
        let message = text.with(MessageCounters(sequence: ledger.end &+ 1, received: received))
        if !ledger.hasRoom(for: message.count, kind, limits: outbox) {
            switch (kind, link == nil, resumeOptions.overflow) {
            // Answers are as many as requests were let start, and none is lost.
            case (.answer, false, _): break
            case (.answer, true, _): _ = ledger.dropNotifications(for: message.count, kind, limits: outbox)
            case (.call, false, _): return .full
            case (.notification, false, _):
                hasWaitingSenders = true
                return .waits
            case (.notification, true, .reject): return .full
            case (.notification, true, .expire): return .expired
            case (_, true, _):
                guard !ledger.dropNotifications(for: message.count, kind, limits: outbox) else { break }
                guard kind == .notification else { return .full }
                // It does not fit although all others are gone: it is itself the one that is missing.
                ledger.skip()
                return .sent(wake: nil)
            }
        }
        if ledger.count == 0 { resume?.progressSince = now }
        ledger.append(message, kind, key: key)
        if !hasRoomToSpare, !isDraining {
            requests.hold(.backPressure)
            resume?.window.isHeld = true
        }
        if resume?.hasAsked == false, isHalfFull(outbox), let generation = link?.attachment.generation {
            resume?.hasAsked = true
            // A lane that is full closes the connection of a client that does not read.
            _ = sendControl(ResumeWriter.request, generation)
        }
        return .sent(wake: link?.attachment)
    }

    /// Whether notifications find room.
    private var hasRoomToSpare: Bool {
        ledger.hasRoom(for: 0, .notification, limits: resume?.outbox ?? limits.outbox)
    }

    private func isHalfFull(_ outbox: QueueLimits) -> Bool {
        ledger.count > outbox.messages / 2 || ledger.bytes > outbox.bytes / 2
    }

    /// There may be room again: for those who wait to send, and for requests, whose answers need some.
    mutating func roomChanged() -> [Action] {
        guard resume != nil else { return [] }
        var actions: [Action] = []
        if hasRoomToSpare || isDraining, requests.holds.contains(.backPressure) {
            resume?.window.isHeld = false
            let starts = requests.lift(.backPressure, limits: queueLimits)
            note(starts)
            actions += starts.map { .start($0) }
            actions += sendAck()
        }
        if hasWaitingSenders {
            hasWaitingSenders = false
            actions.append(.room)
        }
        return actions
    }

    /// Gives up what the session keeps for a client that is away, as the process has no room for it.
    mutating func loseOutbox() -> [Action] {
        guard !hasEnded, away != nil, ledger.bytes > 0 else { return [] }
        // Others cannot be told what is missing.
        guard resume?.isCounting == true else { return expire() }
        ledger.dropAll()
        return roomChanged()
    }

    // MARK: Time

    /// When the client is told, or has to have acknowledged something.
    var resumeDeadline: Duration? {
        guard link != nil, resume != nil else { return nil }
        let told = resume?.window.deadline
        guard let progress = progressDeadline else { return told }
        return told.map { min($0, progress) } ?? progress
    }

    /// When a client that has something to acknowledge has to have done so; the more is under way the longer that takes on a slow link.
    private var progressDeadline: Duration? {
        guard ledger.count > 0, let since = resume?.progressSince else { return nil }
        let parts = ledger.bytes >> 18
        let timeout = resumeOptions.acknowledgementTimeout
        return since + (parts == 0 ? timeout : timeout * (1 + parts))
    }

    mutating func resumeTick(_ now: Duration) -> [Action] {
        guard resume != nil, let attachment = link?.attachment else { return [] }
        if let progressDeadline, progressDeadline <= now {
            // The session stays, and whoever comes back finds all of it.
            resume?.progressSince = now
            return [.close(attachment, CloseReason(.slowConsumer, "nothing was acknowledged in time"))]
        }
        return resume?.window.isDue(now) == true ? sendAck() : []
    }
}

extension Message {
    /// The same message with its counters.
    func with(_ counters: MessageCounters) -> Message {
        var text = ByteBuffer()
        // Two numbers of usual length: one allocation.
        text.reserveCapacity(count + 32)
        text.writeImmutableBuffer(payload)
        text.writeCounters(counters)
        return Message(text: text)
    }
}
