// SPDX-License-Identifier: Apache-2.0

/// Notices a peer that has stopped taking what it is sent: pure, with the time passed in.
///
/// What counts is what the peer's system has acknowledged, not what ours has swallowed: its buffers hold megabytes.
package struct StallClock: Sendable, Hashable {
    private struct Watch: Sendable, Hashable {
        /// When the peer was last seen to have taken something.
        var progressAt: Duration
        /// When it was last looked at.
        var lookedAt: Duration
        /// All that it had taken then.
        var taken: Int
    }

    private let timeout: Duration
    private var watch: Watch?

    /// - Parameter timeout: The time without progress after which the peer counts as stalled.
    package init(timeout: Duration) {
        self.timeout = timeout
    }

    /// Whether something waits for the peer.
    package var isRunning: Bool { watch != nil }

    /// Something waits for the peer; does nothing if something did already.
    ///
    /// - Parameter taken: All bytes that the peer has ever taken.
    package mutating func start(_ now: Duration, taken: Int) {
        guard watch == nil else { return }
        watch = Watch(progressAt: now, lookedAt: now, taken: taken)
    }

    /// Nothing waits any more.
    package mutating func stop() {
        watch = nil
    }

    /// When to look again; several times within the timeout, so that the last progress is known well.
    package var next: Duration? {
        watch.map { min($0.progressAt + timeout, $0.lookedAt + max(timeout / 16, .milliseconds(1))) }
    }

    /// Looks how far the peer has come; answers whether it has stalled.
    package mutating func tick(_ now: Duration, taken: Int) -> Bool {
        guard var watch else { return false }
        if taken > watch.taken {
            watch.taken = taken
            watch.progressAt = now
        }
        watch.lookedAt = now
        self.watch = watch
        return now >= watch.progressAt + timeout
    }
}
