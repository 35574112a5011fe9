// SPDX-License-Identifier: Apache-2.0
internal import HoldfastRPC
internal import HoldfastTransport
internal import NIOCore

extension ClientMachine {
    /// A link over a better transport that is made beside the present one, to take its place without a gap.
    ///
    /// When it stands, sending pauses. The answer to a `ping` over the present link says that all sent before has arrived; then the
    /// server is asked over the new link to move the session. It leaves the present link after the last message there.
    struct Move: Sendable {
        enum Stage: Sendable, Hashable {
            case dialing
            case flushing(ping: Int)
            case asking(connect: Int)
        }

        let link: Int
        /// The place of its transport in the settings' list.
        let transportIndex: Int
        var stage = Stage.dialing
        /// The present link ended while the server was asked.
        var leftEnded = false
        /// What came over the new link before its turn.
        var held: [Envelope] = []

        var holdsMessages: Bool { stage != .dialing }
        var flushID: Int? { if case .flushing(let id) = stage { id } else { nil } }
        var isAsked: Bool { if case .asking = stage { true } else { false } }
    }

    /// A link that was left, until its last messages are here.
    struct Settling: Sendable {
        let link: Int
        /// What came over the current link meanwhile.
        var held: [Envelope]
    }

    private static let maximumProbeBackoff = Duration.seconds(300)
    /// How long the server may take to leave a link that it moved a session away from.
    private static let settleTimeout = Duration.seconds(3)

    // MARK: Trying

    mutating func scheduleProbe(_ now: Duration) {
        // A server without sessions has nothing that could be moved.
        guard settings.probeDelay != nil, transportIndex > 0, sessionID != nil else { return }
        arm(.probe, after: probeBackoff, now)
    }

    mutating func probe(_ now: Duration) {
        guard phase == .open, move == nil, settling == nil else { return scheduleProbe(now) }
        startMove(to: 0, now)
    }

    private mutating func startMove(to index: Int, _ now: Duration) {
        let number = makeLink()
        move = Move(link: number, transportIndex: index)
        actions.append(.dial(number, settings.transports[index]))
        arm(.move, after: settings.connectionTimeout, now)
    }

    // MARK: Moving

    mutating func moveLinkUp(_ now: Duration) {
        guard move?.stage == .dialing else { return }
        let id = makeID()
        move?.stage = .flushing(ping: id)
        transmit(EnvelopeWriter.request(id: Envelope.ID(id), method: wire.pingMethod), now)
    }

    mutating func moveFlushed(_ now: Duration) {
        guard let sessionID, let link = move?.link else { return }
        let id = makeID()
        move?.stage = .asking(connect: id)
        transmit(
            EnvelopeWriter.request(id: Envelope.ID(id), method: wire.connectMethod, sessionID: sessionID),
            over: link,
            now
        )
    }

    mutating func moveReceived(_ envelope: Envelope, _ now: Duration) {
        guard case .asking(let connect) = move?.stage else { return }
        guard case .response(let response) = envelope, response.id?.callNumber == connect else {
            move?.held.append(envelope)
            return
        }
        guard case .result(let result) = response.outcome, result.sessionID ?? sessionID == sessionID else {
            return moveFailed(now)
        }
        moved(now)
    }

    private mutating func moved(_ now: Duration) {
        guard let move else { return }
        self.move = nil
        disarm(.move)
        let left = link
        link = move.link
        transportIndex = move.transportIndex
        lastReceived = now
        settling = Settling(link: left, held: move.held)
        actions.append(.emit(.transportChanged(transport)))
        startHeartbeat(now)
        probeBackoff = settings.probeDelay ?? .zero
        scheduleProbe(now)
        flushQueue(now)
        if move.leftEnded { settle(now) } else { arm(.settle, after: Self.settleTimeout, now) }
    }

    /// Something came over the link that was left: what is still to come is waited for, however slow it is.
    mutating func heardOldLink(_ number: Int, _ now: Duration) {
        if settling?.link == number { arm(.settle, after: Self.settleTimeout, now) }
    }

    /// The link that was left has said its last: what came over its successor is taken now.
    mutating func settle(_ now: Duration) {
        guard let left = settling else { return }
        settling = nil
        disarm(.settle)
        actions.append(.drop(left.link, CloseReason(.normalClosure)))
        for envelope in left.held { received(envelope, now) }
    }

    // MARK: Failing

    /// The better link did not come about, or the server did not answer there.
    mutating func moveFailed(_ now: Duration) {
        guard let move else { return }
        // Whether the server moved the session cannot be known: only a new start tells.
        guard !move.isAsked else { return reconnect(CloseReason(.goingAway, "the move failed"), now) }
        abandonMove()
        if move.stage == .dialing, move.transportIndex + 1 < transportIndex {
            return startMove(to: move.transportIndex + 1, now)
        }
        flushQueue(now)
        probeBackoff = min(probeBackoff * 2, Self.maximumProbeBackoff)
        scheduleProbe(now)
    }

    /// Goes where the session is, or will be once the server reads what it was asked.
    mutating func followMove() {
        guard let move, move.isAsked else { return abandonMove() }
        self.move = nil
        disarm(.move)
        actions.append(.drop(link, CloseReason(.normalClosure)))
        link = move.link
    }

    mutating func abandonMove() {
        guard let move else { return }
        if move.isAsked { lateConnects += 1 }
        self.move = nil
        disarm(.move)
        actions.append(.drop(move.link, CloseReason(.goingAway)))
    }
}
