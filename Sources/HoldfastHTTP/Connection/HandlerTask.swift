// SPDX-License-Identifier: Apache-2.0

/// The task that runs a connection's handlers on its loop.
///
/// It serves request after request for as long as they are here already: making a task costs as much as answering a small request. Once
/// cancelled, for the one request that it was cancelled for, it serves no other.
struct HandlerTask {
    private var task: Task<Void, Never>?
    private var isCancelled = false
    /// Tells the tasks apart: a handler that ignores its cancellation may go on for long while a later task serves.
    private var number: UInt64 = 0
    private var isRunning = false

    /// Whether the task of that number serves the connection.
    func isCurrent(_ number: UInt64) -> Bool { isRunning && self.number == number && !isCancelled }

    /// A task is about to be made; answers its number.
    mutating func begin() -> UInt64 {
        number &+= 1
        isRunning = true
        isCancelled = false
        return number
    }

    /// The task has been made, and may have ended in the making.
    ///
    /// - Returns: The task if it was cancelled meanwhile, for the caller to cancel.
    mutating func began(_ task: Task<Void, Never>, _ number: UInt64) -> Task<Void, Never>? {
        guard isRunning, self.number == number else { return nil }
        self.task = task
        return isCancelled ? cancel() : nil
    }

    /// The task of that number ends by itself.
    mutating func ended(_ number: UInt64) {
        guard isRunning, self.number == number else { return }
        isRunning = false
        task = nil
    }

    /// Lets go of the task of the handler under way.
    ///
    /// - Returns: The task for the caller to cancel, which may call back; none while it is still in the making.
    mutating func cancel() -> Task<Void, Never>? {
        isCancelled = true
        guard let task = task.take() else { return nil }
        isRunning = false
        return task
    }
}

/// A request and what handles it.
struct HandlerWork: Sendable {
    let id: UInt64
    let route: CompiledRoute
    let request: Request
    let context: RequestContext

    /// Answers at once, outside of any task; `nil` when that cannot be.
    func runAtOnce(_ responder: any HTTPResponder) -> Response? {
        guard let immediate = route.immediate, case .collected = request.body.storage else { return nil }
        do {
            return try immediate(request, context)
        } catch {
            return responder.response(to: error, for: request, context: context)
        }
    }

    func run(_ responder: any HTTPResponder) async -> Response {
        do {
            return try await route.handler(request, context)
        } catch {
            return responder.response(to: error, for: request, context: context)
        }
    }
}
