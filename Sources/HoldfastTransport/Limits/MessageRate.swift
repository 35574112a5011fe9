// SPDX-License-Identifier: Apache-2.0

/// How fast a peer may send messages.
public struct MessageRate: Sendable, Hashable {
    /// Messages a second on average.
    public var messages: Int
    /// Bytes a second on average.
    public var bytes: Int
    /// So many seconds' worth may come at once, default 2.
    public var burst: Int

    /// Creates a rate.
    ///
    /// - Parameters:
    ///   - messages: Messages a second on average.
    ///   - bytes: Bytes a second on average; no bound unless given.
    ///   - burst: So many seconds' worth may come at once.
    public init(messages: Int, bytes: Int = .max, burst: Int = 2) {
        self.messages = messages
        self.bytes = bytes
        self.burst = burst
    }

    package func validate(_ scope: String) throws {
        try requirePositive(
            scope,
            ("messages", messages, zero: 0),
            ("bytes", bytes, zero: 0),
            ("burst", burst, zero: 0)
        )
    }
}

/// Measures a peer's messages against a rate: pure, with the time passed in.
package struct RateMeter: Sendable {
    /// What may be done about a message.
    package enum Verdict: Sendable, Hashable {
        case allowed
        /// Over the rate: to be refused.
        case over
        /// As much over the rate as a burst is: whoever sends on like that is to be let go.
        case farOver
    }

    private struct Buckets: Sendable {
        var messages: TokenBucket
        var bytes: TokenBucket?

        init(_ rate: MessageRate, bursts: Int) {
            messages = TokenBucket(
                ratePerSecond: rate.messages,
                burst: Self.product(rate.messages, rate.burst, bursts) ?? .max
            )
            // So many bytes never come.
            bytes = Self.product(rate.bytes, rate.burst, bursts).map {
                TokenBucket(ratePerSecond: rate.bytes, burst: $0)
            }
        }

        /// `nil` when it is no number any more.
        private static func product(_ factors: Int...) -> Int? {
            factors.reduce(1) { product, factor in
                let (value, overflow) = (product ?? 0).multipliedReportingOverflow(by: factor)
                return product == nil || overflow ? nil : value
            }
        }

        mutating func take(_ count: Int, now: Duration) -> Bool {
            guard messages.take(now: now) else { return false }
            return bytes?.take(count, now: now) ?? true
        }
    }

    private var allowed: Buckets
    private var tolerated: Buckets

    package init(_ rate: MessageRate) {
        allowed = Buckets(rate, bursts: 1)
        tolerated = Buckets(rate, bursts: 2)
    }

    /// A message of so many bytes came.
    package mutating func take(_ bytes: Int, now: Duration) -> Verdict {
        guard tolerated.take(bytes, now: now) else { return .farOver }
        return allowed.take(bytes, now: now) ? .allowed : .over
    }
}
