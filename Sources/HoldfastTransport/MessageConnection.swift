// SPDX-License-Identifier: Apache-2.0
import DequeModule
import Synchronization

/// One live, ordered, duplex link of messages to one peer, over whichever transport carries it.
///
/// Iterate ``messages`` to receive and call ``send(_:)-(Message)`` to send, from any task. Messages arrive in the order sent, in
/// both directions. Both queues are bounded: a sender waits while the peer does not read, and reading from the peer stops while
/// nobody takes its messages.
public final class MessageConnection: Sendable {
    /// What carries the messages.
    public let transport: Transport
    /// The request that opened the connection.
    public let info: ConnectionInfo

    package let link: any MessageLink
    private let state: Mutex<State>

    /// Creates a connection over `link`, which the caller starts only after a receiver or a handler is in place.
    package init(
        transport: Transport,
        info: ConnectionInfo,
        link: any MessageLink,
        outbound: QueueLimits = .init(),
        inbound: QueueLimits = .init(messages: 64, bytes: 1 << 18),
        rate: MessageRate? = nil
    ) {
        self.transport = transport
        self.info = info
        self.link = link
        self.state = Mutex(
            State(
                outbound: MessageQueue(limits: outbound),
                inbound: MessageQueue(limits: inbound),
                meter: rate.map(RateMeter.init)
            )
        )
    }

    // MARK: Sending

    /// Sends text; see ``send(_:)-(Message)``.
    public func send(_ text: String) async throws {
        try await send(Message(text))
    }

    /// Queues a message, waiting while the queue is full.
    ///
    /// Returns when the message is queued, not when it arrived. Messages of one task go out in the order sent.
    ///
    /// - Throws: ``ConnectionClosed`` when the connection is closing or closed; `CancellationError` when the task is cancelled
    ///   while it waits.
    public func send(_ message: Message) async throws {
        while true {
            switch enqueue(message) {
            case .queued: return
            case .closed(let reason): throw ConnectionClosed(reason: reason)
            case .full: try await waitForRoom()
            }
        }
    }

    /// What became of a message given to ``enqueue(_:)``.
    package enum EnqueueResult: Sendable, Hashable {
        case queued
        case full
        case closed(CloseReason)
    }

    /// Queues a message if there is room; never waits.
    ///
    /// Callable from any thread.
    package func enqueue(_ message: Message) -> EnqueueResult {
        let (result, wake) = state.withLock { $0.enqueue(message) }
        if wake { link.outboundReady() }
        return result
    }

    /// Sends what `source` has, after what is queued, until the connection closes or ``remove(_:)``.
    ///
    /// Callable from any thread; calls nothing, so it may be called under a lock.
    package func add(_ source: any MessageSource) {
        state.withLock { if $0.phase.isOpen { $0.source = source } }
    }

    /// Takes no more from `source`, unless another one has taken its place.
    package func remove(_ source: any MessageSource) {
        state.withLock { if $0.source === source { $0.source = nil } }
    }

    /// The source has something to take.
    ///
    /// Callable from any thread.
    package func sourceIsReady() {
        if state.withLock({ $0.sourceIsReady() }) { link.outboundReady() }
    }

    /// Closes the connection after what is queued has gone out; later calls do nothing.
    ///
    /// What has arrived already is still delivered.
    ///
    /// - Parameters:
    ///   - code: The close code the peer sees.
    ///   - reason: Words for the peer, at most 123 bytes of them are sent.
    public func close(_ code: CloseCode = .normalClosure, reason: String = "") {
        let effects = state.withLock { $0.close(CloseReason(code, reason)) }
        effects.waiters.resume(throwing: ConnectionClosed(reason: CloseReason(code, reason)))
        effects.reader?.resume(returning: .end)
        if effects.wake { link.outboundReady() }
    }

    /// Why the connection closed, or `nil` while it is open.
    public var closeReason: CloseReason? { state.withLock { $0.phase.reason } }

    /// Waits until the connection is gone and tells why; returns early with the reason so far when the task is cancelled.
    public func closed() async -> CloseReason {
        let id = state.withLock { $0.makeWaiterID() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let reason = state.withLock { $0.addCloseWaiter(id, continuation, cancelled: Task.isCancelled) }
                if let reason { continuation.resume(returning: reason) }
            }
        } onCancel: {
            let waiter = state.withLock { $0.closeWaiters.removeValue(forKey: id) }
            waiter?.resume(returning: CloseReason(.abnormalClosure, "cancelled"))
        }
    }

    /// Runs `action` once the link is gone, at once if it is.
    package func onClosed(_ action: @escaping @Sendable (CloseReason) -> Void) {
        let reason = state.withLock { $0.addCloseAction(action) }
        if let reason { action(reason) }
    }

    private func waitForRoom() async throws {
        let id = state.withLock { $0.makeWaiterID() }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let outcome = state.withLock { $0.addSendWaiter(id, continuation, cancelled: Task.isCancelled) }
                switch outcome {
                case .waiting: break
                case .goOn: continuation.resume()
                case .cancelled: continuation.resume(throwing: CancellationError())
                }
            }
        } onCancel: {
            let waiter = state.withLock { $0.sendWaiters.remove(id) }
            waiter?.resume(throwing: CancellationError())
        }
    }

    // MARK: Receiving

    /// The messages from the peer, for one iteration.
    ///
    /// Ends when either side closes cleanly; throws ``ConnectionClosed`` when the connection was lost or broke a rule.
    /// Messages that had arrived before are delivered first.
    public var messages: Messages { Messages(connection: self) }

    /// Gives every message to `receiver` from now on, instead of ``messages``.
    package func setReceiver(_ receiver: any MessageReceiver) {
        state.withLock { $0.receiver = receiver }
    }

    package typealias Reader = UnsafeContinuation<NextMessage, Never>

    /// The outcome of waiting for a message.
    package enum NextMessage: Sendable {
        case message(Message)
        case end
        case lost(CloseReason)
        case cancelled
    }

    func next() async throws -> Message? {
        let (ready, resumeReading) = state.withLock { $0.takeInbound() }
        if resumeReading { link.setReading(true) }
        let next: NextMessage
        if let ready {
            next = ready
        } else {
            next = await withTaskCancellationHandler {
                // Unsafe only in that a double or missing resume goes unchecked: the continuation lives in `state.reader`, and
                // every path that takes it out, under the lock, resumes it once.
                await withUnsafeContinuation { (reader: Reader) in
                    let (immediate, resumeReading) = state.withLock {
                        $0.addReader(reader, cancelled: Task.isCancelled)
                    }
                    if resumeReading { link.setReading(true) }
                    if let immediate { reader.resume(returning: immediate) }
                }
            } onCancel: {
                let reader = state.withLock { $0.reader.take() }
                reader?.resume(returning: .cancelled)
            }
        }
        switch next {
        case .message(let message): return message
        case .end: return nil
        case .lost(let reason): throw ConnectionClosed(reason: reason)
        case .cancelled: throw CancellationError()
        }
    }

    // MARK: The link's side

    /// What the link has to do next.
    package enum Outbound: Sendable {
        /// Send this message.
        case message(Message)
        /// Everything queued has been taken: close with this reason, then report ``linkClosed(_:)``.
        case close(CloseReason)
        /// Nothing; ``MessageLink/outboundReady()`` tells when there is.
        case idle
    }

    /// Takes the next message to send; to be called on the link's loop until it answers `.idle` or `.close`.
    package func takeOutbound() -> Outbound {
        while true {
            let (step, waiters) = state.withLock { $0.takeOutbound() }
            waiters.resume()
            switch step {
            case .take(let outbound):
                return outbound
            case .ask(let source):
                if let message = source.takeMessage() { return .message(message) }
                if let outbound = state.withLock({ $0.sourceWasEmpty() }) { return outbound }
            }
        }
    }

    /// Delivers a message from the peer; on the link's loop.
    package func receive(_ message: Message) {
        switch state.withLock({ $0.receive(message) }) {
        case .receiver(let receiver): receiver.receive(message, from: self)
        case .reader(let reader): reader.resume(returning: .message(message))
        case .queued(let pause): if pause { link.setReading(false) }
        case .tooFast: close(.rateLimited, reason: "messages came too fast")
        case .dropped: break
        }
    }

    /// Reports that the link is gone; only the first call counts.
    package func linkClosed(_ reason: CloseReason) {
        guard let effects = state.withLock({ $0.linkClosed(reason) }) else { return }
        effects.waiters.resume(throwing: ConnectionClosed(reason: effects.reason))
        effects.reader?.resume(returning: effects.reason.isClean ? .end : .lost(effects.reason))
        for waiter in effects.closeWaiters { waiter.resume(returning: effects.reason) }
        effects.closeAction?(effects.reason)
        effects.receiver?.connectionClosed(self, reason: effects.reason)
    }
}

/// Thrown by an operation on a connection that is closing or closed.
public struct ConnectionClosed: Error, Sendable, Hashable, CustomStringConvertible {
    /// Why it closed.
    public var reason: CloseReason

    /// Creates the error.
    public init(reason: CloseReason) {
        self.reason = reason
    }

    /// Says that the connection is closed, and why.
    public var description: String { "connection closed: \(reason)" }
}
