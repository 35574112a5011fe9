// SPDX-License-Identifier: Apache-2.0
package import NIOCore
import Synchronization

/// Runs tasks on an event loop, so that `async` handlers share their connection's thread and need no hop to it; one for each loop.
///
/// A loop runs what is enqueued, and timers that fall due meanwhile, until nothing is left before it looks at its sockets again. So that
/// neither tasks which enqueue themselves again and again nor connections with much to do keep it from them, what exceeds its turn waits
/// in one line, and all of that line begins its next turn after the loop has looked.
package final class LoopExecutor: TaskExecutor {
    /// Jobs enqueued on the loop itself until the loop has to look at its sockets.
    private static let jobsInTurn = 1024
    /// Long enough that the loop finds nothing to run, and looks.
    private static let pause = TimeAmount.microseconds(50)

    private enum Waiting: Sendable {
        case job(UnownedJob)
        case action(@Sendable () -> Void)
    }

    private struct Turn {
        var jobsLeft = LoopExecutor.jobsInTurn
        var waiting: [Waiting] = []
        /// The next turn has been called for, or is under way and will be at its end.
        var isCalled = false
    }

    package let eventLoop: any EventLoop
    private let turn: NIOLoopBoundBox<Turn>

    private init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        turn = .makeBoxSendingValue(Turn(), eventLoop: eventLoop)
    }

    // MARK: One for each loop

    private struct Reference: Sendable {
        weak var executor: LoopExecutor?
    }

    private static let all = Mutex<[ObjectIdentifier: Reference]>([:])

    /// The executor of a loop; callable from any thread.
    package static func shared(by eventLoop: any EventLoop) -> LoopExecutor {
        let id = ObjectIdentifier(eventLoop)
        return all.withLock { all in
            // An executor that lives keeps its loop, so the identifier is no other loop's.
            if let executor = all[id]?.executor { return executor }
            let executor = LoopExecutor(eventLoop)
            all[id] = Reference(executor: executor)
            return executor
        }
    }

    deinit {
        Self.all.withLock { [id = ObjectIdentifier(eventLoop)] all in
            if all[id]?.executor == nil { all[id] = nil }
        }
    }

    // MARK: Turns

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if eventLoop.inEventLoop {
            turn.value.jobsLeft -= 1
            if turn.value.jobsLeft <= 0 {
                wait(.job(job))
                return
            }
        }
        eventLoop.execute {
            job.runSynchronously(on: self.asUnownedTaskExecutor())
        }
    }

    /// Runs `action` after the loop has looked at its sockets; on the loop.
    package func runInNextTurn(_ action: @escaping @Sendable () -> Void) {
        wait(.action(action))
    }

    private func wait(_ waiting: Waiting) {
        turn.value.waiting.append(waiting)
        guard !turn.value.isCalled else { return }
        turn.value.isCalled = true
        callTurn()
    }

    private func callTurn() {
        eventLoop.scheduleTask(in: Self.pause) { self.runTurn() }
    }

    private func runTurn() {
        let line = turn.value.waiting
        turn.value.waiting = []
        turn.value.jobsLeft = Self.jobsInTurn
        for waiting in line {
            switch waiting {
            case .job(let job): job.runSynchronously(on: asUnownedTaskExecutor())
            case .action(let action): action()
            }
        }
        // Only now, so that nothing falls due before the loop has looked.
        if turn.value.waiting.isEmpty { turn.value.isCalled = false } else { callTurn() }
    }
}
