// SPDX-License-Identifier: Apache-2.0
internal import Logging
internal import Synchronization

/// A client's hold on its store, as long as it has one.
final class SessionKeeper: Sendable {
    private let store: any SessionStore
    private let logger: Logger
    private let isHeld = Mutex(true)

    /// `nil` when there is no store, or another client has it.
    init?(_ store: (any SessionStore)?, _ logger: Logger) {
        guard let store else { return nil }
        do {
            guard try store.acquire() else {
                logger.notice("another client has the session store; this one keeps its session in memory")
                return nil
            }
        } catch {
            logger.error("the session store cannot be used, the session is kept in memory: \(error)")
            return nil
        }
        self.store = store
        self.logger = logger
    }

    deinit {
        release()
    }

    /// What was kept last.
    func load() -> SessionRecord? {
        do {
            guard let state = try store.load() else { return nil }
            if let record = SessionRecord(state) { return record }
            logger.error("the session store holds no session that can be read; a new one begins")
        } catch {
            logger.error("the session store cannot be read, a new session begins: \(error)")
        }
        return nil
    }

    func save(_ record: SessionRecord?) {
        guard isHeld.withLock(\.self) else { return }
        do {
            if let record { try store.save(record.encoded) } else { try store.remove() }
        } catch {
            logger.error("the session could not be kept in its store: \(error)")
        }
    }

    func release() {
        let wasHeld = isHeld.withLock { isHeld in
            defer { isHeld = false }
            return isHeld
        }
        if wasHeld { store.release() }
    }
}
