// SPDX-License-Identifier: Apache-2.0

/// A connection's share of its loop: so many messages or requests, then the other connections' sockets are looked at first.
///
/// Without it, a single read full of tiny messages keeps a whole loop busy for as long as they take.
package struct Turn {
    /// Messages or requests until the others have their turn.
    private static let work = 256

    private var left = Turn.work
    /// The connection waits for its next turn.
    package private(set) var isOver = false

    package init() {}

    /// Takes the room for `count` messages or requests out of this turn.
    package mutating func spend(_ count: Int = 1) {
        left -= count
    }

    /// Whether there is room for more.
    package var hasRoom: Bool { left > 0 }

    /// Ends the turn: `next` runs when the connection has another, and calls ``begin()``.
    package mutating func end(on executor: LoopExecutor, next: @escaping @Sendable () -> Void) {
        guard !isOver else { return }
        isOver = true
        executor.runInNextTurn(next)
    }

    /// A turn begins, by itself or with the loop's next look at the connection's socket.
    package mutating func begin() {
        self = Turn()
    }
}
