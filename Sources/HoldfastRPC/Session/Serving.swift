// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport

/// The request or callback that the current task serves.
struct Serving: Sendable {
    @TaskLocal static var current: Serving?

    let session: RPCSession
    /// `nil` for a callback.
    let ticket: RequestQueue<InboundRequest>.Ticket?
}

/// How application code is started.
enum Launch: Sendable {
    /// Now: a handler that does not suspend has answered when this returns.
    case immediate
    /// In a turn of its own: application code never runs inside a call of application code.
    case enqueued

    /// For what comes from outside: a message, a loss, a timer.
    ///
    /// A call of the application's may have fetched it.
    static var arrival: Launch { Serving.current == nil ? .immediate : .enqueued }

    /// Runs what may call code of the application's.
    func run(_ body: @escaping @Sendable () -> Void) {
        switch self {
        case .immediate: body()
        case .enqueued: Task { body() }
        }
    }

    /// Starts a task.
    @discardableResult
    func task(
        on executor: (any TaskExecutor)?,
        _ operation: sending @escaping @isolated(any) () async -> Void
    ) -> Task<Void, Never> {
        switch self {
        case .immediate: startTask(on: executor, operation)
        case .enqueued: Task(executorPreference: executor, operation: operation)
        }
    }
}
