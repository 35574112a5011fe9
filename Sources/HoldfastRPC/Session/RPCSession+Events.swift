// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport
internal import Logging

extension RPCSession {
    /// Tells the application of something; no request starts until it has heard.
    func add(_ event: SessionEvents.Event, _ launch: Launch) {
        perform(withMachine { $0.add(event) }, launch)
    }

    /// Tells events until none are left, then lets requests start.
    func tellEvents(_ launch: Launch) {
        let executor = withMachine { $0.link?.attachment.connection.link.executor }
        launch.task(on: executor) { [self] in
            let actions = await Serving.$current.withValue(Serving(session: self, ticket: nil)) {
                while true {
                    let (event, actions) = withMachine { $0.nextEvent() }
                    guard let event else { return actions }
                    await tell(event)
                }
            }
            perform(actions, .immediate)
            for waiter in withState({ $0.takeQuietWaiters() }) { waiter.resume() }
        }
    }

    private func tell(_ event: SessionEvents.Event) async {
        // Nobody heard of a transient session's beginning.
        guard !isTransient else { return }
        let callbacks = service.callbacks
        switch event {
        case .opened:
            for callback in callbacks.onOpen { await tell { try await callback(self) } }
        case .reconnected:
            for callback in callbacks.onReconnect { await tell { try await callback(self) } }
        case .transportError(let error):
            for callback in callbacks.onTransportError { await tell { try await callback(self, error) } }
        case .gaps(let gaps):
            for gap in gaps {
                for callback in callbacks.onGap { await tell { try await callback(self, gap) } }
            }
        case .closed(let reason):
            for callback in callbacks.onClose { await tell { try await callback(self, reason) } }
            clearAttributes()
        }
    }

    /// Runs a callback; what it throws goes to the callback for that, and life goes on.
    private func tell(_ callback: () async throws -> Void) async {
        do {
            try await callback()
        } catch {
            service.logger.error("callback failed: \(error)", metadata: logMetadata())
            await service.callbacks.uncaughtError(self, error)
        }
    }

    /// Waits until no request runs or waits and no callback runs; returns early when the task is cancelled.
    func quiet() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                if !withState({ !Task.isCancelled && $0.add(waiter) }) { waiter.resume() }
            }
        } onCancel: {
            for waiter in withState({ $0.takeQuietWaiters(all: true) }) { waiter.resume() }
        }
    }
}
