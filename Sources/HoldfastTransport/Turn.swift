// SPDX-License-Identifier: Apache-2.0

/// A connection's share of its loop: so many messages or requests, or so long, then the other connections' sockets are looked at first.
///
/// Without it, a single read full of tiny messages, or of requests that take their time, keeps a whole loop busy for as long as they
/// take.
package struct Turn {
    /// Messages or requests until the others have their turn.
    private static let work = 256
    /// The time until the others have their turn.
    private static let time = Duration.milliseconds(5)
    /// Messages or requests that may pass between two looks at the clock, when they are quick.
    private static let unwatched = 8

    private var spent = 0
    /// How much is spent at the next look at the clock.
    private var nextLook = 1
    private var began = Duration.zero
    /// The connection waits for its next turn.
    package private(set) var isOver = false

    package init() {}

    /// Takes the room for a message or request out of this turn.
    package mutating func spend() {
        spent += 1
    }

    /// Whether it is time for a look at the clock, with ``hasRoom(_:)``; until then there is room.
    package var isLookDue: Bool { spent >= nextLook }

    /// Whether there is room for more.
    package mutating func hasRoom(_ now: Duration) -> Bool {
        guard spent < Self.work else { return false }
        let used = now - began
        guard used < Self.time else { return false }
        // Not beyond the end, if the next ones take as long as those so far.
        let more = Self.unwatched
        nextLook = min(Self.work, spent + (used * (spent + more) < Self.time * spent ? more : 1))
        return true
    }

    /// Ends the turn: `next` runs when the connection has another, and calls ``begin(_:)``.
    package mutating func end(on executor: LoopExecutor, next: @escaping @Sendable () -> Void) {
        guard !isOver else { return }
        isOver = true
        executor.runInNextTurn(next)
    }

    /// A turn begins, by itself or with the loop's next look at the connection's socket.
    package mutating func begin(_ now: Duration) {
        self = Turn()
        began = now
    }
}
