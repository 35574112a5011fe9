// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport

extension RPCSession {
    /// Agrees with its client to lose nothing from now on; `nil` when that cannot be.
    ///
    /// - Returns: The member `resume` of the answer.
    func negotiate(_ offer: ResumeOffer, on attachment: Attachment) -> JSON? {
        guard let options = service.options.resume else { return nil }
        let (epoch, token) = (String(RandomID.make().prefix(8)), RandomID.make())
        let state = change { machine, now -> ResumeState? in
            guard machine.negotiate(offer, attachment.generation, epoch: epoch, token: token, now) else { return nil }
            noteAgreement(isCounting: machine.resume?.isCounting == true)
            return machine.resume
        }
        guard let state else { return nil }
        return ResumeWriter.agreed(state, window: reconnectionTimeout, policy: options.acknowledgement)
    }

    /// Why a client may not have the session back; `nil` when it may.
    func refusal(of offer: ResumeOffer) -> SessionMachine.Return? {
        withMachine { $0.refusal(of: offer) }
    }

    /// Gives the session back to a client that knows its secret.
    ///
    /// - Parameter answer: Writes the answer around its member `resume`.
    func attach(
        to connection: MessageConnection,
        _ carrier: RPCConnection,
        _ offer: ResumeOffer,
        answer: (JSON) -> Message?
    ) -> SessionMachine.Return {
        let token = RandomID.make()
        let result = change { machine, now in
            machine.attach(connection, offer, token: token, now) { machine, word, gaps in
                machine.resume.flatMap { answer(ResumeWriter.back($0, word, machine.ledger, gaps)) }
            } make: { generation in
                makeAttachment(connection, carrier, generation)
            }
        }
        if case .attached(_, let actions) = result { perform(actions, .arrival) }
        return result
    }

    /// Takes the counters of a message that is no request; `false` when it is to be taken no further.
    ///
    /// - Parameter isCounted: Whether the message has to have a number.
    func accept(
        _ counters: MessageCounters,
        bytes: Int,
        isCounted: Bool,
        from connection: MessageConnection
    ) -> Bool {
        let (acceptance, actions) = change { machine, now in
            var actions: [SessionMachine.Action] = []
            let acceptance = machine.accept(
                counters,
                bytes: bytes,
                isCounted: isCounted,
                over: connection,
                now,
                &actions
            )
            return (acceptance, actions)
        }
        if !actions.isEmpty { perform(actions, .arrival) }
        switch acceptance {
        case .new: return true
        case .repeated: return false
        case .violation(let reason):
            connection.close(.protocolViolation, reason: reason)
            return false
        }
    }

    /// Tells the client how far its messages have come, if it asks over the session's connection.
    func acknowledge(to connection: MessageConnection) {
        let actions = change { machine, _ in
            machine.link?.attachment.connection === connection ? machine.sendAck() : []
        }
        perform(actions, .arrival)
    }

    /// Lets what was accepted go on: the server is about to end.
    func drain() {
        perform(change { machine, _ in machine.drain() }, .enqueued)
    }

    /// The client cannot send some of its messages any more; `false` when they are not the next ones.
    func skip(_ missing: ClosedRange<UInt64>, reason: String, over connection: MessageConnection) -> Bool {
        let actions = change { machine, _ in machine.skip(missing, reason: reason, over: connection) }
        guard let actions else { return false }
        perform(actions, .arrival)
        return true
    }

    /// Asks a client that can find its session elsewhere, or later, to move.
    func sendAway(after: Duration, deadline: Duration) {
        guard isCounting else { return }
        let message = ResumeWriter.goAway(after: after, deadline: deadline)
        let actions = change { machine, _ in
            machine.link.map { $0.attachment.generation }.map { machine.sendControl(message, $0) } ?? []
        }
        perform(actions, .arrival)
    }
}
