// SPDX-License-Identifier: Apache-2.0
internal import DequeModule

/// What is remembered of sessions that have ended: the last ones, and for a time.
struct Tombstones: Sendable {
    /// How long a session is remembered.
    static let time = Duration.seconds(300)

    private let limit: Int
    private var tombstones: [String: Tombstone] = [:]
    private var line: Deque<(id: String, until: Duration)> = []

    init(limit: Int) {
        self.limit = limit
    }

    subscript(id: String) -> Tombstone? { tombstones[id] }

    mutating func add(_ tombstone: Tombstone, of id: String, _ now: Duration) {
        tombstones[id] = tombstone
        line.append((id, now + Self.time))
        while let first = line.first, first.until <= now || line.count > limit {
            tombstones[first.id] = nil
            line.removeFirst()
        }
    }
}
