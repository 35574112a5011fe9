// SPDX-License-Identifier: Apache-2.0

/// Notices that a client which pings has stopped pinging.
///
/// Armed by the first ping. Each ping allows three intervals of silence until the next; only pings count. The interval is the
/// one a ping last named, else 20 s. Pure: the connection's receiver owns the timer.
struct PingWatchdog: Sendable {
    /// The interval of a client that names none.
    static let defaultInterval = Duration.seconds(20)
    /// The close reason a client sees and the session ends with.
    static let closeReason = "Close for not receive ping from client"

    private(set) var interval: Duration?
    private var deadline: Duration?
    private var timerDue: Duration?

    /// What to do with the timer.
    enum Action: Sendable, Equatable {
        case none
        /// Replace the timer, if there is one, by one that fires after this time.
        case schedule(Duration)
        case close
    }

    /// The interval a client asks for, within 100 ms and 10 minutes.
    static func clamp(milliseconds: Double) -> Duration {
        // A NaN or infinity cannot be written in JSON, but a number out of a double's range reads as one.
        guard milliseconds.isFinite else { return .seconds(600) }
        return .milliseconds(min(max(milliseconds, 100), 600_000))
    }

    /// A ping came.
    mutating func pinged(interval newInterval: Duration?, now: Duration) -> Action {
        let interval = newInterval ?? self.interval ?? Self.defaultInterval
        return arm(interval: interval, now: now)
    }

    /// Starts the silence allowed, as after a ping.
    mutating func arm(interval: Duration, now: Duration) -> Action {
        self.interval = interval
        let deadline = now + interval * 3
        self.deadline = deadline
        // A timer that fires early looks at the deadline and waits for the rest, so most pings need no new one.
        if let timerDue, timerDue <= deadline { return .none }
        timerDue = deadline
        return .schedule(interval * 3)
    }

    mutating func disarm() {
        deadline = nil
        timerDue = nil
    }

    /// The timer fired.
    mutating func timerFired(now: Duration) -> Action {
        timerDue = nil
        guard let deadline else { return .none }
        guard now >= deadline else {
            timerDue = deadline
            return .schedule(deadline - now)
        }
        self.deadline = nil
        return .close
    }
}
