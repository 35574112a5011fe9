// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// A service's sessions by id, for access from every loop.
package final class SessionTable: Sendable {
    private final class Shard: Sendable {
        let sessions = Mutex<[String: SockJSSession]>([:])
    }

    private let shards: [Shard]

    package init(shards: Int = 16) {
        self.shards = (0..<max(1, shards)).map { _ in Shard() }
    }

    private func shard(_ id: String) -> Shard {
        shards[Int(UInt(bitPattern: id.hashValue) % UInt(shards.count))]
    }

    package func session(_ id: String) -> SockJSSession? {
        shard(id).sessions.withLock { $0[id] }
    }

    /// The session of that id, made if there is none.
    package func session(_ id: String, orMake make: () -> SockJSSession) -> SockJSSession {
        shard(id).sessions.withLock { sessions in
            if let session = sessions[id] { return session }
            let session = make()
            sessions[id] = session
            return session
        }
    }

    /// Forgets a session, unless another has taken its place.
    package func remove(_ session: SockJSSession) {
        shard(session.id).sessions.withLock { sessions in
            if sessions[session.id] === session { sessions[session.id] = nil }
        }
    }

    package var count: Int {
        shards.reduce(0) { $0 + $1.sessions.withLock { $0.count } }
    }

    package var all: [SockJSSession] {
        shards.flatMap { $0.sessions.withLock { Array($0.values) } }
    }
}
