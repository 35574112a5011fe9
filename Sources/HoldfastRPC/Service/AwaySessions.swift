// SPDX-License-Identifier: Apache-2.0
internal import DequeModule
internal import Synchronization

/// The sessions whose clients are away, in the order they left.
///
/// Bounded, so that clients that come and go cannot fill the server with sessions that wait for nobody.
final class AwaySessions: Sendable {
    private struct Entry {
        let session: RPCSession
        let number: UInt64
    }

    private struct State {
        /// Entries whose number is no longer the session's are over; they go when they are in front, or when they are many.
        var line: Deque<Entry> = []
        var numbers: [ObjectIdentifier: UInt64] = [:]
        var last: UInt64 = 0
        /// How many at the front of the line have been asked to give up what they keep.
        var asked = 0

        func isCurrent(_ entry: Entry) -> Bool {
            numbers[ObjectIdentifier(entry.session)] == entry.number
        }

        mutating func tidy() {
            while let first = line.first, !isCurrent(first) {
                line.removeFirst()
                asked = max(asked - 1, 0)
            }
            if line.count > numbers.count * 2 + 64 {
                let kept = line.prefix(asked).count(where: isCurrent)
                line = line.filter(isCurrent)
                asked = kept
            }
        }
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) {
        self.limit = limit
    }

    /// A client has left; returns the session that has waited longest when there are too many.
    func add(_ session: RPCSession) -> RPCSession? {
        state.withLock { state in
            state.last += 1
            state.numbers[ObjectIdentifier(session)] = state.last
            state.line.append(Entry(session: session, number: state.last))
            state.tidy()
            guard state.numbers.count > limit, let oldest = state.line.popFirst() else { return nil }
            state.asked = max(state.asked - 1, 0)
            state.numbers[ObjectIdentifier(oldest.session)] = nil
            return oldest.session
        }
    }

    /// A client has come back, or its session has ended.
    func remove(_ session: RPCSession) {
        state.withLock { state in
            state.numbers[ObjectIdentifier(session)] = nil
            state.tidy()
        }
    }

    /// The session that has been away longest of those that keep something and have not been asked before.
    func popKeeper() -> RPCSession? {
        state.withLock { state in
            while state.asked < state.line.count {
                let entry = state.line[state.asked]
                state.asked += 1
                if state.isCurrent(entry) { return entry.session }
            }
            return nil
        }
    }

    var count: Int { state.withLock { $0.numbers.count } }
}
