// SPDX-License-Identifier: Apache-2.0
package import HoldfastTransport
package import NIOCore
import Synchronization

/// A session over many requests: the link of one ``MessageConnection``.
///
/// What happens is decided by a ``SessionStateMachine`` under the lock and done outside it. Frames are written on the loop of the
/// receiver that holds the session, and nowhere else, so they keep their order.
package final class SockJSSession: MessageLink {
    /// What a session needs from its surroundings.
    package struct Environment: Sendable {
        package var options: SockJSOptions
        package var scheduler: any Scheduler
        /// Where the application's handlers run and messages are delivered.
        package var eventLoop: any EventLoop
        /// Makes the connection and installs the application on it; called once, before the client hears that the session is open.
        package var start: @Sendable (any MessageLink) -> MessageConnection
        /// Called once, when the session is to be forgotten.
        package var onGone: @Sendable (SockJSSession) -> Void

        package init(
            options: SockJSOptions,
            scheduler: any Scheduler,
            eventLoop: any EventLoop,
            start: @escaping @Sendable (any MessageLink) -> MessageConnection,
            onGone: @escaping @Sendable (SockJSSession) -> Void
        ) {
            self.options = options
            self.scheduler = scheduler
            self.eventLoop = eventLoop
            self.start = start
            self.onGone = onGone
        }
    }

    private struct State {
        var machine: SessionStateMachine
        var binding: SessionBinding
        var receiver: (any FrameReceiver)?
        /// There from the first receiver until the session is forgotten.
        var connection: MessageConnection?
        var timer: ScheduledAction?
        var gate = ReadingGate()
    }

    /// The time after which a receiver that found the session held looks again: the holder's end may not have been seen yet.
    private static let conflictGrace = Duration.milliseconds(25)

    package let id: String
    package let executor: (any TaskExecutor)?
    private let environment: Environment
    private let state: Mutex<State>

    /// Creates a session that waits for its first receiver.
    package init(id: String, binding: SessionBinding, environment: Environment) {
        self.id = id
        self.environment = environment
        self.executor = LoopExecutor.shared(by: environment.eventLoop)
        let machine = SessionStateMachine(
            configuration: .init(
                disconnectDelay: environment.options.disconnectDelay,
                heartbeat: environment.options.heartbeat,
                streamLimit: environment.options.streamLimit
            ),
            now: environment.scheduler.now
        )
        state = Mutex(State(machine: machine, binding: binding))
        change { _ in }
    }

    /// Changes the state, and arms the timer as that requires.
    private func change<Result: Sendable>(_ body: (inout State) -> sending Result) -> Result {
        state.withLock { state in
            let result = body(&state)
            if let deadline = state.machine.timerToArm() {
                state.timer?.cancel()
                let delay = max(.zero, deadline - environment.scheduler.now)
                state.timer = environment.scheduler.schedule(after: delay) { [self] in timerFired() }
            }
            return result
        }
    }

    /// Whether a request fits those before it.
    package func admits(_ binding: SessionBinding) -> Bool {
        state.withLock { $0.binding.admits(binding) }
    }

    // MARK: Receivers

    /// Gives the session to a receiver, or tells the receiver why not; on the receiver's loop.
    ///
    /// - Returns: False when the session has been forgotten and another has to take its place; nothing has been written then.
    package func attach(_ receiver: any FrameReceiver) -> Bool {
        attach(receiver, isFirstTry: true)
    }

    private func attach(_ receiver: any FrameReceiver, isFirstTry: Bool) -> Bool {
        let now = environment.scheduler.now
        let (attachment, holder) = change { state in
            let attachment = state.machine.attach(receiver.id, receiver.mode, now: now)
            if attachment == .accepted { state.receiver = receiver }
            return (attachment, state.receiver)
        }
        switch attachment {
        case .accepted:
            if isFirstTry { receiver.writePrelude() }
            receiver.whenBroken { [self, id = receiver.id] in receiverBroke(id) }
            receiver.whenInputEnds { [self, id = receiver.id] in inputEnded(id) }
            if receiver.eventLoop === environment.eventLoop {
                takeTurn(receiver)
            } else {
                // What the client sent before it asked has reached the application by then, and its answers are here.
                environment.eventLoop.execute { self.scheduleTurn(receiver) }
            }
            return true
        case .gone:
            return false
        case .left(let id):
            dismiss(id, holder)
            return attach(receiver, isFirstTry: isFirstTry)
        case .busy:
            if let holder, !holder.isOpen {
                receiverBroke(holder.id)
                return attach(receiver, isFirstTry: isFirstTry)
            }
            if isFirstTry { receiver.writePrelude() }
            guard isFirstTry else {
                _ = receiver.write(.busy)
                receiver.end()
                return true
            }
            // The holder's loop sees what its client did before it gets to this, however late it is.
            let holderLoop = holder?.eventLoop ?? receiver.eventLoop
            _ = environment.scheduler.schedule(after: Self.conflictGrace) { [self] in
                holderLoop.execute { receiver.eventLoop.execute { self.attachOrTell(receiver) } }
            }
            return true
        }
    }

    /// Looks again whether the session is free, and tells the receiver if it is not.
    private func attachOrTell(_ receiver: any FrameReceiver) {
        guard receiver.isOpen, !attach(receiver, isFirstTry: false) else { return }
        // Forgotten meanwhile: what a later request would have been told.
        _ = receiver.write(.close(SessionStateMachine.interrupted))
        receiver.end()
    }

    private func receiverBroke(_ id: ReceiverID) {
        let now = environment.scheduler.now
        let connection = change { state -> MessageConnection? in
            let ended = state.machine.receiverBroke(id, now: now)
            if state.receiver?.id == id { state.receiver = nil }
            return ended ? state.connection : nil
        }
        if let connection { clientBroke(connection) }
    }

    /// The application hears that its client has left in the middle.
    private func clientBroke(_ connection: MessageConnection) {
        connection.linkClosed(CloseReason(.abnormalClosure, "the client's connection broke"))
        openGate()
    }

    private func inputEnded(_ id: ReceiverID) {
        let now = environment.scheduler.now
        change { $0.machine.inputEnded(id, now: now) }
    }

    /// Takes the session from a receiver whose client sends no more, and ends its response.
    private func dismiss(_ id: ReceiverID, _ holder: (any FrameReceiver)?) {
        receiverBroke(id)
        guard let holder, holder.id == id else { return }
        holder.eventLoop.execute {
            guard holder.isOpen else { return }
            _ = holder.write(.close(SessionStateMachine.interrupted))
            holder.end()
        }
    }

    /// Writes what there is to write, on the receiver's loop.
    private func takeTurn(_ receiver: any FrameReceiver) {
        var outcome = SessionStateMachine.Outcome.turn
        while true {
            let now = environment.scheduler.now
            let step = change { [outcome] state in
                let step = state.machine.step(receiver.id, after: outcome, now: now)
                if step == .end { state.receiver = nil }
                return step
            }
            if case .closed(let reason) = outcome { connectionClosed(reason) }
            switch step {
            case .open:
                startApplication()
                outcome = .wrote(bytes: receiver.write(.open), more: false)
            case .pull:
                outcome = pull(receiver)
            case .heartbeat:
                outcome = .wrote(bytes: receiver.write(.heartbeat), more: false)
            case .close(let reason):
                outcome = .wrote(bytes: receiver.write(.close(reason)), more: false)
            case .end:
                receiver.end()
                return
            case .wait:
                return
            }
        }
    }

    private func startApplication() {
        let connection = environment.start(self)
        state.withLock { $0.connection = connection }
    }

    /// Writes the messages that wait as one frame, up to the stream limit.
    private func pull(_ receiver: any FrameReceiver) -> SessionStateMachine.Outcome {
        guard let connection = state.withLock({ $0.connection }) else { return .empty }
        var messages: [ByteBuffer] = []
        var bytes = 0
        while bytes < environment.options.streamLimit {
            switch connection.takeOutbound() {
            case .message(let message):
                messages.append(message.payload)
                bytes += message.count
            case .close(let reason):
                if messages.isEmpty { return .closed(reason) }
                return .wrote(bytes: receiver.write(.messages(messages)), more: true)
            case .idle:
                if messages.isEmpty { return .empty }
                return .wrote(bytes: receiver.write(.messages(messages)), more: false)
            }
        }
        return .wrote(bytes: receiver.write(.messages(messages)), more: true)
    }

    private func connectionClosed(_ reason: CloseReason) {
        state.withLock { $0.connection }?.linkClosed(reason)
        openGate()
    }

    private func scheduleTurn(_ receiver: any FrameReceiver) {
        receiver.eventLoop.execute { self.takeTurn(receiver) }
    }

    private func timerFired() {
        let now = environment.scheduler.now
        let (outcome, receiver, connection) = change { state in
            let outcome = state.machine.timerFired(now: now)
            let connection = state.connection
            if case .expire = outcome { state.connection = nil }
            return (outcome, state.receiver, connection)
        }
        switch outcome {
        case .nothing:
            break
        case .wake:
            if let receiver { scheduleTurn(receiver) }
        case .interrupt:
            if let connection { clientBroke(connection) }
            if let receiver { scheduleTurn(receiver) }
        case .expire(let lost):
            if lost { connection?.linkClosed(CloseReason(.abnormalClosure, "the client did not come back")) }
            openGate()
            environment.onGone(self)
        }
    }

    /// Ends the session as at a shutdown; the client hears of it.
    package func close(_ reason: CloseReason) {
        state.withLock { $0.connection }?.close(reason.code, reason: reason.text)
    }

    // MARK: MessageLink

    package func outboundReady() {
        let receiver = state.withLock { state in
            state.machine.outboundAvailable() == nil ? nil : state.receiver
        }
        if let receiver { scheduleTurn(receiver) }
    }

    package func setReading(_ reading: Bool) {
        if reading {
            openGate()
        } else {
            state.withLock { $0.gate.close() }
        }
    }

    private func openGate() {
        for waiter in state.withLock({ $0.gate.open() }) { waiter.resume() }
    }

    // MARK: The client's messages

    /// Delivers a request's messages to the application, after waiting until that wants any.
    ///
    /// - Throws: `CancellationError` when the request is given up meanwhile.
    package func deliver(_ messages: [ByteBuffer]) async throws -> SessionStateMachine.Intake {
        try await waitForGate()
        // One loop, so that requests on several connections do not deliver at the same time.
        if environment.eventLoop.inEventLoop { return deliverNow(messages) }
        return try await environment.eventLoop.submit { self.deliverNow(messages) }.get()
    }

    /// Whether the application takes messages now, and on this very loop: ``deliverNow(_:)`` may be called.
    package var takesMessages: Bool {
        environment.eventLoop.inEventLoop && state.withLock { $0.gate.isOpen }
    }

    /// Delivers a request's messages to the application, on the session's loop.
    package func deliverNow(_ messages: [ByteBuffer]) -> SessionStateMachine.Intake {
        let (intake, connection) = state.withLock { ($0.machine.intake, $0.connection) }
        guard case .deliver = intake else { return intake }
        // Not started: the client has not been told of the session.
        guard let connection else { return .unknown }
        for message in messages { connection.receive(Message(text: message)) }
        return .deliver
    }

    private func waitForGate() async throws {
        guard let id = state.withLock({ $0.gate.ticket() }) else { return }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result = state.withLock { $0.gate.wait(id, continuation, cancelled: Task.isCancelled) }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            state.withLock { $0.gate.remove(id) }?.resume(throwing: CancellationError())
        }
    }
}
