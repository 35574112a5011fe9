// SPDX-License-Identifier: Apache-2.0
internal import DequeModule
internal import HoldfastRPC
internal import HoldfastTransport
internal import Logging
internal import NIOCore
internal import Synchronization

/// Joins the machine to links, timers, callers and handlers.
///
/// The machine decides under the lock; what it decided is done outside of it, by one thread at a time, in order.
final class ClientCore: Sendable {
    typealias Answer = ClientMachine.Answer
    typealias Handler = @Sendable (JSON) async throws -> JSON
    typealias OtherHandler = @Sendable (String, JSON) async throws -> JSON

    private enum Step {
        case idle
        case action(ClientMachine.Action)
    }

    private struct State {
        var machine: ClientMachine
        var actions: Deque<ClientMachine.Action> = []
        var isDraining = false
        var callers: [Int: CheckedContinuation<Answer, any Error>] = [:]
        var closers: [CheckedContinuation<Void, Never>] = []
        var handlers: [String: Handler] = ["pull": { _ in "push" }]
        var otherHandler: OtherHandler?
        var listeners: [@Sendable (RPCClientEvent) -> Void] = []
        var timers: [ClientMachine.Timer: ScheduledAction] = [:]
        var links: [Int: Link] = [:]

        func connection(_ number: Int) -> MessageConnection? {
            if case .up(let connection)? = links[number] { connection } else { nil }
        }

        var connection: MessageConnection? { connection(machine.link) }
    }

    private enum Link {
        /// The attempt under way, with what gives it up.
        case dialing(ScheduledAction?)
        case up(MessageConnection)
    }

    let notifications: Broadcast<RPCNotification>
    let events: Broadcast<RPCClientEvent>
    private let scheduler: any Scheduler
    private let dialer: any LinkDialer
    private let logger: Logger
    private let onGap: (@Sendable (RPCGap) -> Void)?
    private let keeper: SessionKeeper?
    private let scanner = EnvelopeScanner()
    private let state: Mutex<State>

    init(
        machine: ClientMachine,
        bufferLimit: Int,
        onGap: (@Sendable (RPCGap) -> Void)?,
        keeper: SessionKeeper?,
        scheduler: any Scheduler,
        dialer: any LinkDialer,
        logger: Logger
    ) {
        self.scheduler = scheduler
        self.dialer = dialer
        self.logger = logger
        self.onGap = onGap
        self.keeper = keeper
        notifications = Broadcast(limit: bufferLimit)
        events = Broadcast(limit: bufferLimit)
        state = Mutex(State(machine: machine))
    }

    var sessionID: String? { state.withLock { $0.machine.sessionID } }
    var isConnected: Bool { state.withLock { $0.machine.phase == .open } }
    var transport: Transport? { state.withLock { $0.machine.phase == .open ? $0.connection?.transport : nil } }

    func setHandler(_ name: String, _ handler: @escaping Handler) {
        state.withLock { $0.handlers[name] = handler }
    }

    func setOtherHandler(_ handler: @escaping OtherHandler) {
        state.withLock { $0.otherHandler = handler }
    }

    func addListener(_ listener: @escaping @Sendable (RPCClientEvent) -> Void) {
        state.withLock { $0.listeners.append(listener) }
    }

    // MARK: Inputs

    func submit(_ kind: ClientMachine.Kind, _ method: String, _ params: JSON?, _ timeout: Duration) async throws
        -> Answer
    {
        let id = state.withLock { $0.machine.makeID() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isCancelled = state.withLock { state in
                    // Looked at under the lock: a cancellation from here on finds the caller.
                    guard !Task.isCancelled else { return true }
                    state.callers[id] = continuation
                    return false
                }
                guard !isCancelled else { return continuation.resume(throwing: CancellationError()) }
                handle(.submit(id: id, kind, method: method, params: params, timeout: timeout))
            }
        } onCancel: {
            let caller = state.withLock { $0.callers.removeValue(forKey: id) }
            caller?.resume(throwing: CancellationError())
            handle(.cancel(id: id))
        }
    }

    /// Closes and returns once that is done; the link bounds the wait for the server's part.
    func close(sendCloseMessage: Bool) async {
        let connection = state.withLock { $0.connection }
        await withCheckedContinuation { continuation in
            state.withLock { $0.closers.append(continuation) }
            handle(.close(sendCloseMessage: sendCloseMessage))
        }
        _ = await connection?.closed()
    }

    func handle(_ input: ClientMachine.Input) {
        let now = scheduler.now
        let drains = state.withLock { state in
            state.actions.append(contentsOf: state.machine.handle(input, now: now))
            defer { state.isDraining = true }
            return !state.isDraining
        }
        guard drains else { return }
        while case .action(let action) = nextStep() { perform(action) }
    }

    private func nextStep() -> Step {
        state.withLock { state in
            guard let action = state.actions.popFirst() else {
                state.isDraining = false
                return .idle
            }
            return .action(action)
        }
    }

    // MARK: Actions

    private func perform(_ action: ClientMachine.Action) {
        switch action {
        case .dial(let number, let transport): dial(number, transport)
        case .drop(let number, let reason): drop(number, reason)
        case .send(let message, let id, let number): send(message, id, over: number)
        case .complete(let id, let result):
            let caller = state.withLock { $0.callers.removeValue(forKey: id) }
            caller?.resume(with: result.mapError { $0 })
        case .arm(let timer, let delay):
            let scheduled = scheduler.schedule(after: max(delay, .zero)) { [weak self] in self?.handle(.timer(timer)) }
            state.withLock { $0.timers.updateValue(scheduled, forKey: timer) }?.cancel()
        case .disarm(let timer):
            state.withLock { $0.timers.removeValue(forKey: timer) }?.cancel()
        case .emit(let event):
            logger.debug("\(event)")
            if case .gap(let gap) = event { onGap?(gap) }
            for listener in state.withLock({ $0.listeners }) { listener(event) }
            events.send(event)
        case .notification(let notification): deliver(notification)
        case .serve(let id, let call): serve(id, call)
        case .save(let record): keeper?.save(record)
        case .finished:
            keeper?.release()
            notifications.finish()
            events.finish()
            let closers = state.withLock { state in
                defer { state.closers = [] }
                return state.closers
            }
            for closer in closers { closer.resume() }
        }
    }

    private func dial(_ number: Int, _ transport: Transport) {
        state.withLock { $0.links[number] = .dialing(nil) }
        let receiver = LinkReceiver(core: self, number: number)
        let progress = { @Sendable [weak self] () -> Void in self?.handle(.progress(number)) }
        let cancel = dialer.dial(transport, receiver: receiver, progress: progress) { [weak self] result in
            switch result {
            case .success(let connection):
                guard let self, adopt(connection, number) else { return connection.close() }
                handle(.linkUp(number))
            case .failure(let error):
                self?.forget(number)
                self?.handle(.linkFailed(number, error))
            }
        }
        state.withLock { state in
            // A link made at once needs no more cancelling.
            if case .dialing? = state.links[number] { state.links[number] = .dialing(cancel) }
        }
    }

    /// Takes a link that was made, unless nobody wants it any more.
    private func adopt(_ connection: MessageConnection, _ number: Int) -> Bool {
        state.withLock { state in
            guard case .dialing? = state.links[number] else { return false }
            state.links[number] = .up(connection)
            return true
        }
    }

    private func forget(_ number: Int) {
        state.withLock { _ = $0.links.removeValue(forKey: number) }
    }

    private func drop(_ number: Int, _ reason: CloseReason) {
        switch state.withLock({ $0.links.removeValue(forKey: number) }) {
        case .dialing(let attempt): attempt?.cancel()
        case .up(let connection): connection.close(reason.code, reason: reason.text)
        case nil: break
        }
    }

    private func send(_ message: ByteBuffer, _ id: Int?, over number: Int) {
        let connection = state.withLock { $0.connection(number) }
        let result = connection?.enqueue(Message(text: message))
        guard let id else {
            if result == .full {
                logger.warning("a message found the outbound queue full")
                handle(.overflowed(number))
            }
            return
        }
        switch result {
        case .queued: handle(.sent(id: id))
        case .full: handle(.refused(id: id))
        // The news of the link's loss is on its way.
        case .closed, nil: handle(.unsent(id: id))
        }
    }

    func receive(_ message: Message, _ number: Int) {
        handle(.message(number, scanner.scan(message.payload), bytes: message.count))
    }

    func linkClosed(_ number: Int, _ reason: CloseReason) {
        forget(number)
        handle(.linkLost(number, reason))
    }

    private func deliver(_ notification: RPCNotification) {
        guard let handler = state.withLock({ $0.handlers[notification.method] }) else {
            return notifications.send(notification)
        }
        Task { [logger] in
            do {
                _ = try await handler(notification.params)
            } catch {
                logger.warning("the handler of a notification failed: \(error)")
            }
        }
    }

    private func handler(of method: String) -> Handler? {
        let (handler, other) = state.withLock { ($0.handlers[method], $0.otherHandler) }
        if let handler { return handler }
        guard let other else { return nil }
        return { params in try await other(method, params) }
    }

    private func serve(_ id: Envelope.ID, _ call: Envelope.Call) {
        guard let handler = handler(of: call.method) else {
            let error = RPCError.methodNotFound
            let message = EnvelopeWriter.error(id: id, code: error.code, message: error.message)
            return handle(.answer(id, message))
        }
        Task { [weak self, logger] in
            let message: ByteBuffer
            do {
                message = EnvelopeWriter.response(id: id, result: try await handler(call.params?.json ?? .null))
            } catch let error as RPCError {
                message = EnvelopeWriter.error(
                    id: id,
                    code: error.code,
                    message: error.message,
                    data: error.data,
                    type: error.type
                )
            } catch {
                logger.warning("the handler of a request failed: \(error)")
                let shown = error is DecodingError ? RPCError.invalidParams : RPCError.internalError
                message = EnvelopeWriter.error(id: id, code: shown.code, message: shown.message)
            }
            self?.handle(.answer(id, message))
        }
    }
}

/// Tells the core what one link brings.
final class LinkReceiver: MessageReceiver {
    private weak let core: ClientCore?
    private let number: Int

    init(core: ClientCore, number: Int) {
        self.core = core
        self.number = number
    }

    func receive(_ message: Message, from connection: MessageConnection) {
        core?.receive(message, number)
    }

    func connectionClosed(_ connection: MessageConnection, reason: CloseReason) {
        core?.linkClosed(number, reason)
    }
}
