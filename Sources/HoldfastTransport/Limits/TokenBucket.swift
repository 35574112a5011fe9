// SPDX-License-Identifier: Apache-2.0

/// Allows a burst and then an average rate, without a timer (the generic cell rate algorithm).
package struct TokenBucket: Sendable {
    private let interval: Duration
    private let burst: Int
    /// When the bucket will be full again.
    private var fullAt: Duration = .zero

    /// - Parameters:
    ///   - ratePerSecond: Tokens that come back each second; at least one.
    ///   - burst: Tokens in the full bucket; at least one.
    package init(ratePerSecond: Int, burst: Int) {
        interval = .seconds(1) / max(ratePerSecond, 1)
        self.burst = max(burst, 1)
    }

    /// Takes tokens; more than the full bucket has are as many as that.
    ///
    /// - Returns: Whether there were enough; otherwise none are taken.
    package mutating func take(_ count: Int = 1, now: Duration) -> Bool {
        let next = max(fullAt, now) + interval * min(count, burst)
        guard next - now <= interval * burst else { return false }
        fullAt = next
        return true
    }
}
