// SPDX-License-Identifier: Apache-2.0
package import HoldfastTransport

/// When the other side is told how far its messages have come, unless a message of ours says so first.
package struct AckPolicy: Sendable, Hashable {
    /// After so many messages.
    package var messages: Int
    /// After so many bytes.
    package var bytes: Int
    /// After so much time.
    package var time: Duration

    package init(messages: Int = 32, bytes: Int = 1 << 16, time: Duration = .seconds(1)) {
        self.messages = messages
        self.bytes = bytes
        self.time = time
    }
}

/// What one side has received of the other's numbered messages, and what it has told of that.
///
/// Pure, with the time passed in.
package struct ReceiveWindow: Sendable {
    package enum Verdict: Sendable, Hashable {
        case new
        /// It has been received already: the other side does not know.
        case repeated
        case violation(String)
    }

    /// Everything up to this number has been received.
    package private(set) var received: UInt64
    /// The number that the other side was last told.
    package private(set) var told: UInt64
    /// Whether the other side is not told for now, so that it stops sending.
    package var isHeld = false
    /// What will not come, after what has been received: in order, without neighbours.
    private var gaps: [ClosedRange<UInt64>] = []
    /// The messages received since it was last told, and their bytes.
    private var untold = 0
    private var untoldBytes = 0
    /// When it has to be told.
    private var due: Duration?
    private let policy: AckPolicy
    /// What the other side may have sent without having been told; more is a violation.
    private let limits: QueueLimits

    package init(received: UInt64 = 0, policy: AckPolicy, limits: QueueLimits) {
        self.received = received
        told = received
        self.policy = policy
        self.limits = limits
    }

    /// Takes the number of a message that has arrived.
    package mutating func accept(_ sequence: UInt64, bytes: Int, _ now: Duration) -> Verdict {
        guard sequence <= received else {
            guard sequence == received &+ 1 else {
                return .violation("message \(sequence) came after message \(received)")
            }
            // One that is larger than all of it may come alone.
            let (total, overflow) = untoldBytes.addingReportingOverflow(bytes)
            guard untold < limits.messages, untold == 0 || !overflow && total <= limits.bytes else {
                return .violation("more than was agreed is unacknowledged")
            }
            received = sequence
            crossGaps()
            untold += 1
            untoldBytes = total
            if due == nil { due = now + policy.time }
            return .new
        }
        // The answer that told of it may be lost.
        if due == nil { due = now + policy.time }
        return .repeated
    }

    /// Messages that the other side cannot send any more count as received; `false` when they are not the next ones.
    package mutating func skip(to last: UInt64, from first: UInt64) -> Bool {
        guard first <= received &+ 1, first <= last else { return false }
        received = max(received, last)
        crossGaps()
        return true
    }

    /// Takes what the other side says will not come, all of it after what it has said before.
    ///
    /// - Returns: What was not known to be missing.
    package mutating func miss(_ missing: [ClosedRange<UInt64>]) -> [ClosedRange<UInt64>] {
        let known = gaps
        gaps = missing.compactMap { $0.upperBound <= received ? nil : max($0.lowerBound, received + 1)...$0.upperBound }
        let new = gaps.flatMap { gap in known.reduce([gap]) { parts, old in parts.flatMap { $0.subtracting(old) } } }
        crossGaps()
        return new
    }

    /// What will not come counts as received once all before it has.
    private mutating func crossGaps() {
        while let first = gaps.first, first.lowerBound <= received &+ 1 {
            received = max(received, first.upperBound)
            gaps.removeFirst()
        }
    }

    /// Whether the other side has to be told without a message that happens to go there; also, later, at ``deadline``.
    package func isDue(_ now: Duration) -> Bool {
        guard !isHeld, let due else { return false }
        return due <= now || untold >= policy.messages || untoldBytes >= policy.bytes
    }

    /// When the other side has to be told.
    package var deadline: Duration? { isHeld ? nil : due }

    /// What a message to the other side says.
    package mutating func tell() -> UInt64 {
        guard !isHeld else { return told }
        told = received
        untold = 0
        untoldBytes = 0
        due = nil
        return told
    }

    /// The other side starts anew from what has been received.
    package mutating func tellAll() -> UInt64 {
        told = received
        untold = 0
        untoldBytes = 0
        due = nil
        return told
    }
}

extension ClosedRange<UInt64> {
    fileprivate func subtracting(_ other: Self) -> [Self] {
        guard overlaps(other) else { return [self] }
        var rest: [Self] = []
        if lowerBound < other.lowerBound { rest.append(lowerBound...other.lowerBound - 1) }
        if upperBound > other.upperBound { rest.append(other.upperBound + 1...upperBound) }
        return rest
    }
}
