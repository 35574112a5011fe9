// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// Counts durations in buckets whose width grows with the duration, in fixed memory.
///
/// Below 128 ns every nanosecond has its bucket; above, each power of two is cut into 128, so a duration is told from its bucket
/// with an error of less than 1/128. Durations beyond ``limit`` share the last bucket. The least, the greatest and the mean are exact.
struct LatencyHistogram: Sendable {
    /// One row of a drawing: the durations from `lower` to below `upper`, the last row's including it.
    struct Row: Sendable, Hashable {
        var lower: Duration
        var upper: Duration
        var count: UInt64
    }

    private static let bits = 7
    private static let perPower: UInt64 = 1 << bits
    /// The powers of two above the first; the last one ends at 2⁴² ns, about 73 minutes.
    private static let powers = 35
    private static let greatest: UInt64 = (1 << 42) - 1

    /// The longest duration that is told apart from longer ones.
    static var limit: Duration { .nanoseconds(Int64(greatest)) }

    /// How many durations fell into each bucket, as many from the start as ever.
    private(set) var buckets = [UInt64](repeating: 0, count: (powers + 1) << bits)
    private var total: Double = 0
    private var least = UInt64.max
    private var most: UInt64 = 0
    /// How many durations were recorded.
    private(set) var count: UInt64 = 0

    /// Counts a duration; a negative one as zero.
    mutating func record(_ duration: Duration) {
        let value = Self.nanoseconds(duration)
        buckets[Self.index(of: min(value, Self.greatest))] += 1
        count += 1
        total += Double(value)
        least = min(least, value)
        most = max(most, value)
    }

    /// The shortest duration recorded.
    var minimum: Duration? { count == 0 ? nil : .nanoseconds(Int64(clamping: least)) }
    /// The longest duration recorded.
    var maximum: Duration? { count == 0 ? nil : .nanoseconds(Int64(clamping: most)) }
    /// The arithmetic mean.
    var mean: Duration? { count == 0 ? nil : .nanoseconds(Int64(exactly: (total / Double(count)).rounded()) ?? .max) }

    /// The duration that so many of the recorded ones do not exceed, at most 1/128 too long.
    ///
    /// - Parameter perMille: From 0 to 1000: 500 is the median, 999 leaves one in a thousand.
    func percentile(perMille: Int) -> Duration? {
        guard count > 0 else { return nil }
        // Rounded up, and at least the first; a count that overflowed here would take centuries.
        let share = UInt64(min(max(perMille, 0), 1000))
        let rank = max(1, (count * share + 999) / 1000)
        var seen: UInt64 = 0
        for (index, bucket) in buckets.enumerated() where bucket > 0 {
            seen += bucket
            guard seen < rank else {
                let isLast = index == buckets.count - 1
                let upper = isLast ? most : Self.lower(of: index + 1) - 1
                return .nanoseconds(Int64(clamping: min(max(upper, least), most)))
            }
        }
        return maximum
    }

    /// The counts in rows, each as many times longer than the one before, and a last row for the slowest hundredth, which may be
    /// far away.
    ///
    /// A bucket counts in the row where it begins.
    func rows(_ number: Int) -> [Row] {
        guard count > 0, let top = percentile(perMille: 990) else { return [] }
        let edges = Self.edges(from: least, to: Self.nanoseconds(top), most, number)
        var rows = zip(edges, edges.dropFirst()).map { lower, upper in
            Row(
                lower: .nanoseconds(Int64(clamping: lower)),
                upper: .nanoseconds(Int64(clamping: upper)),
                count: 0
            )
        }
        var row = 0
        for (index, bucket) in buckets.enumerated() where bucket > 0 {
            while row < rows.count - 1, Self.lower(of: index) >= edges[row + 1] { row += 1 }
            rows[row].count += bucket
        }
        return rows
    }

    /// The ends of the rows, in nanoseconds.
    private static func edges(from least: UInt64, to top: UInt64, _ most: UInt64, _ number: Int) -> [UInt64] {
        let first = Double(max(least, 1))
        let growth = Double(top) / first
        // Buckets are too wide for rows that differ less.
        let count = min(max(number - 1, 1), Int(exactly: (log(max(growth, 1)) / log(1.02)).rounded(.down)) ?? 1)
        var edges = [least]
        for place in 1..<max(count, 1) {
            edges.append(UInt64((first * pow(growth, Double(place) / Double(count))).rounded()))
        }
        edges.append(top)
        if most > top { edges.append(most) }
        return edges
    }

    // MARK: Buckets

    private static func index(of value: UInt64) -> Int {
        guard value >= perPower else { return Int(value) }
        // At least 0 because the value has more than `bits` bits, at most 34 because it has no more than 42.
        let shift = UInt64.bitWidth - 1 - value.leadingZeroBitCount - bits
        return (shift << bits) + Int(value >> UInt64(shift))
    }

    private static func lower(of index: Int) -> UInt64 {
        guard index >= Int(perPower) else { return UInt64(index) }
        let shift = (index >> bits) - 1
        return UInt64(index - (shift << bits)) << UInt64(shift)
    }

    private static func nanoseconds(_ duration: Duration) -> UInt64 {
        let (seconds, attoseconds) = duration.components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return .max }
        let (sum, overflows) = whole.addingReportingOverflow(UInt64(attoseconds / 1_000_000_000))
        return overflows ? .max : sum
    }
}
