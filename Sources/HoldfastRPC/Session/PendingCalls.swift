// SPDX-License-Identifier: Apache-2.0
internal import DequeModule
internal import HoldfastTransport
internal import Synchronization

/// The server's own calls that wait for the client's answer.
///
/// Pure, with the time passed in. Time during which the client is away does not count: it could not answer.
struct PendingCalls: Sendable {
    typealias Number = Int64

    /// The calls given up that are remembered: their answers may still come, and are nobody's fault.
    private static let rememberedCalls = 1024

    private struct Waiting: Sendable {
        /// When it is given up; while the client is away, the time that is left.
        var deadline: Duration
        /// The number of its message.
        let sequence: UInt64
    }

    private var waiting: [Number: Waiting] = [:]
    private var givenUp: Deque<Number> = []
    private var isAway = false

    var count: Int { waiting.count }

    mutating func add(_ number: Number, sequence: UInt64 = 0, timeout: Duration, now: Duration) {
        waiting[number] = Waiting(deadline: isAway ? timeout : now + timeout, sequence: sequence)
    }

    /// The client has answered; `false` when no such call waits.
    mutating func answered(_ number: Number) -> Bool {
        waiting.removeValue(forKey: number) != nil
    }

    /// Nobody waits for the answer any more; `false` when no such call waits.
    mutating func giveUp(_ number: Number) -> Bool {
        guard waiting.removeValue(forKey: number) != nil else { return false }
        if givenUp.count == Self.rememberedCalls { givenUp.removeFirst() }
        givenUp.append(number)
        return true
    }

    /// Whether an answer to this call may come although none waits for it; the first one is taken, a further one is not.
    mutating func isLate(_ number: Number) -> Bool {
        guard let index = givenUp.firstIndex(of: number) else { return false }
        givenUp.remove(at: index)
        return true
    }

    /// The next moment at which ``takeExpired(_:)`` finds something; none while the client is away.
    var nextDeadline: Duration? {
        isAway || waiting.isEmpty ? nil : waiting.values.reduce(.longest) { min($0, $1.deadline) }
    }

    /// Gives up the calls that were not answered in time.
    mutating func takeExpired(_ now: Duration) -> [Number] {
        guard !isAway else { return [] }
        let expired = waiting.filter { $0.value.deadline <= now }.keys.sorted()
        return expired.filter { giveUp($0) }
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
        for number in waiting.keys { waiting[number]?.deadline += time }
    }

    /// Forgets all; returns them with the numbers of their messages.
    mutating func removeAll() -> [(call: Number, sequence: UInt64)] {
        defer { waiting = [:] }
        return waiting.map { ($0.key, $0.value.sequence) }.sorted { $0.0 < $1.0 }
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
