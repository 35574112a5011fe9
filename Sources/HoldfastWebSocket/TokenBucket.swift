// SPDX-License-Identifier: Apache-2.0

/// Allows a burst and then an average rate, without a timer (the generic cell rate algorithm).
struct TokenBucket: Sendable {
    private let interval: Duration
    private let tolerance: Duration
    /// When the bucket will be full again.
    private var fullAt: Duration = .zero

    /// - Parameters:
    ///   - ratePerSecond: tokens that come back each second; at least one.
    ///   - burst: tokens in the full bucket; at least one.
    init(ratePerSecond: Int, burst: Int) {
        interval = .seconds(1) / max(ratePerSecond, 1)
        tolerance = interval * max(burst, 1)
    }

    /// Takes one token.
    ///
    /// - Returns: false when the bucket is empty.
    mutating func take(now: Duration) -> Bool {
        let next = max(fullAt, now) + interval
        guard next - now <= tolerance else { return false }
        fullAt = next
        return true
    }
}
