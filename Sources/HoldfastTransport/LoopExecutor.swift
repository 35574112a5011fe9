// SPDX-License-Identifier: Apache-2.0
package import NIOCore

/// Runs tasks on an event loop, so that `async` handlers share their connection's thread and need no hop to it.
///
/// A loop runs what is enqueued until nothing is left before it looks at its sockets again. So that tasks which enqueue themselves
/// again and again do not keep it from them, every so many jobs the following ones wait until it has looked.
package final class LoopExecutor: TaskExecutor {
    /// Jobs enqueued on the loop itself until the loop has to look at its sockets.
    private static let turn = 1024
    /// Long enough that the loop finds nothing to run, and looks.
    private static let pause = TimeAmount.microseconds(20)

    private struct Turn {
        var left = LoopExecutor.turn
        var waiting: [UnownedJob] = []
    }

    package let eventLoop: any EventLoop
    private let turn: NIOLoopBoundBox<Turn>

    package init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        turn = .makeBoxSendingValue(Turn(), eventLoop: eventLoop)
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if eventLoop.inEventLoop, isOver(job) { return }
        eventLoop.execute {
            job.runSynchronously(on: self.asUnownedTaskExecutor())
        }
    }

    /// Whether the turn is over, in which case the job waits for the next.
    private func isOver(_ job: UnownedJob) -> Bool {
        turn.value.left -= 1
        guard turn.value.left <= 0 else { return false }
        turn.value.waiting.append(job)
        // The first to wait has the next turn begin.
        if turn.value.waiting.count == 1 { eventLoop.scheduleTask(in: Self.pause) { self.beginTurn() } }
        return true
    }

    private func beginTurn() {
        let jobs = turn.value.waiting
        turn.value = Turn()
        for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}
