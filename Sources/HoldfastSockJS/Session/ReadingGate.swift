// SPDX-License-Identifier: Apache-2.0

/// Where requests with messages wait while the application takes none.
struct ReadingGate {
    typealias Waiter = CheckedContinuation<Void, any Error>

    private(set) var isOpen = true
    private var waiters: [UInt64: Waiter] = [:]
    private var nextID: UInt64 = 0

    mutating func close() {
        isOpen = false
    }

    /// Opens, and returns the waiters to resume.
    mutating func open() -> [Waiter] {
        isOpen = true
        defer { waiters = [:] }
        return waiters.sorted { $0.key < $1.key }.map(\.value)
    }

    /// A name to wait under; `nil` while there is nothing to wait for.
    mutating func ticket() -> UInt64? {
        if isOpen { return nil }
        nextID += 1
        return nextID
    }

    /// Keeps the waiter, or returns what to resume it with.
    mutating func wait(_ id: UInt64, _ waiter: Waiter, cancelled: Bool) -> Result<Void, any Error>? {
        if cancelled { return .failure(CancellationError()) }
        if isOpen { return .success(()) }
        waiters[id] = waiter
        return nil
    }

    /// Takes out a waiter that was cancelled.
    mutating func remove(_ id: UInt64) -> Waiter? {
        waiters.removeValue(forKey: id)
    }
}
