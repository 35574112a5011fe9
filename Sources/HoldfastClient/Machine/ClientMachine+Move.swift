// SPDX-License-Identifier: Apache-2.0
internal import HoldfastRPC
internal import HoldfastTransport
internal import NIOCore

extension ClientMachine {
    /// A link over a better transport that is made beside the present one, to take its place without a gap.
    ///
    /// When it stands, sending pauses. The answer to a `ping` over the present link says that all sent before has arrived; then the
    /// server is asked over the new link to move the session. It leaves the present link after the last message there.
    ///
    /// A session that loses nothing needs no pause: the `ping` goes over the new link, and what both links carry is told by its number.
    struct Move: Sendable {
        enum Stage: Sendable, Hashable {
            case dialing
            case flushing(ping: Int)
            /// The new link shows that it carries messages.
            case trying(ping: Int)
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
    /// How long each question over the new link may take that a session which loses nothing moves to.
    private static let questionTimeout = Duration.seconds(10)
    /// How long a move that the server asks for is put off while there is another one.
    private static let goAwayPause = Duration.seconds(1)

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
        let ping = EnvelopeWriter.request(id: Envelope.ID(id), method: wire.pingMethod)
        if resumption == nil {
            move?.stage = .flushing(ping: id)
            transmit(ping, now)
        } else {
            move?.stage = .trying(ping: id)
            transmit(ping, over: move?.link, now)
            arm(.move, after: Self.questionTimeout, now)
        }
    }

    mutating func moveFlushed(_ now: Duration) {
        guard sessionID != nil, let link = move?.link else { return }
        let id = makeID()
        move?.stage = .asking(connect: id)
        transmit(connectRequest(id, isMove: true), over: link, now)
        if resumption != nil { arm(.move, after: Self.questionTimeout, now) }
    }

    mutating func moveReceived(_ envelope: Envelope, _ now: Duration) {
        if case .trying(let ping) = move?.stage {
            guard case .response(let response) = envelope, response.id?.callNumber == ping else { return }
            // An error shows as well that messages come and go.
            return moveFlushed(now)
        }
        guard case .asking(let connect) = move?.stage else { return }
        guard case .response(let response) = envelope, response.id?.callNumber == connect else {
            if resumption == nil { move?.held.append(envelope) }
            return
        }
        guard case .result(let result) = response.outcome, result.sessionID ?? sessionID == sessionID else {
            return moveFailed(now)
        }
        guard resumption != nil else { return moved(nil, now) }
        guard let terms = ReturnTerms(result.json["resume"]) else { return moveFailed(now) }
        moved(terms, now)
    }

    /// - Parameter terms: What the server says of a session that loses nothing.
    private mutating func moved(_ terms: ReturnTerms?, _ now: Duration) {
        guard let move else { return }
        self.move = nil
        disarm(.move)
        let left = link
        link = move.link
        detached = nil
        let isOther = transportIndex != move.transportIndex
        transportIndex = move.transportIndex
        lastReceived = now
        settling = Settling(link: left, held: move.held)
        if let terms {
            guard cameBack(terms, over: link, now) else { return }
            resend(now)
        }
        if isOther { actions.append(.emit(.transportChanged(transport))) }
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
        for envelope in left.held { deliver(envelope, now) }
    }

    // MARK: Failing

    /// The better link did not come about, or the server did not answer there.
    mutating func moveFailed(_ now: Duration) {
        guard let move else { return }
        // Whether the server moved the session cannot be known: only a new start tells, unless both links may carry it.
        guard !move.isAsked || resumption != nil && !move.leftEnded else {
            return reconnect(CloseReason(.goingAway, "the move failed"), now)
        }
        abandonMove()
        if move.stage == .dialing, move.transportIndex + 1 < transportIndex {
            return startMove(to: move.transportIndex + 1, now)
        }
        flushQueue(now)
        probeBackoff = min(probeBackoff * 2, Self.maximumProbeBackoff)
        scheduleProbe(now)
    }

    // MARK: Because the server asks for it

    /// The server ends, or has too much to do.
    mutating func goAway(after milliseconds: Int, _ now: Duration) {
        let delay = Duration.milliseconds(min(max(milliseconds, 0), 3_600_000)) * (1 + settings.random())
        arm(.goAway, after: delay, now)
    }

    /// Moves to a link of its own transport; whoever balances the links finds another server for it.
    mutating func leaveServer(_ now: Duration) {
        guard phase == .open else { return }
        guard move == nil, settling == nil else { return arm(.goAway, after: Self.goAwayPause, now) }
        startMove(to: transportIndex, now)
    }

    // MARK: Closing

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
        if move.isAsked, resumption == nil { lateConnects += 1 }
        self.move = nil
        disarm(.move)
        actions.append(.drop(move.link, CloseReason(.goingAway)))
    }
}
