// SPDX-License-Identifier: Apache-2.0
public import HoldfastTransport
internal import Synchronization

/// One client's session at an endpoint: it outlives the connections that carry it.
///
/// When the link is lost, the session waits for ``reconnectionTimeout`` and keeps what it has to say, within bounds; a client
/// that comes back over any transport finds it as it was. Its requests run one at a time in the order they came, unless a
/// method is registered as concurrent. Every member may be used from any task.
///
/// With a client that asks for it (``RPCOptions/Resume``), **within the window and without overflow every counted message reaches the
/// other application once and in order; when that cannot be kept the application is told which are missing; a request is started at most
/// once.** Other clients lose what was handed to a connection that then broke.
public final class RPCSession: Sendable {
    /// The id the client names to come back: 130 random bits.
    ///
    /// Whoever knows it can take the session over. Never log it in full.
    public let id: String

    let service: RPCService
    /// A session that lasts for one HTTP request and has nobody to send to.
    let isTransient: Bool
    private let state: Mutex<State>
    private let values = Mutex<[String: any Sendable]>([:])
    let register = Mutex<JSON?>(nil)

    init(service: RPCService, isTransient: Bool = false) {
        self.id = RandomID.make()
        self.service = service
        self.isTransient = isTransient
        let machine = SessionMachine(
            limits: service.limits,
            reconnectionTimeout: service.options.reconnectionTimeout,
            resume: service.options.resume ?? .init()
        )
        self.state = Mutex(State(machine: machine))
    }

    // MARK: The machine

    typealias CallContinuation = CheckedContinuation<CallAnswer, any Error>
    typealias QuietWaiter = CheckedContinuation<Void, Never>

    /// The machine, and who waits for what it decides.
    struct State: Sendable {
        var machine: SessionMachine
        var calls: [PendingCalls.Number: CallContinuation] = [:]
        /// Requests that have their turn and wait for the executor: none that comes later may begin before them.
        var launching = 0
        /// Those who wait to send until the client has acknowledged something.
        var roomWaiters: [QuietWaiter] = []
        fileprivate var quietWaiters: [QuietWaiter] = []
        /// The bytes of the outbox that the process knows of.
        fileprivate var countedBytes = 0
        fileprivate var timer: ScheduledAction?
        /// When the timer fires; later than the machine's next deadline never, earlier now and then.
        fileprivate var timerDue: Duration?

        /// Adds one who waits until nothing of the application's runs or waits to run; `false` when nothing does.
        mutating func add(_ waiter: QuietWaiter) -> Bool {
            guard !machine.isQuiet else { return false }
            quietWaiters.append(waiter)
            return true
        }

        /// Tells the process what the outbox keeps.
        fileprivate mutating func countOutbox() {
            let bytes = machine.ledger.bytes
            guard bytes != countedBytes else { return }
            Outboxes.bytes.wrappingAdd(bytes - countedBytes, ordering: .relaxed)
            countedBytes = bytes
        }

        /// Those who need not wait any more.
        mutating func takeQuietWaiters(all: Bool = false) -> [QuietWaiter] {
            guard !quietWaiters.isEmpty, all || machine.isQuiet else { return [] }
            defer { quietWaiters = [] }
            return quietWaiters
        }
    }

    /// Whether its client has agreed to come back with a secret only; see ``RPCOptions/Resume``.
    var isNegotiated: Bool { negotiated.load(ordering: .relaxed) }
    /// Whether messages are numbered.
    var isCounting: Bool { counting.load(ordering: .relaxed) }
    private let negotiated = Atomic<Bool>(false)
    private let counting = Atomic<Bool>(false)

    func noteAgreement(isCounting: Bool) {
        counting.store(isCounting, ordering: .relaxed)
        negotiated.store(true, ordering: .relaxed)
    }

    deinit {
        Outboxes.bytes.wrappingSubtract(state.withLock { $0.countedBytes }, ordering: .relaxed)
    }

    func withState<Result: Sendable>(_ body: (inout State) throws -> sending Result) rethrows -> sending Result {
        try state.withLock { state in
            defer { state.countOutbox() }
            return try body(&state)
        }
    }

    /// Looks at the machine, or changes what no deadline depends on.
    func withMachine<Result: Sendable>(_ body: (inout SessionMachine) throws -> sending Result) rethrows
        -> sending Result
    {
        try state.withLock { state in
            defer { state.countOutbox() }
            return try body(&state.machine)
        }
    }

    /// Changes the machine and sees to its timer; what follows is the caller's to do, outside the lock.
    func change<Result: Sendable>(_ body: (inout SessionMachine, Duration) -> sending Result) -> sending Result {
        changeState { state, now in body(&state.machine, now) }
    }

    func changeState<Result: Sendable>(_ body: (inout State, Duration) -> sending Result) -> sending Result {
        state.withLock { state in
            let now = service.scheduler.now
            let result = body(&state, now)
            state.countOutbox()
            if state.machine.hasEnded {
                state.timer?.cancel()
                state.timer = nil
            } else if let next = state.machine.nextDeadline, state.timerDue.map({ next < $0 }) ?? true {
                state.timer?.cancel()
                state.timerDue = next
                state.timer = service.scheduler.schedule(after: max(next - now, .zero)) { [self] in timerFired() }
            }
            return result
        }
    }

    private func timerFired() {
        let actions = changeState { state, now in
            // Unless it has been set anew meanwhile.
            if let due = state.timerDue, due <= now {
                state.timer = nil
                state.timerDue = nil
            }
            return state.machine.tick(now)
        }
        perform(actions, .arrival)
    }

    /// The endpoint's label.
    public var label: String { service.label }

    /// The parameters of the client's first `connect`, without the session id; `nil` when it sent none.
    public internal(set) var registerInfo: JSON? {
        get { register.withLock { $0 } }
        set { register.withLock { $0 = newValue } }
    }

    /// Whether the session's first message is still the only one.
    ///
    /// True while the request that opened the session is handled, and until the next one is. With concurrent methods look at
    /// ``RPCCall/isNew`` instead, which belongs to the request.
    public var isNew: Bool { withMachine { $0.isNew } }

    /// How long the session waits for a lost client; read when the link is lost.
    ///
    /// Zero or less ends it with its connection. Default: the endpoint's.
    public var reconnectionTimeout: Duration {
        get { withMachine { $0.reconnectionTimeout } }
        set { withMachine { $0.reconnectionTimeout = newValue.bounded } }
    }

    /// The connection that carries the session; `nil` while the client is away and after the end.
    public var connection: MessageConnection? {
        withMachine { $0.hasEnded ? nil : $0.link?.attachment.connection }
    }

    /// What the application keeps with the session, for as long as it lasts: once the close callback has been called it is let go.
    public var attributes: Attributes { Attributes(session: self) }

    /// Whether the session has ended.
    public var hasEnded: Bool { withMachine { $0.hasEnded } }

    /// Ends the session at once: its connection closes with 1000 after what has been sent, nobody can come back to it,
    /// and the close callback is called.
    ///
    /// Handlers that run are left to finish. A second call does nothing.
    public func close() {
        let actions = change { machine, _ in machine.end(CloseReason(.normalClosure), cancelling: false) }
        perform(actions, .enqueued)
    }

    /// Lets go of what the application keeps: it may hold the session in turn.
    func clearAttributes() {
        // What is let go may run code of the application's, so not under the lock.
        let kept = values.withLock { values in
            defer { values = [:] }
            return values
        }
        withExtendedLifetime(kept) {}
    }

    /// The start of the id, for log lines.
    var shortID: String { String(id.prefix(6)) }

    /// Named values of any type, shared by all tasks that hold the session.
    public struct Attributes: Sendable {
        let session: RPCSession

        /// The value of that name; setting `nil` removes it.
        public subscript(name: String) -> (any Sendable)? {
            get { session.values.withLock { $0[name] } }
            nonmutating set {
                // What is let go may run code of the application's, so not under the lock.
                let previous = session.values.withLock { values in
                    let previous = values[name]
                    values[name] = newValue
                    return previous
                }
                withExtendedLifetime(previous) {}
            }
        }

        /// The value of that name if it is a `Value`.
        public subscript<Value: Sendable>(name: String, as type: Value.Type) -> Value? {
            session.values.withLock { $0[name] as? Value }
        }

        /// Reads and changes the values in one step; `body` must not use the session's attributes otherwise.
        public func withLock<Result: Sendable>(
            _ body: (inout sending [String: any Sendable]) throws -> Result
        ) rethrows -> Result {
            try session.values.withLock { values in try body(&values) }
        }
    }
}

extension RPCSession: Hashable, Identifiable {
    /// Whether two are the same session.
    public static func == (left: RPCSession, right: RPCSession) -> Bool { left === right }

    /// Hashes the session's identity.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(ObjectIdentifier(self))
    }
}

extension RPCSession: CustomStringConvertible {
    /// The label and the first characters of the id.
    public var description: String { label.isEmpty ? "session \(shortID)…" : "session \(shortID)… of \(label)" }
}
