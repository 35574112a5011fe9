// SPDX-License-Identifier: Apache-2.0
package import HoldfastTransport

/// What a connection waits for, and until when: pure, with the time passed in.
package struct ConnectionDeadlines: Sendable {
    /// What the connection has to do about the time.
    package enum Expiry: Sendable, Hashable {
        /// No byte of a request for the keep-alive time, or since accept: close in silence.
        case idle
        /// A request head takes too long: 408.
        case head
        /// A body is too slow or takes too long: 408.
        case body
        /// The handler takes too long: cancel it, 503.
        case handler
        /// The client does not read its response: reset.
        case write
    }

    private struct Body {
        var start: Duration
        var received = 0
        var bounded = true
    }

    private let limits: Limits.HTTP
    private var idleSince: Duration?
    private var headSince: Duration?
    private var body: Body?
    private var handlerDeadline: Duration?
    private var stalledSince: Duration?
    /// With the connections nearly used up, idle ones are kept only this long.
    package var keepAlive: Duration

    package init(limits: Limits.HTTP, acceptedAt now: Duration) {
        self.limits = limits
        self.keepAlive = limits.keepAlive
        self.headSince = now
    }

    // MARK: Events

    /// The connection waits for its next request.
    package mutating func becameIdle(_ now: Duration) {
        idleSince = now
        headSince = nil
        body = nil
        handlerDeadline = nil
    }

    /// Bytes of a request head arrived; only the first ones start the clock.
    package mutating func headBytesArrived(_ now: Duration) {
        guard headSince == nil else { return }
        idleSince = nil
        headSince = now
    }

    /// A head is complete and its handler starts; `timeout` is `nil` for a route without a deadline.
    package mutating func headEnded(_ now: Duration, hasBody: Bool, timeout: Duration?) {
        idleSince = nil
        headSince = nil
        body = hasBody ? Body(start: now, bounded: timeout != nil) : nil
        handlerDeadline = timeout.map { now + $0 }
    }

    /// Bytes of a body arrived.
    package mutating func bodyBytesArrived(_ count: Int) {
        body?.received &+= count
    }

    /// The handler does not take the body's bytes, so their slowness is ours, not the client's.
    package mutating func bodyPaused() {
        body = nil
    }

    /// The body is complete.
    package mutating func bodyEnded() {
        body = nil
    }

    /// The response has begun: the handler has met its deadline.
    package mutating func responseBegan() {
        handlerDeadline = nil
    }

    /// The client took bytes, or has nothing to take.
    package mutating func writeProgressed(_ now: Duration, pending: Bool) {
        stalledSince = pending ? now : nil
    }

    // MARK: Time

    /// The next moment at which ``expired(_:)`` may have something to say.
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
        consider(stalledSince.map { $0 + limits.writeTimeout })
        return earliest
    }

    /// The first deadline that has passed.
    package func expired(_ now: Duration) -> Expiry? {
        if let stalledSince, now >= stalledSince + limits.writeTimeout { return .write }
        if let handlerDeadline, now >= handlerDeadline { return .handler }
        if let headSince, now >= headSince + limits.headTimeout { return .head }
        if let body, now >= bodyDeadline(body) { return .body }
        if let idleSince, now >= idleSince + keepAlive { return .idle }
        return nil
    }

    /// When the body will have fallen below its rate if nothing more comes, or has taken its whole time.
    private func bodyDeadline(_ body: Body) -> Duration {
        let whole = body.start + limits.bodyTimeout
        guard limits.bodyRate > 0 else { return body.bounded ? whole : body.start + .seconds(86_400) }
        let earned = Duration.milliseconds(
            body.received / limits.bodyRate * 1000 + body.received % limits.bodyRate * 1000 / limits.bodyRate
        )
        let rate = body.start + limits.bodyGrace + earned
        return body.bounded ? min(whole, rate) : rate
    }
}
