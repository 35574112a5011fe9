// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// A scheduler whose time moves only when told: what tests inject.
package final class ManualScheduler: Scheduler {
    private struct Timer {
        var deadline: Duration
        var action: @Sendable () -> Void
    }

    private struct State {
        var now = Duration.zero
        var nextID: UInt64 = 0
        var timers: [UInt64: Timer] = [:]

        mutating func popDue(by time: Duration) -> Timer? {
            let due = timers.filter { $0.value.deadline <= time }
            guard let first = due.min(by: { ($0.value.deadline, $0.key) < ($1.value.deadline, $1.key) }) else {
                return nil
            }
            timers[first.key] = nil
            now = max(now, first.value.deadline)
            return first.value
        }
    }

    private let state = Mutex(State())

    package init() {}

    package var now: Duration { state.withLock { $0.now } }

    /// How many timers wait.
    package var pendingCount: Int { state.withLock { $0.timers.count } }

    package func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> ScheduledAction {
        let id = state.withLock { state in
            state.nextID += 1
            state.timers[state.nextID] = Timer(deadline: state.now + delay, action: action)
            return state.nextID
        }
        return ScheduledAction { [self] in
            state.withLock { _ = $0.timers.removeValue(forKey: id) }
        }
    }

    /// Moves time forward and runs, in order, what falls due, including what that schedules.
    package func advance(by amount: Duration) {
        let target = state.withLock { $0.now + amount }
        while let timer = state.withLock({ $0.popDue(by: target) }) {
            timer.action()
        }
        state.withLock { $0.now = max($0.now, target) }
    }
}
