// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import HoldfastCLI

@Suite struct LatencyHistogramTests {
    private func histogram(_ nanoseconds: some Sequence<Int64>) -> LatencyHistogram {
        var histogram = LatencyHistogram()
        for value in nanoseconds { histogram.record(.nanoseconds(value)) }
        return histogram
    }

    @Test func `Nothing recorded is nothing reported`() {
        let histogram = LatencyHistogram()
        #expect(histogram.count == 0)
        #expect(histogram.minimum == nil)
        #expect(histogram.maximum == nil)
        #expect(histogram.mean == nil)
        #expect(histogram.percentile(perMille: 500) == nil)
        #expect(histogram.rows(10) == [])
    }

    @Test func `Least, greatest and mean are exact`() {
        let histogram = histogram([1_000_001, 1, 5_000_000_007])
        #expect(histogram.minimum == .nanoseconds(1))
        #expect(histogram.maximum == .nanoseconds(5_000_000_007))
        #expect(histogram.mean == .nanoseconds(1_667_000_003))
        #expect(histogram.count == 3)
    }

    /// Powers of two and their neighbours, where buckets change their width, and values between.
    private static let values: [Int64] = (0..<42).flatMap { power -> [Int64] in
        let value = Int64(1) << Int64(power)
        return [value - 1, value, value + 1, value + value / 3, value + value / 128]
    }

    @Test func `A percentile is never too short and at most 1 in 128 too long`() {
        for value in Self.values {
            // The greatest is far away, so that it does not hide the bucket's end.
            let histogram = histogram([value, 1 << 43])
            let found = histogram.percentile(perMille: 500) ?? .zero
            let excess = (found - .nanoseconds(value)) / .nanoseconds(1)
            #expect(excess >= 0 && excess <= Double(value) / 128, "\(value) became \(found)")
        }
    }

    @Test func `Short durations are told apart to the nanosecond`() {
        for value in Int64(0)...255 {
            #expect(histogram([value, 1000]).percentile(perMille: 500) == .nanoseconds(value))
        }
    }

    @Test(arguments: [(0, 1), (1, 1), (500, 50), (501, 51), (900, 90), (990, 99), (999, 100), (1000, 100)])
    func `A percentile is the least duration that so many do not exceed`(perMille: Int, expected: Int64) {
        #expect(histogram(1...100).percentile(perMille: perMille) == .nanoseconds(expected))
    }

    @Test func `Memory does not grow, whatever is recorded`() {
        var histogram = histogram([.max, .min, -1, 0, 1 << 42, 1 << 50])
        histogram.record(.seconds(Int64.max))
        #expect(histogram.buckets.count == LatencyHistogram().buckets.count)
        #expect(histogram.buckets.count < 5000)
        #expect(histogram.count == 7)
        #expect(histogram.minimum == .zero)
        #expect(histogram.maximum == .nanoseconds(Int64.max))
    }

    @Test func `Beyond the limit the last bucket tells the greatest`() {
        var histogram = histogram([1])
        histogram.record(LatencyHistogram.limit + .seconds(1))
        histogram.record(.seconds(86_400))
        #expect(histogram.percentile(perMille: 600) == .seconds(86_400))
    }

    @Test func `Rows hold every duration once, side by side, from least to greatest`() {
        let histogram = histogram((1...10_000).map { $0 * $0 })
        let rows = histogram.rows(16)
        #expect(rows.count == 16)
        #expect(rows.first?.lower == histogram.minimum)
        #expect(rows.last?.upper == histogram.maximum)
        #expect(rows.reduce(0) { $0 + $1.count } == 10_000)
        for (row, next) in zip(rows, rows.dropFirst()) { #expect(row.upper == next.lower) }
        // The last row is the slowest hundredth.
        #expect(rows.last?.lower == histogram.percentile(perMille: 990))
        #expect((90...110).contains(rows.last?.count ?? 0))
    }

    @Test func `An outlier does not empty the other rows`() {
        let rows = histogram(
            Array(repeating: [1_000_000, 1_500_000, 2_000_000], count: 100).flatMap { $0 } + [1 << 40]
        )
        .rows(16)
        #expect(rows.last?.count == 1)
        #expect(rows.first?.count == 100)
        #expect((rows.dropLast().last?.upper ?? .zero) < .milliseconds(3))
    }

    @Test(arguments: [[5], [5, 5, 5], [0], [0, 1], [1_000_000, 1_000_001], [.max]] as [[Int64]])
    func `Rows of few or equal durations make sense`(values: [Int64]) {
        let rows = histogram(values).rows(16)
        #expect(!rows.isEmpty)
        #expect(rows.reduce(0) { $0 + $1.count } == UInt64(values.count))
    }
}
