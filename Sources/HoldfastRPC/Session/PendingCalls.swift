// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport
internal import Synchronization

/// The server's own calls that wait for the client's answer.
struct PendingCalls: Sendable {
    typealias Continuation = CheckedContinuation<CallAnswer, any Error>

    private struct Call: Sendable {
        let continuation: Continuation
        let timeout: Duration
        let startedAt: Duration
        let awayAtStart: Duration
        var timer: ScheduledAction?
    }

    private var calls: [Int64: Call] = [:]
    private var awayBefore = Duration.zero
    private var awaySince: Duration?

    var count: Int { calls.count }

    mutating func add(_ id: Int64, _ continuation: Continuation, timeout: Duration, now: Duration) {
        calls[id] = Call(continuation: continuation, timeout: timeout, startedAt: now, awayAtStart: away(at: now))
    }

    /// Remembers the timer of a call; `false` when the call is over already.
    mutating func setTimer(_ timer: ScheduledAction, of id: Int64) -> Bool {
        guard calls[id] != nil else { return false }
        calls[id]?.timer = timer
        return true
    }

    /// Takes out the call that was answered, given up or failed.
    mutating func remove(_ id: Int64) -> (continuation: Continuation, timer: ScheduledAction?)? {
        guard let call = calls.removeValue(forKey: id) else { return nil }
        return (call.continuation, call.timer)
    }

    enum TimerOutcome: Sendable {
        case over
        case timedOut(Continuation)
        case waitLonger(Duration)
    }

    /// The timer of a call fired.
    ///
    /// Time during which the client was away does not count: it could not have answered.
    mutating func timerFired(_ id: Int64, now: Duration) -> TimerOutcome {
        guard let call = calls[id] else { return .over }
        let reachable = now - call.startedAt - (away(at: now) - call.awayAtStart)
        if reachable < call.timeout { return .waitLonger(call.timeout - reachable) }
        calls[id] = nil
        return .timedOut(call.continuation)
    }

    mutating func clientLeft(now: Duration) {
        if awaySince == nil { awaySince = now }
    }

    mutating func clientCameBack(now: Duration) {
        awayBefore = away(at: now)
        awaySince = nil
    }

    mutating func removeAll() -> [(continuation: Continuation, timer: ScheduledAction?)] {
        defer { calls = [:] }
        return calls.values.map { ($0.continuation, $0.timer) }
    }

    private func away(at now: Duration) -> Duration {
        guard let awaySince else { return awayBefore }
        return awayBefore + (now - awaySince)
    }
}

/// The numbers of the server's calls.
///
/// Unique in the process, not only in a session: a client library that remembers its answers by number would otherwise give a
/// new session the answer it gave to an old one.
enum CallNumber {
    private static let last = Atomic<Int64>(0)

    static func next() -> Int64 {
        last.wrappingAdd(1, ordering: .relaxed).newValue
    }
}
