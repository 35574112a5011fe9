// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport

/// What `holdfast bench` is to do.
struct BenchPlan: Sendable {
    var url: String
    var method: String
    var params: JSON?
    var connections: Int
    /// Calls under way at once on each connection.
    var inFlight: Int
    /// Calls a second over all connections; `nil` for as many as get answers.
    var rate: Double?
    var duration: Duration
    /// The time until a call fails.
    var timeout: Duration

    /// When a call is due, counted from the start; `nil` when that is after the end.
    ///
    /// - Parameter number: the call's place among those of all connections, from 0.
    func due(_ number: Int, rate: Double) -> Duration? {
        let due = Duration.seconds(Double(number) / rate)
        return due < duration ? due : nil
    }

    /// How many calls are due within this time from the start.
    func dueCount(within time: Duration) -> Int {
        guard let rate else { return 0 }
        let seconds = min(time, duration) / .seconds(1)
        return Int(exactly: (seconds * rate).rounded(.up)) ?? .max
    }
}
