// SPDX-License-Identifier: Apache-2.0

/// Where a session is.
enum SessionLocation: Sendable {
    /// In this process.
    case local(RPCSession)
    /// On another node, which has to be asked.
    case remote
    /// Ended, but remembered.
    case tombstone(Tombstone)
    /// Nobody has heard of it, or it is long gone.
    case unknown

    /// The session, if it is here and lives.
    var session: RPCSession? {
        if case .local(let session) = self, !session.hasEnded { session } else { nil }
    }
}

/// Where the sessions of an endpoint are found by their ids.
protocol SessionDirectory: Sendable {
    /// Where a session is, if that is known without asking anybody; otherwise ``locate(_:)`` asks.
    func location(of id: String) -> SessionLocation?
    /// Finds out where a session is; answers within a bounded time.
    func locate(_ id: String) async -> SessionLocation
    /// Adds a session; `false` when there are `limit` already.
    func add(_ session: RPCSession, limit: Int) -> Bool
    func remove(_ session: RPCSession)
    /// Remembers a session that has ended.
    func bury(_ tombstone: Tombstone, of id: String, _ now: Duration)
    var count: Int { get }
    /// The sessions of this process.
    var all: [RPCSession] { get }
}
