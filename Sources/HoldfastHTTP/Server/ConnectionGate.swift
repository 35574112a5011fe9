// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Counts connections, and lets listeners accept no more of them than there is room for.
///
/// A listener reserves a place before it accepts, so that several of them never exceed the limit together; the place becomes the
/// connection's. Each listener with nothing to accept thus keeps one place for itself, and none is shut out by the others.
///
/// Whatever the limit, accepting stops while no more than 16 descriptors are left, for whatever else the process opens.
package final class ConnectionGate: Sendable {
    private struct State {
        var connections = 0
        var reserved = 0
        /// The most connections that there was room for when the open files were last counted.
        var capacity = Int.max
        /// How many more places may be given before they are counted again.
        var untilCount = 0
        /// What tells the listeners that wait for a place.
        var paused: [ObjectIdentifier: @Sendable () -> Void] = [:]
        /// What is told that pressure begins.
        var onPressure: [@Sendable () -> Void] = []
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter: UInt64 = 0
    }

    /// What a place is missing for.
    package enum Shortage: String, Sendable, Hashable {
        /// The limit of connections is reached.
        case connections
        /// The process has opened too many files, connections and others.
        case openFiles = "open files"
    }

    /// Descriptors that connections leave to others.
    private static let reserve = 16
    /// The most connections unless told otherwise.
    private static let largestLimit = 100_000

    private let files: OpenFiles
    private let limit: Int
    /// Whether 90 % of the places are taken.
    private let pressure = Atomic<Bool>(false)
    private let state = Mutex(State())

    /// - Parameters:
    ///   - limit: The most connections; nil for 90 % of the files that the process may open, at most 100,000.
    ///   - files: The process's open files.
    package init(limit: Int?, files: OpenFiles = .process) {
        self.files = files
        self.limit = limit ?? min(Self.largestLimit, files.limit() / 10 * 9)
    }

    /// Why there is no room for so many listeners to have a connection each; nil when there is.
    package func shortage(listeners: Int) -> String? {
        if limit < listeners { return "the limit http.connections is \(limit), less than the \(listeners) listeners" }
        return files.shortage(of: listeners + Self.reserve)
    }

    package var isUnderPressure: Bool { pressure.load(ordering: .relaxed) }

    /// Runs `action` each time 90 % of the places have been taken, on the thread that took the last of them; it must not call back.
    package func onPressure(_ action: @escaping @Sendable () -> Void) {
        state.withLock { $0.onPressure.append(action) }
    }

    package var count: Int { state.withLock { $0.connections } }

    // MARK: Places

    /// Takes a place for a connection that `listener` is about to accept.
    ///
    /// If there is none, `resume` runs when one may have become free. Descriptors become free without a word, so ask again from time
    /// to time too.
    ///
    /// - Returns: Why there is no place; nil when it is taken.
    package func takePlace(for listener: ObjectIdentifier, resume: @escaping @Sendable () -> Void) -> Shortage? {
        state.withLock { state in
            if let shortage = shortage(&state) {
                state.paused[listener] = resume
                return shortage
            }
            state.paused[listener] = nil
            state.reserved += 1
            return nil
        }
    }

    private func shortage(_ state: inout State) -> Shortage? {
        let taken = state.connections + state.reserved
        guard taken < limit else { return .connections }
        if state.untilCount <= 0 { count(&state) }
        state.untilCount -= 1
        if taken < state.capacity { return nil }
        state.untilCount = 0
        return .openFiles
    }

    /// Counts the open files, and with them the room.
    private func count(_ state: inout State) {
        let others = max(0, files.count() - state.connections)
        state.capacity = min(limit, files.limit() - Self.reserve - others)
        updatePressure(state)
        // Far from the end the reserve makes good for a few. And of many connections a few are nothing to the tenth that is left,
        // while to count so many files may take a while.
        let isNear = state.capacity - state.connections < 64
        state.untilCount = max(isNear ? 1 : 8, state.connections / 64)
    }

    /// The place taken before has its connection.
    package func opened() {
        state.withLock { state in
            state.reserved -= 1
            state.connections += 1
            updatePressure(state)
        }
    }

    /// The place taken before is not needed.
    package func returnPlace() {
        let paused = state.withLock { state in
            state.reserved -= 1
            return state.paused.takeAll()
        }
        for resume in paused { resume() }
    }

    /// A connection is gone.
    package func closed() {
        let (paused, waiters) = state.withLock { state in
            state.connections -= 1
            updatePressure(state)
            return (state.paused.takeAll(), state.connections == 0 ? state.waiters.takeAll() : [])
        }
        for resume in paused { resume() }
        for waiter in waiters { waiter.resume() }
    }

    private func updatePressure(_ state: State) {
        let tenth = max(0, state.capacity) / 10
        let isPressed = state.connections >= state.capacity - tenth
        guard pressure.exchange(isPressed, ordering: .relaxed) != isPressed, isPressed else { return }
        for action in state.onPressure { action() }
    }

    // MARK: The end

    /// Waits until there is no connection, or the task is cancelled.
    package func waitUntilEmpty() async {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let cancelled = Task.isCancelled
                let done = state.withLock { state in
                    if cancelled || state.connections == 0 { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if done { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { $0.waiters.removeValue(forKey: id) }
            waiter?.resume()
        }
    }
}

extension Dictionary {
    /// Empties the dictionary, and returns its values.
    fileprivate mutating func takeAll() -> [Value] {
        defer { self = [:] }
        return Array(values)
    }
}
