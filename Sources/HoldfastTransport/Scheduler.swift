// SPDX-License-Identifier: Apache-2.0
package import NIOCore

/// Time and timers, injected wherever something waits, so that tests move time by hand.
package protocol Scheduler: Sendable {
    /// Monotonic time since an arbitrary origin.
    var now: Duration { get }
    /// Runs `action` once after `delay`, unless cancelled first; a hundred years are the longest.
    func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> ScheduledAction
}

/// A timer that can be cancelled; cancelling twice or too late does nothing.
package struct ScheduledAction: Sendable {
    private let onCancel: @Sendable () -> Void

    package init(onCancel: @escaping @Sendable () -> Void) {
        self.onCancel = onCancel
    }

    package func cancel() {
        onCancel()
    }
}

/// The timers of an event loop.
package struct EventLoopScheduler: Scheduler {
    private let eventLoop: any EventLoop

    package init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    package var now: Duration {
        .nanoseconds(Int64(clamping: eventLoop.now.uptimeNanoseconds))
    }

    package func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> ScheduledAction {
        let scheduled = eventLoop.scheduleTask(in: TimeAmount(delay.bounded), action)
        return ScheduledAction { scheduled.cancel() }
    }
}
