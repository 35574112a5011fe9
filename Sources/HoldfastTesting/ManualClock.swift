// SPDX-License-Identifier: Apache-2.0
package import HoldfastTransport

/// The time of an application's sessions, which moves only when a test says so.
///
/// It governs what outlasts a connection: how long sessions wait for lost clients, the deadlines of calls to clients, the ping
/// watchdog, and SockJS's heartbeats and disconnect delays. The deadlines of HTTP requests and WebSockets keep the real time.
///
/// ```swift
/// let clock = ManualClock()
/// try await withTestServer(clock: clock, makeApplication) { server in
///     …                                       // a client goes
///     clock.advance(by: .seconds(10))         // and does not come back in time
/// }
/// ```
public final class ManualClock: Sendable {
    package let scheduler = ManualScheduler()

    /// Creates a clock that stands still.
    public init() {}

    /// The time since the clock was made.
    public var now: Duration { scheduler.now }

    /// Moves the time on; what falls due happens now, in order, on the caller's thread.
    public func advance(by duration: Duration) {
        scheduler.advance(by: duration)
    }
}
