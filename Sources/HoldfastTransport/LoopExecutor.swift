// SPDX-License-Identifier: Apache-2.0
package import NIOCore

/// Runs tasks on an event loop, so that `async` handlers share their connection's thread and need no hop to it.
package final class LoopExecutor: TaskExecutor {
    package let eventLoop: any EventLoop

    package init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        eventLoop.execute {
            job.runSynchronously(on: self.asUnownedTaskExecutor())
        }
    }
}
