// SPDX-License-Identifier: Apache-2.0
import DequeModule
import NIOCore

extension MessageConnection {
    /// Everything that changes in a connection, changed under its lock; what follows from a change is returned and done outside.
    struct State {
        enum Phase {
            case open
            case closing(CloseReason)
            case closed(CloseReason)

            var isOpen: Bool {
                if case .open = self { true } else { false }
            }

            var reason: CloseReason? {
                switch self {
                case .open: nil
                case .closing(let reason), .closed(let reason): reason
                }
            }
        }

        var phase = Phase.open
        var outbound: MessageQueue
        var inbound: MessageQueue
        var receiver: (any MessageReceiver)?
        var reader: Reader?
        var sendWaiters = SendWaiters()
        var closeWaiters: [UInt64: CheckedContinuation<CloseReason, Never>] = [:]
        private var closeAction: (@Sendable (CloseReason) -> Void)?
        private var nextWaiterID: UInt64 = 0
        /// The link was told of outbound messages and has not yet taken them all.
        private var linkIsAwake = false
        private var readingPaused = false
        /// What the link is to close with has been given to it.
        private var isCloseTaken = false
        /// A refused `enqueue` wants to hear of room.
        private var drainWanted = false
        var source: (any MessageSource)?
        /// The source has said that it has something since it was last asked.
        private var sourceHasMore = false
        private var meter: RateMeter?

        init(outbound: MessageQueue, inbound: MessageQueue, meter: RateMeter?) {
            self.outbound = outbound
            self.inbound = inbound
            self.meter = meter
        }

        mutating func makeWaiterID() -> UInt64 {
            nextWaiterID += 1
            return nextWaiterID
        }

        private mutating func wake() -> Bool {
            defer { linkIsAwake = true }
            return !linkIsAwake
        }

        // MARK: Outbound

        mutating func enqueue(_ message: Message) -> (EnqueueResult, wake: Bool) {
            if let reason = phase.reason { return (.closed(reason), false) }
            guard outbound.hasRoom(for: message.count) else {
                drainWanted = true
                return (.full, false)
            }
            outbound.append(message)
            return (.queued, wake())
        }

        enum OutboundStep {
            case take(Outbound)
            /// Ask the source, and report back with ``sourceWasEmpty()`` if it has nothing.
            case ask(any MessageSource)
        }

        mutating func takeOutbound() -> (OutboundStep, SendWaiters) {
            if case .closed = phase { return (.take(.idle), SendWaiters()) }
            if let message = outbound.popFirst() {
                guard drainWanted, outbound.isHalfEmpty else { return (.take(.message(message)), SendWaiters()) }
                drainWanted = false
                return (.take(.message(message)), sendWaiters.takeAll())
            }
            guard let source else { return (.take(closeOrIdle()), SendWaiters()) }
            sourceHasMore = false
            return (.ask(source), SendWaiters())
        }

        /// The source had nothing; `nil` when something has come meanwhile.
        mutating func sourceWasEmpty() -> Outbound? {
            if case .closed = phase { return .idle }
            guard outbound.isEmpty, !sourceHasMore else { return nil }
            return closeOrIdle()
        }

        mutating func sourceIsReady() -> Bool {
            if case .closed = phase { return false }
            sourceHasMore = true
            return wake()
        }

        private mutating func closeOrIdle() -> Outbound {
            if case .closing(let reason) = phase {
                isCloseTaken = true
                source = nil
                return .close(reason)
            }
            linkIsAwake = false
            return .idle
        }

        enum SendWait {
            case waiting
            case goOn
            case cancelled
        }

        mutating func addSendWaiter(
            _ id: UInt64,
            _ continuation: CheckedContinuation<Void, any Error>,
            cancelled: Bool
        ) -> SendWait {
            if cancelled { return .cancelled }
            // Closed, or drained since the refusal: the caller tries again and learns which.
            guard phase.reason == nil, drainWanted else { return .goOn }
            sendWaiters.add(id, continuation)
            return .waiting
        }

        // MARK: Inbound

        enum Delivery {
            case receiver(any MessageReceiver)
            case reader(Reader)
            case queued(pause: Bool)
            case tooFast
            case dropped
        }

        mutating func receive(_ message: Message) -> Delivery {
            // What had arrived when the application closed is still delivered.
            switch phase {
            case .open: break
            case .closing where !isCloseTaken: break
            case .closing, .closed: return .dropped
            }
            if meter != nil, meter?.take(message.count, now: .now) != .allowed { return .tooFast }
            if let receiver { return .receiver(receiver) }
            if let reader = reader.take() { return .reader(reader) }
            inbound.append(message)
            let pause = !readingPaused && !inbound.hasRoom(for: 1)
            readingPaused = readingPaused || pause
            return .queued(pause: pause)
        }

        mutating func takeInbound() -> (NextMessage?, resumeReading: Bool) {
            if let message = inbound.popFirst() {
                let resume = readingPaused && inbound.isHalfEmpty
                if resume { readingPaused = false }
                return (.message(message), resume)
            }
            return (phase.reason.map { $0.isClean ? .end : .lost($0) }, false)
        }

        mutating func addReader(_ newReader: Reader, cancelled: Bool) -> (NextMessage?, resumeReading: Bool) {
            if cancelled { return (.cancelled, false) }
            // A message may have come between the look and the wait.
            let (ready, resume) = takeInbound()
            if let ready { return (ready, resume) }
            precondition(reader == nil, "one task at a time iterates a connection's messages")
            reader = newReader
            return (nil, false)
        }

        // MARK: Closing

        mutating func addCloseWaiter(
            _ id: UInt64,
            _ continuation: CheckedContinuation<CloseReason, Never>,
            cancelled: Bool
        ) -> CloseReason? {
            if case .closed(let reason) = phase { return reason }
            if cancelled { return phase.reason ?? CloseReason(.abnormalClosure, "cancelled") }
            closeWaiters[id] = continuation
            return nil
        }

        mutating func addCloseAction(_ action: @escaping @Sendable (CloseReason) -> Void) -> CloseReason? {
            if case .closed(let reason) = phase { return reason }
            guard let earlier = closeAction else {
                closeAction = action
                return nil
            }
            closeAction = { reason in
                earlier(reason)
                action(reason)
            }
            return nil
        }

        mutating func close(_ reason: CloseReason) -> (wake: Bool, waiters: SendWaiters, reader: Reader?) {
            guard case .open = phase else { return (false, SendWaiters(), nil) }
            phase = .closing(reason)
            return (wake(), sendWaiters.takeAll(), reader.take())
        }

        struct ClosedEffects {
            var reason: CloseReason
            var waiters: SendWaiters
            var reader: Reader?
            var closeWaiters: [CheckedContinuation<CloseReason, Never>]
            var closeAction: (@Sendable (CloseReason) -> Void)?
            var receiver: (any MessageReceiver)?
        }

        mutating func linkClosed(_ reason: CloseReason) -> ClosedEffects? {
            if case .closed = phase { return nil }
            phase = .closed(reason)
            outbound.removeAll()
            defer {
                source = nil
                closeWaiters = [:]
                closeAction = nil
                receiver = nil
            }
            return ClosedEffects(
                reason: reason,
                waiters: sendWaiters.takeAll(),
                reader: reader.take(),
                closeWaiters: Array(closeWaiters.values),
                closeAction: closeAction,
                receiver: receiver
            )
        }
    }

    /// Senders that wait for room, first come first.
    struct SendWaiters {
        private var waiters: [(id: UInt64, continuation: CheckedContinuation<Void, any Error>)] = []

        mutating func add(_ id: UInt64, _ continuation: CheckedContinuation<Void, any Error>) {
            waiters.append((id, continuation))
        }

        mutating func remove(_ id: UInt64) -> CheckedContinuation<Void, any Error>? {
            guard let index = waiters.firstIndex(where: { $0.id == id }) else { return nil }
            return waiters.remove(at: index).continuation
        }

        mutating func takeAll() -> SendWaiters {
            defer { waiters = [] }
            return self
        }

        func resume() {
            for waiter in waiters { waiter.continuation.resume() }
        }

        func resume(throwing error: ConnectionClosed) {
            for waiter in waiters { waiter.continuation.resume(throwing: error) }
        }
    }
}

extension Duration {
    /// The time of the monotonic clock that event loops go by.
    fileprivate static var now: Duration {
        .nanoseconds(Int64(clamping: NIODeadline.now().uptimeNanoseconds))
    }
}
