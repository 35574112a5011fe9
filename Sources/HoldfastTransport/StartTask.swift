// SPDX-License-Identifier: Apache-2.0

/// Starts a task that runs on `executor`; what it does before it first suspends is done when this returns, where the platform
/// allows that.
///
/// So a handler that does not suspend has answered before the next message is looked at, and needs no turn of the loop.
@discardableResult
package func startTask(
    on executor: (any TaskExecutor)?,
    _ operation: sending @escaping @isolated(any) () async -> Void
) -> Task<Void, Never> {
    if #available(macOS 26.0, iOS 26.0, tvOS 26.0, watchOS 26.0, visionOS 26.0, *) {
        Task.immediate(executorPreference: executor, operation: operation)
    } else {
        Task(executorPreference: executor, operation: operation)
    }
}
