// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport

/// Coming, going and the end.
extension SessionMachine {
    /// Makes a connection the session's; `nil` when nobody can come back to it.
    ///
    /// What the session has to say goes out there from the first message on that its client does not have.
    ///
    /// - Parameters:
    ///   - answer: Goes out on that connection before everything else.
    ///   - reason: What the connection before it closes with.
    ///   - make: Makes the attachment of a generation; not called when the connection is the session's already.
    mutating func attach(
        _ connection: MessageConnection,
        answer: Message? = nil,
        leaving reason: CloseReason = CloseReason(.replaced, "replaced"),
        _ now: Duration,
        make: (UInt64) -> Attachment
    ) -> (attachment: Attachment, actions: [Action])? {
        guard !hasEnded else { return nil }
        if let link, link.attachment.connection === connection {
            guard let answer else { return (link.attachment, []) }
            return (link.attachment, sendControl(answer, link.attachment.generation))
        }
        generation &+= 1
        let attachment = make(generation)
        let previous = link
        let wasAway = away != nil
        var link = Link(attachment: attachment, sent: ledger.acked)
        if let answer { _ = link.control.append(answer, after: link.sent) }
        self.link = link
        away = nil
        // Those who asked are gone.
        greetings = []
        calls.clientCame(now)
        var actions: [Action] = []
        if let previous {
            if resume != nil { actions.append(.reply(previous.attachment, ResumeWriter.detached(reason))) }
            actions.append(.close(previous.attachment, reason))
        }
        if wasAway { actions.append(.away(false)) }
        if answer != nil || ledger.end > ledger.acked { actions.append(.wake(attachment)) }
        return (attachment, actions)
    }

    /// The connection of that generation is gone, or carries another session now.
    ///
    /// - Parameter isDisplaced: Whether it carries another session: then nobody would come back to one that has done nothing.
    mutating func detach(
        _ generation: UInt64,
        _ reason: CloseReason,
        isDisplaced: Bool = false,
        _ now: Duration
    ) -> [Action] {
        guard let link, link.attachment.generation == generation else { return [] }
        self.link = nil
        greetings = []
        guard !hasEnded else {
            ledger.removeAll()
            return []
        }
        let timeout = max(reconnectionTimeout, .zero)
        away = Away(expiresAt: now + timeout, reason: reason)
        calls.clientLeft(now)
        return timeout == .zero || isDisplaced && isUntouched ? expire() : roomChanged() + [.away(true)]
    }

    /// What the connection of that generation has to say on its own, whatever session it carries.
    func ownMessages(_ generation: UInt64) -> [Message] {
        guard let link, link.attachment.generation == generation else { return [] }
        return link.control.messages + greetings
    }

    /// Ends the session if its client is away.
    mutating func expire() -> [Action] {
        guard let away else { return [] }
        return end(away.reason, cancelling: true)
    }

    /// Whether nobody would miss the session: nothing has been asked of it, and nothing is to be said.
    private var isUntouched: Bool {
        isNew && requests.isIdle && ledger.end == 0 && calls.count == 0 && !events.isTelling
    }

    // MARK: Sending

    /// What came of a message to be sent.
    enum Sending: Sendable {
        case sent(wake: Attachment?)
        case full
        /// There is none until the client acknowledges something.
        case waits
        /// The session has no room for it and ends.
        case expired
        case ended
    }

    /// Adds a message to what the session has to say.
    ///
    /// - Parameter key: What names the notifications of which only the last counts.
    mutating func send(_ message: Message, _ kind: Ledger.Kind, key: String? = nil, _ now: Duration) -> Sending {
        guard !hasEnded else { return .ended }
        if resume?.isCounting == true { return sendCounted(message, kind, key: key, now) }
        if let key,
            ledger.replace(key: key, after: link?.sent ?? ledger.acked, limits: limits.outbox, with: { _ in message })
        {
            return .sent(wake: nil)
        }
        guard ledger.append(message, kind, key: key, limits: limits.outbox) else { return .full }
        return .sent(wake: link?.attachment)
    }

    /// Sends something that is lost with its connection; nothing while there is none, or while that has much to say already.
    mutating func sendVolatile(_ message: Message) -> Sending {
        guard !hasEnded else { return .ended }
        guard link?.control.takesMore == true, link?.control.append(message, after: ledger.end) == true else {
            return .sent(wake: nil)
        }
        return .sent(wake: link?.attachment)
    }

    /// Sends something over the connection of that generation and no other.
    ///
    /// - Parameter inOrder: Whether it goes out after what the session has said so far, instead of before.
    mutating func sendControl(_ message: Message, _ generation: UInt64, inOrder: Bool = false) -> [Action] {
        guard !hasEnded, let attachment = link?.attachment, attachment.generation == generation else { return [] }
        guard link?.control.append(message, after: inOrder ? ledger.end : 0) == true else {
            return [.close(attachment, CloseReason(.slowConsumer, "too many answers wait to be read"))]
        }
        return [.wake(attachment)]
    }

    /// Answers a `connect` over the connection of that generation: after what the application says when it is told of the session.
    mutating func sendGreeting(_ message: Message, _ generation: UInt64) -> [Action] {
        guard let attachment = link?.attachment, attachment.generation == generation else { return [] }
        guard events.isTelling else { return sendControl(message, generation, inOrder: true) }
        guard greetings.count < ControlLane.limits.messages else {
            return [.close(attachment, CloseReason(.slowConsumer, "too many answers wait to be read"))]
        }
        greetings.append(message)
        return []
    }

    mutating func greet() -> [Action] {
        guard !greetings.isEmpty, let generation = link?.attachment.generation else { return [] }
        defer { greetings = [] }
        return greetings.flatMap { sendControl($0, generation, inOrder: true) }
    }

    /// The next message for the connection of that generation.
    ///
    /// A client that acknowledges nothing is taken to have what its connection has taken.
    mutating func take(_ generation: UInt64) -> Message? {
        guard link?.attachment.generation == generation, let sent = link?.sent else { return nil }
        let next = ledger.next(after: sent)
        // What is missing before the next message holds nothing up.
        if let message = link?.control.take(after: next.map { $0.number - 1 } ?? ledger.end) { return message }
        guard let entry = next else { return nil }
        link?.sent = entry.number
        if resume?.isCounting == true {
            resume?.noteSent(entry.number)
        } else {
            ledger.acknowledge(entry.number)
        }
        return entry.message
    }

    // MARK: The end

    /// Ends the session, once; its connection closes after what has been said.
    ///
    /// - Parameters:
    ///   - reason: What the application is told.
    ///   - farewell: The last message.
    ///   - closing: What the connection closes with; 1000 unless given.
    ///   - cancelling: Whether requests that run are cancelled, as nobody waits for them.
    mutating func end(
        _ reason: CloseReason,
        farewell: Message? = nil,
        closing: CloseReason? = nil,
        cancelling: Bool
    ) -> [Action] {
        guard !hasEnded else { return [] }
        let wasAway = away != nil
        var actions: [Action] = [.forget(reason)]
        if wasAway { actions.append(.away(false)) }
        if let attachment = link?.attachment {
            // Those who wait for the application to be told are answered, as long as there is room.
            actions += greet()
            // Whatever the limits: it is the last one.
            if let farewell {
                ledger.append(farewell, .answer)
                actions.append(.wake(attachment))
            }
            actions.append(.close(attachment, closing ?? CloseReason(.normalClosure)))
        } else {
            ledger.removeAll()
        }
        hasEnded = true
        isCancelling = cancelling
        away = nil
        let (unstarted, started, tasks) = requests.removeAll()
        actions.append(.refuse(cancelling ? unstarted + started : unstarted))
        for (call, sequence) in calls.removeAll() {
            // A client that counts can have taken no more than was sent.
            let mayHaveRun = resume.map { $0.isCounting && sequence <= $0.sent } ?? false
            actions.append(.fail(call, RPCSessionError(mayHaveRun ? .outcomeUnknown : .ended)))
        }
        actions += roomChanged()
        if cancelling { actions.append(.cancel(tasks)) }
        return actions + tell(.closed(reason))
    }
}
