// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// The sessions of this process, in shards so that loops seldom wait for each other.
final class LocalSessionDirectory: SessionDirectory {
    private final class Shard: Sendable {
        let sessions = Mutex<[String: RPCSession]>([:])
    }

    private let shards = (0..<16).map { _ in Shard() }
    private let tombstones: Mutex<Tombstones>
    private let total = Atomic<Int>(0)

    /// - Parameter endedLimit: How many ended sessions are remembered.
    init(endedLimit: Int = 10_000) {
        tombstones = Mutex(Tombstones(limit: endedLimit))
    }

    private func shard(of id: String) -> Shard {
        shards[Int(id.utf8.last ?? 0) & 15]
    }

    func location(of id: String) -> SessionLocation? {
        if let session = shard(of: id).sessions.withLock({ $0[id] }) { return .local(session) }
        return tombstones.withLock { $0[id] }.map(SessionLocation.tombstone) ?? .unknown
    }

    func locate(_ id: String) async -> SessionLocation {
        location(of: id) ?? .unknown
    }

    func add(_ session: RPCSession, limit: Int) -> Bool {
        guard total.wrappingAdd(1, ordering: .relaxed).newValue <= limit else {
            total.wrappingSubtract(1, ordering: .relaxed)
            return false
        }
        shard(of: session.id).sessions.withLock { $0[session.id] = session }
        return true
    }

    func remove(_ session: RPCSession) {
        let removed = shard(of: session.id).sessions.withLock { $0.removeValue(forKey: session.id) }
        if removed != nil { total.wrappingSubtract(1, ordering: .relaxed) }
    }

    func bury(_ tombstone: Tombstone, of id: String, _ now: Duration) {
        tombstones.withLock { $0.add(tombstone, of: id, now) }
    }

    var count: Int { total.load(ordering: .relaxed) }

    var all: [RPCSession] {
        shards.flatMap { $0.sessions.withLock { Array($0.values) } }
    }
}
