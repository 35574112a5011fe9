// SPDX-License-Identifier: Apache-2.0
internal import DequeModule
internal import HoldfastTransport
internal import Synchronization

/// The server's own calls that wait for the client's answer.
///
/// Pure, with the time passed in. Time during which the client is away does not count: it could not answer.
struct PendingCalls: Sendable {
    typealias Continuation = CheckedContinuation<CallAnswer, any Error>

    private struct Call: Sendable {
        let continuation: Continuation
        /// When it is given up; while the client is away, the time that is left.
        var deadline: Duration
    }

    /// The calls given up that are remembered: their answers may still come, and are nobody's fault.
    private static let rememberedCalls = 1024

    private var calls: [Int64: Call] = [:]
    private var givenUp: Deque<Int64> = []
    private var isAway = false

    var count: Int { calls.count }

    mutating func add(_ id: Int64, _ continuation: Continuation, timeout: Duration, now: Duration) {
        calls[id] = Call(continuation: continuation, deadline: isAway ? timeout : now + timeout)
    }

    /// Takes out the call that was answered.
    mutating func answered(_ id: Int64) -> Continuation? {
        calls.removeValue(forKey: id)?.continuation
    }

    /// Takes out a call that nobody waits for any more.
    mutating func giveUp(_ id: Int64) -> Continuation? {
        guard let call = calls.removeValue(forKey: id) else { return nil }
        remember(id)
        return call.continuation
    }

    private mutating func remember(_ id: Int64) {
        if givenUp.count == Self.rememberedCalls { givenUp.removeFirst() }
        givenUp.append(id)
    }

    /// Whether an answer to this call may come although none waits for it; the first one is taken, a further one is not.
    mutating func isLate(_ id: Int64) -> Bool {
        guard let index = givenUp.firstIndex(of: id) else { return false }
        givenUp.remove(at: index)
        return true
    }

    /// The next moment at which ``takeExpired(_:)`` finds something; none while the client is away.
    var nextDeadline: Duration? {
        isAway ? nil : calls.values.lazy.map(\.deadline).min()
    }

    /// Takes out the calls that were not answered in time.
    mutating func takeExpired(_ now: Duration) -> [Continuation] {
        guard !isAway else { return [] }
        let expired = calls.filter { $0.value.deadline <= now }.sorted { $0.key < $1.key }
        return expired.compactMap { giveUp($0.key) }
    }

    mutating func clientLeft(_ now: Duration) {
        guard !isAway else { return }
        isAway = true
        shiftDeadlines(by: .zero - now)
    }

    mutating func clientCame(_ now: Duration) {
        guard isAway else { return }
        isAway = false
        shiftDeadlines(by: now)
    }

    private mutating func shiftDeadlines(by time: Duration) {
        for id in calls.keys { calls[id]?.deadline += time }
    }

    mutating func removeAll() -> [Continuation] {
        defer { calls = [:] }
        return calls.values.map(\.continuation)
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
