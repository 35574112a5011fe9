// SPDX-License-Identifier: Apache-2.0
package import HoldfastTransport

/// What a connection waits for, and until when: pure, with the time passed in.
package struct ConnectionDeadlines: Sendable {
    /// What has taken too long.
    package enum Expiry: Sendable, Hashable {
        /// The next request, since the answer before was out.
        case idle
        /// A request head.
        case head
        /// A body, as a whole or by its rate.
        case body
        /// The handler.
        case handler
        /// The client, which does not read its response.
        case write
        /// The client, which may have what it was sent but does not close.
        case linger
    }

    /// A request body under way.
    private struct Body {
        var start: Duration
        var received = 0
    }

    /// The time in which a client may take the last answer and close, after it is out.
    private static let linger = Duration.seconds(2)

    private let limits: Limits.HTTP
    private var idleSince: Duration?
    private var headSince: Duration?
    private var body: Body?
    /// The time that the handler of this request has; `nil` for none.
    private var handlerTime: Duration?
    private var handlerDeadline: Duration?
    private var lingerUntil: Duration?
    private var stall: StallClock
    /// Whether the socket is behind; otherwise the stall clock only watches what the operating system has left.
    private var isBehind = false
    /// Whether the body has to come within a time as a whole.
    private var bodyIsBounded = true
    /// With the connections nearly used up, idle ones are kept only this long.
    package var keepAlive: Duration

    package init(limits: Limits.HTTP, acceptedAt now: Duration) {
        self.limits = limits
        self.keepAlive = limits.keepAlive
        self.headSince = now
        self.stall = StallClock(timeout: limits.writeTimeout)
    }

    // MARK: Events

    /// The answer is out, and the connection waits for its next request.
    package mutating func becameIdle(_ now: Duration) {
        idleSince = now
    }

    /// Bytes of a request head arrived; only the first ones start the clock.
    package mutating func headBytesArrived(_ now: Duration) {
        guard headSince == nil else { return }
        idleSince = nil
        headSince = now
    }

    /// A head is complete.
    ///
    /// The handler's time begins with the request's last byte, for what comes before is the client's.
    ///
    /// - Parameters:
    ///   - hasBody: Whether a body follows.
    ///   - waitsForContinue: Whether the client sends it only when the handler asks.
    ///   - timeout: The handler's time; `nil` for a route without a deadline.
    package mutating func headEnded(_ now: Duration, hasBody: Bool, waitsForContinue: Bool, timeout: Duration?) {
        idleSince = nil
        headSince = nil
        handlerTime = timeout
        bodyIsBounded = timeout != nil
        if hasBody, !waitsForContinue { bodyIsAwaited(now) } else { handlerIsAwaited(now) }
    }

    /// Bytes of a body arrived.
    package mutating func bodyBytesArrived(_ count: Int) {
        body?.received &+= count
    }

    /// The body's next bytes are the client's to send.
    package mutating func bodyIsAwaited(_ now: Duration) {
        guard body == nil else { return }
        handlerDeadline = nil
        body = Body(start: now)
    }

    /// The handler has everything, or does not take what has come: its slowness is not the client's.
    package mutating func handlerIsAwaited(_ now: Duration) {
        body = nil
        if handlerDeadline == nil { handlerDeadline = handlerTime.map { now + $0 } }
    }

    /// The response has begun: the handler has met its deadline.
    package mutating func responseBegan() {
        handlerTime = nil
        handlerDeadline = nil
    }

    /// Neither the rest of a request nor its handler is waited for any more.
    package mutating func nothingIsAwaited() {
        body = nil
        handlerTime = nil
        handlerDeadline = nil
    }

    /// The socket takes no more for now.
    ///
    /// - Parameter taken: All bytes that the client has ever taken.
    package mutating func outputIsBehind(_ now: Duration, taken: Int) {
        idleSince = nil
        isBehind = true
        stall.start(now, taken: taken)
    }

    /// The socket has taken everything.
    package mutating func outputCaughtUp() {
        isBehind = false
        stall.stop()
    }

    /// The end of output has been sent: the client may take the last answer for a moment.
    package mutating func outputClosed(_ now: Duration) {
        idleSince = nil
        headSince = nil
        lingerUntil = now + Self.linger
    }

    /// Nothing of a request matters any more; the last answer goes out.
    package mutating func inputIsOver() {
        idleSince = nil
        headSince = nil
        nothingIsAwaited()
    }

    // MARK: Time

    /// The next moment at which ``tick(_:unsent:taken:)`` may have something to say.
    package var next: Duration? {
        var earliest: Duration?
        func consider(_ deadline: Duration?) {
            guard let deadline else { return }
            earliest = min(earliest ?? deadline, deadline)
        }
        consider(idleSince.map { $0 + keepAlive })
        consider(headSince.map { $0 + limits.headTimeout })
        consider(body.map(bodyDeadline))
        consider(handlerDeadline)
        consider(stall.next)
        consider(lingerUntil)
        return earliest
    }

    /// Looks at the clock: the first deadline that has passed, if any.
    ///
    /// - Parameters:
    ///   - unsent: Bytes that the client has not taken, those in the operating system's hands included.
    ///   - taken: All bytes that it has ever taken.
    package mutating func tick(_ now: Duration, unsent: Int, taken: Int) -> Expiry? {
        if !isBehind, unsent == 0 { stall.stop() }
        if stall.tick(now, taken: taken) { return .write }
        if let handlerDeadline, now >= handlerDeadline { return .handler }
        if let headSince, now >= headSince + limits.headTimeout {
            if unsent == 0 { return .head }
            // The client is still at the answer before.
            stall.start(now, taken: taken)
            self.headSince = now
        }
        if let body, now >= bodyDeadline(body) { return .body }
        if let idleSince, now >= idleSince + keepAlive {
            if unsent == 0 { return .idle }
            // The answer is out only when the client has it.
            stall.start(now, taken: taken)
            self.idleSince = now
        }
        if let lingerUntil, now >= lingerUntil {
            if unsent == 0 { return .linger }
            stall.start(now, taken: taken)
            self.lingerUntil = now + Self.linger
        }
        return nil
    }

    /// When the body will have fallen below its rate if nothing more comes, or has taken its whole time.
    private func bodyDeadline(_ body: Body) -> Duration {
        let whole = body.start + limits.bodyTimeout
        guard limits.bodyRate > 0 else { return bodyIsBounded ? whole : body.start + .seconds(86_400) }
        let earned = Duration.milliseconds(
            body.received / limits.bodyRate * 1000 + body.received % limits.bodyRate * 1000 / limits.bodyRate
        )
        let rate = body.start + limits.bodyGrace + earned
        return bodyIsBounded ? min(whole, rate) : rate
    }
}
