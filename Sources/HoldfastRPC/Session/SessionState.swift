// SPDX-License-Identifier: Apache-2.0
internal import DequeModule
internal import HoldfastTransport

/// Everything that changes in a session, changed under its lock.
///
/// What follows from a change is returned and done outside.
struct SessionState: Sendable {
    /// The meeting of the session and a connection; a later one has a higher generation.
    struct Attachment: Sendable {
        let connection: MessageConnection
        let receiver: ConnectionReceiver
        let generation: UInt64
    }

    /// Something that happens in a session's life and that the application may want to hear of.
    enum Event: Sendable {
        case opened
        case reconnected
        case transportError(any Error)
        case closed(CloseReason)
        /// The answer to a `connect` that has to wait for the events before it.
        case answer(Message)
    }

    var hasEnded = false
    var isNew = true
    var reconnectionTimeout: Duration
    var pingInterval: Duration?
    /// Measures the client's messages, over all connections.
    var meter: RateMeter?
    private(set) var attachment: Attachment?
    private var generation: UInt64 = 0
    private var expiry: ScheduledAction?

    var requests = RequestQueue<InboundRequest>()
    var outbox = Outbox()
    var calls = PendingCalls()
    var quietWaiters: [CheckedContinuation<Void, Never>] = []

    private var events: Deque<Event> = []
    private var isTellingEvents = false

    init(reconnectionTimeout: Duration, meter: RateMeter?) {
        self.reconnectionTimeout = reconnectionTimeout
        self.meter = meter
    }

    // MARK: Links

    struct Attached: Sendable {
        var generation: UInt64
        /// The connection the session had before, if another one.
        var replaced: Attachment?
        var expiry: ScheduledAction?
        var pingInterval: Duration?
    }

    /// Moves the session to a connection; `nil` when it has ended.
    ///
    /// - Parameter answer: goes out on that connection before everything else the session has to say.
    mutating func attach(
        _ connection: MessageConnection,
        _ receiver: ConnectionReceiver,
        answer: Message?,
        now: Duration
    ) -> Attached? {
        guard !hasEnded else { return nil }
        generation += 1
        let previous = attachment
        attachment = Attachment(connection: connection, receiver: receiver, generation: generation)
        defer { expiry = nil }
        outbox.unblock()
        // What the connection before has not given away goes out on this one.
        if let previous, previous.connection !== connection { outbox.prepend(previous.connection.takeUnsent()) }
        if let answer { outbox.prepend([answer]) }
        calls.clientCameBack(now: now)
        return Attached(
            generation: generation,
            replaced: previous?.connection === connection ? nil : previous,
            expiry: expiry,
            pingInterval: pingInterval
        )
    }

    /// The session's connection is gone; `nil` when it was not this session's, or not any more.
    mutating func detach(_ connection: MessageConnection, now: Duration) -> (generation: UInt64, timeout: Duration)? {
        guard let attachment, attachment.connection === connection, !hasEnded else { return nil }
        self.attachment = nil
        // A connection that left for another session is still there and keeps what it was given.
        if connection.closeReason != nil { outbox.prepend(connection.takeUnsent()) }
        calls.clientLeft(now: now)
        return (attachment.generation, reconnectionTimeout)
    }

    /// Remembers the timer that ends the session; `false` when the client has come back already.
    mutating func setExpiry(_ timer: ScheduledAction, generation: UInt64) -> Bool {
        guard isAway(since: generation) else { return false }
        expiry = timer
        return true
    }

    /// Whether the client has been away since the attachment of that generation was lost.
    func isAway(since generation: UInt64) -> Bool {
        !hasEnded && attachment == nil && self.generation == generation
    }

    // MARK: Sending

    /// A message and the connection to give it to, for the one who pumps.
    mutating func nextToSend() -> (Message, Attachment)? {
        guard let attachment else {
            outbox.stopPumping()
            return nil
        }
        return outbox.next().map { ($0, attachment) }
    }

    /// Makes the caller the one who gives messages to the connection, if there are any and nobody does.
    mutating func beginPumping() -> (Message, Attachment)? {
        guard attachment != nil, outbox.beginPumping() else { return nil }
        return nextToSend()
    }

    // MARK: Events

    /// Adds an event; `true` when the caller has to start telling them.
    ///
    /// Events are told one after the other, and no request starts meanwhile: what a callback sets up is there when the
    /// next request runs.
    mutating func add(_ event: Event) -> Bool {
        events.append(event)
        requests.close()
        defer { isTellingEvents = true }
        return !isTellingEvents
    }

    /// Whether events wait to be told.
    var isTelling: Bool { isTellingEvents }

    /// The next event to tell; without one, the requests that may start now.
    mutating func nextEvent(runningLimit: Int) -> (Event?, [RequestQueue<InboundRequest>.Start]) {
        if let event = events.popFirst() { return (event, []) }
        isTellingEvents = false
        return (nil, requests.open(runningLimit: runningLimit))
    }

    // MARK: End

    /// What has to be cleaned up outside the lock.
    struct Ended: Sendable {
        var attachment: Attachment?
        var unsent: [Message]
        var unstarted: [InboundRequest]
        var tasks: [Task<Void, Never>]
        var calls: [(continuation: PendingCalls.Continuation, timer: ScheduledAction?)]
        var expiry: ScheduledAction?
        var startsTelling: Bool
    }

    /// Ends the session; `nil` when it has ended before.
    mutating func end(_ reason: CloseReason) -> Ended? {
        guard !hasEnded else { return nil }
        hasEnded = true
        defer {
            attachment = nil
            expiry = nil
        }
        let (unstarted, tasks) = requests.removeAll()
        return Ended(
            attachment: attachment,
            unsent: outbox.removeAll(),
            unstarted: unstarted,
            tasks: tasks,
            calls: calls.removeAll(),
            expiry: expiry,
            startsTelling: add(.closed(reason))
        )
    }
}
