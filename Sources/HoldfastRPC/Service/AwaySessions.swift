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
        /// Those that keep something for their clients, in the order in which they began to.
        var keepers: Deque<Entry> = []
        var keeping: Set<ObjectIdentifier> = []

        func isCurrent(_ entry: Entry) -> Bool {
            numbers[ObjectIdentifier(entry.session)] == entry.number
        }

        mutating func tidy() {
            while let first = line.first, !isCurrent(first) { line.removeFirst() }
            if line.count > numbers.count * 2 + 64 { line = line.filter(isCurrent) }
            if keepers.count > numbers.count * 2 + 64 { keepers = keepers.filter(isCurrent) }
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
            state.numbers[ObjectIdentifier(oldest.session)] = nil
            state.keeping.remove(ObjectIdentifier(oldest.session))
            return oldest.session
        }
    }

    /// A client has come back, or its session has ended.
    func remove(_ session: RPCSession) {
        state.withLock { state in
            state.numbers[ObjectIdentifier(session)] = nil
            state.keeping.remove(ObjectIdentifier(session))
            state.tidy()
        }
    }

    /// A session whose client is away keeps something.
    func keeps(_ session: RPCSession) {
        state.withLock { state in
            let id = ObjectIdentifier(session)
            guard let number = state.numbers[id], state.keeping.insert(id).inserted else { return }
            state.keepers.append(Entry(session: session, number: number))
        }
    }

    /// The session that has kept something longest, to be named anew when it keeps more.
    func popKeeper() -> RPCSession? {
        state.withLock { state in
            while let entry = state.keepers.popFirst() {
                guard state.isCurrent(entry) else { continue }
                state.keeping.remove(ObjectIdentifier(entry.session))
                return entry.session
            }
            return nil
        }
    }

    var count: Int { state.withLock { $0.numbers.count } }
}
