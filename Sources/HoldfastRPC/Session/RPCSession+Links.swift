// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport
internal import Logging
internal import Synchronization

extension RPCSession {
    // MARK: Coming and going

    /// Makes `connection` the session's connection, sends `answer` there first, then what the session has kept.
    ///
    /// The only way a session and a connection meet; on the connection's loop. A connection the session had before is closed with 4409.
    /// - Returns: `nil` when the session has ended.
    func attach(to connection: MessageConnection, _ carrier: RPCConnection, answer: Message? = nil) -> Attachment? {
        let attached = change { machine, now in
            machine.attach(connection, answer: answer, now) { makeAttachment(connection, carrier, $0) }
        }
        guard let (attachment, actions) = attached else { return nil }
        perform(actions, .arrival)
        return attachment
    }

    func makeAttachment(_ connection: MessageConnection, _ carrier: RPCConnection, _ generation: UInt64) -> Attachment {
        let attachment = Attachment(self, connection, carrier, generation: generation)
        // Before anybody can be told that the session has something to say.
        connection.add(attachment)
        return attachment
    }

    /// The connection of that generation is gone, or carries another session now; starts the time to come back.
    func detach(_ generation: UInt64, _ reason: CloseReason, isDisplaced: Bool = false) {
        perform(change { $0.detach(generation, reason, isDisplaced: isDisplaced, $1) }, .arrival)
    }

    /// The connection of that generation carries another session from now on.
    ///
    /// - Returns: What the connection still has to say on its own; `nil` when the session has ended, and the connection with it.
    func displace(_ generation: UInt64) -> [Message]? {
        let reason = CloseReason(.normalClosure, "connected to another session")
        let (own, actions) = change { machine, now -> ([Message]?, [SessionMachine.Action]) in
            if machine.hasEnded { return (nil, []) }
            let own = machine.ownMessages(generation)
            return (own, machine.detach(generation, reason, isDisplaced: true, now))
        }
        perform(actions, .arrival)
        return own
    }

    /// The next message for the connection of that generation.
    func take(_ generation: UInt64) -> Message? {
        withMachine { $0.take(generation) }
    }

    /// Ends the session, once; see ``SessionMachine/end(_:farewell:closing:cancelling:)``.
    func end(
        _ reason: CloseReason,
        farewell: Message? = nil,
        closing: CloseReason? = nil,
        cancelling: Bool,
        _ launch: Launch = .arrival
    ) {
        let actions = change { machine, _ in
            machine.end(reason, farewell: farewell, closing: closing, cancelling: cancelling)
        }
        perform(actions, launch)
    }

    /// Ends the session for a connection that carries it; `false` when it does so no longer.
    func end(by generation: UInt64, _ reason: CloseReason, farewell: Message?) -> Bool {
        let actions = change { machine, _ -> [SessionMachine.Action]? in
            guard !machine.hasEnded, machine.link?.attachment.generation == generation else { return nil }
            return machine.end(reason, farewell: farewell, cancelling: true)
        }
        guard let actions else { return false }
        perform(actions, .arrival)
        return true
    }

    /// Gives up what the session keeps for a client that is away.
    func loseOutbox() {
        perform(change { machine, _ in machine.loseOutbox() }, .enqueued)
    }

    /// Ends a session whose client is away.
    func expire() {
        perform(change { machine, _ in machine.expire() }, .arrival)
    }

    // MARK: Sending

    /// Sends an answer; a session that has no room for it ends, since its client would wait for ever.
    ///
    /// - Parameter request: What it answers, for clients that ask again.
    func sendAnswer(_ message: Message, to request: InboundRequest? = nil, _ launch: Launch = .arrival) {
        switch change({ $0.sendAnswer(message, to: request, $1) }) {
        case .sent(let attachment): attachment?.connection.sourceIsReady()
        case .full, .expired: overflow(launch)
        case .ended, .waits: break
        }
    }

    func overflow(_ launch: Launch = .arrival) {
        let reason = CloseReason(.slowConsumer, "too many answers wait to be read")
        service.metrics.refused("outbox")
        service.lines.log(.warning, "session ended: \(reason.text)", logMetadata(), reason: "outbox")
        end(reason, closing: reason, cancelling: true, launch)
    }

    /// A `connect` of a client that is connected: not the session's first message any more, but perhaps its first `connect`.
    func noteConnect(_ params: JSON?) {
        withMachine { $0.isNew = false }
        register.withLock { if $0 == nil { $0 = params } }
    }

    // MARK: Actions

    /// Does what follows from a change, in its order.
    ///
    /// - Parameter launch: How application code is started.
    func perform(_ actions: [SessionMachine.Action], _ launch: Launch) {
        for action in actions {
            switch action {
            case .wake(let attachment): attachment.connection.sourceIsReady()
            case .close(let attachment, let reason): attachment.connection.close(reason.code, reason: reason.text)
            // Only when events have been told, on the loop: what arrives there stands behind it.
            case .start(let start): run(start, launch)
            case .tell: tellEvents(launch)
            case .fail(let call, let error): complete(call, .failure(error))
            case .refuse(let requests):
                for request in requests {
                    request.route.refuse(.unknownSession.with("the session has ended"), request.id)
                }
            case .cancel(let tasks):
                // What handlers do when they are cancelled is code of the application's too.
                launch.run { for task in tasks { task.cancel() } }
            case .away(let isAway): service.noteAway(self, isAway)
            case .forget(let reason): service.forget(self, reason)
            case .reply(let attachment, let message): attachment.connection.reply(message)
            case .room: resumeWaitingSenders()
            }
        }
    }

    func logMetadata(_ more: Logger.Metadata = [:]) -> Logger.Metadata {
        more.merging(["session": "\(shortID)"]) { first, _ in first }
    }
}
