// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport

/// A session without I/O: inputs in, actions out, the time passed in.
///
/// Whoever drives it serialises the inputs with one lock, performs the actions outside of it in their order, and keeps one timer, at
/// ``nextDeadline``. Everything that a connection does to the session comes through its ``Attachment``, with its generation.
struct SessionMachine: Sendable {
    typealias Start = RequestQueue<InboundRequest>.Start

    /// What has to be done.
    enum Action: Sendable {
        /// Let the attached connection take what there is.
        case wake(Attachment)
        /// Close the connection, after what there is for it.
        case close(Attachment, CloseReason)
        /// Run a request whose turn has come.
        case start(Start)
        /// Tell the application of events until there are none.
        case tell
        /// A call has failed.
        case fail(PendingCalls.Number, RPCSessionError)
        /// Answer requests that the session's end has overtaken.
        case refuse([InboundRequest])
        case cancel([Task<Void, Never>])
        /// The client has left, or come back.
        case away(Bool)
        /// Nobody can come back to the session.
        case forget(CloseReason)
        /// Send something over a connection that the session has left.
        case reply(Attachment, Message)
        /// Those who wait to send may try again.
        case room
    }

    /// The session's connection, and how far it has sent what the session has to say.
    struct Link: Sendable {
        let attachment: Attachment
        var sent: UInt64
        /// What only this connection may send.
        var control = ControlLane()
    }

    /// Since when the client is away, and what ended its last connection.
    struct Away: Sendable {
        var expiresAt: Duration
        var reason: CloseReason
    }

    let limits: Limits.RPC
    let resumeOptions: RPCOptions.Resume
    let queueLimits: RequestQueue<InboundRequest>.Limits
    var link: Link?
    var generation: UInt64 = 0
    var away: Away?
    var hasEnded = false
    /// Whether requests that run are cancelled, as the session has ended and nobody waits for them.
    var isCancelling = false
    /// Whether the first message is still the only one.
    var isNew = true
    var reconnectionTimeout: Duration
    var pingInterval: Duration?
    /// Measures the client's messages, over all connections.
    var meter: RateMeter?

    var ledger = Ledger()
    /// What was agreed with a client that loses nothing.
    var resume: ResumeState?
    /// Whether the server is about to end.
    var isDraining = false
    /// Whether somebody waits to send until there is room.
    var hasWaitingSenders = false
    var requests = RequestQueue<InboundRequest>()
    var calls = PendingCalls()
    var events = SessionEvents()
    /// Answers to `connect` that wait until the application has been told.
    var greetings: [Message] = []

    init(limits: Limits.RPC, reconnectionTimeout: Duration, resume: RPCOptions.Resume = .init()) {
        self.limits = limits
        resumeOptions = resume
        queueLimits = .init(running: limits.running, waiting: limits.waiting, bytes: limits.requestBytes)
        self.reconnectionTimeout = reconnectionTimeout
        meter = limits.rate.map(RateMeter.init)
    }

    // MARK: Events

    /// Tells the application of something; no request starts until it has heard.
    mutating func add(_ event: SessionEvents.Event) -> [Action] {
        hasEnded ? [] : tell(event)
    }

    mutating func tell(_ event: SessionEvents.Event) -> [Action] {
        guard events.add(event) else { return [] }
        requests.hold(.events)
        return [.tell]
    }

    /// The next event to tell; with none left, what may go on now.
    mutating func nextEvent() -> (event: SessionEvents.Event?, actions: [Action]) {
        if let event = events.next() { return (event, []) }
        var actions = greet()
        let starts = requests.lift(.events, limits: queueLimits)
        note(starts)
        actions += starts.map { .start($0) }
        return (nil, actions)
    }

    mutating func note(_ starts: [Start]) {
        for start in starts where !start.request.isNew { isNew = false }
    }

    // MARK: Quiet

    /// Whether nothing of the application's runs or waits to run.
    var isQuiet: Bool { requests.isIdle && !events.isTelling }

    // MARK: Time

    /// The next moment at which ``tick(_:)`` has something to do.
    var nextDeadline: Duration? {
        if hasEnded { return nil }
        if let away { return away.expiresAt }
        guard let resumeDeadline else { return calls.nextDeadline }
        return calls.nextDeadline.map { min($0, resumeDeadline) } ?? resumeDeadline
    }

    /// Looks at the clock.
    mutating func tick(_ now: Duration) -> [Action] {
        guard !hasEnded else { return [] }
        if let away { return now >= away.expiresAt ? expire() : [] }
        return calls.takeExpired(now).map { .fail($0, RPCSessionError(.callTimedOut)) } + resumeTick(now)
    }
}
