// SPDX-License-Identifier: Apache-2.0
internal import DequeModule

/// Decides which of a session's requests run, and when: one at a time in the order they came, unless a request lifts that.
///
/// A request is accepted when it finds room here, and started when its turn has come. One that *blocks* holds back all that came after
/// it until it has finished. One that does not block waits for the blocking ones before it, then runs beside whatever comes next. Pure.
struct RequestQueue<Request: Sendable>: Sendable {
    /// Names a running request.
    typealias Ticket = UInt64

    /// A request whose turn has come.
    struct Start: Sendable {
        let ticket: Ticket
        let request: Request
    }

    /// What became of a request that arrived.
    enum Admission: Sendable {
        case start(Ticket)
        case queued
        case overloaded
    }

    /// Why nothing starts at present.
    struct Holds: OptionSet, Sendable {
        let rawValue: UInt8
        /// The application is being told of events.
        static var events: Holds { Holds(rawValue: 1) }
        /// The client acknowledges too little: there would be no room for answers.
        static var backPressure: Holds { Holds(rawValue: 2) }
    }

    /// How much a queue takes.
    struct Limits: Sendable {
        var running: Int
        var waiting: Int
        /// Of the requests that run or wait; a single one may be larger.
        var bytes: Int
    }

    private struct Running: Sendable {
        let ticket: Ticket
        let request: Request
        let bytes: Int
        /// Whether it holds back what came after it, unless it waits for its own client.
        var blocks: Bool
        var isAnswered = false
        /// The calls of its own client that it waits for.
        var suspensions = 0
        var task: Task<Void, Never>?

        var holdsBack: Bool { blocks && suspensions == 0 }
    }

    private struct Waiting: Sendable {
        let request: Request
        let bytes: Int
        let blocks: Bool
    }

    private var running: [Running] = []
    /// Requests that a task has gone on to before it was known.
    private var heirs: [Ticket: Ticket] = [:]
    private var waiting: Deque<Waiting> = []
    private var nextTicket: Ticket = 0
    private var blockers = 0
    /// The bytes of all requests that run or wait.
    private(set) var bytes = 0
    private(set) var holds: Holds = []

    var isIdle: Bool { running.isEmpty && waiting.isEmpty }
    var runningCount: Int { running.count }
    var waitingCount: Int { waiting.count }

    /// Takes a request in.
    mutating func admit(_ request: Request, bytes size: Int, blocks: Bool, limits: Limits) -> Admission {
        guard bytes == 0 || size <= limits.bytes - bytes else { return .overloaded }
        if waiting.isEmpty, mayStart(limit: limits.running) {
            bytes += size
            return .start(begin(request, bytes: size, blocks: blocks))
        }
        guard waiting.count < limits.waiting else { return .overloaded }
        bytes += size
        waiting.append(Waiting(request: request, bytes: size, blocks: blocks))
        return .queued
    }

    /// A request in flight for which `matches` holds; answered ones are no longer in flight.
    func firstInFlight(where matches: (Request) -> Bool) -> Request? {
        running.first { !$0.isAnswered && matches($0.request) }?.request
            ?? waiting.first { matches($0.request) }?.request
    }

    /// Remembers the task of a request, so that ``removeAll()`` hands it back; `false` when the request is over.
    mutating func setTask(_ task: Task<Void, Never>, of ticket: Ticket) -> Bool {
        var ticket = ticket
        while let heir = heirs.removeValue(forKey: ticket) { ticket = heir }
        guard let index = index(of: ticket) else { return false }
        running[index].task = task
        return true
    }

    /// Notes that the answer has been given while the handler still runs.
    mutating func markAnswered(_ ticket: Ticket) {
        guard let index = index(of: ticket) else { return }
        running[index].isAnswered = true
    }

    /// Lets the requests behind `ticket` start although it still runs.
    mutating func release(_ ticket: Ticket, limits: Limits) -> [Start] {
        guard let index = index(of: ticket), running[index].blocks else { return [] }
        if running[index].holdsBack { blockers -= 1 }
        running[index].blocks = false
        return startable(limit: limits.running)
    }

    /// Lets the requests behind `ticket` start until ``resume(_:)``, which has to follow once for each time.
    mutating func suspend(_ ticket: Ticket, limits: Limits) -> [Start] {
        guard let index = index(of: ticket) else { return [] }
        if running[index].holdsBack { blockers -= 1 }
        running[index].suspensions += 1
        return startable(limit: limits.running)
    }

    /// Lets `ticket` hold back again what has not started.
    mutating func resume(_ ticket: Ticket) {
        guard let index = index(of: ticket), running[index].suspensions > 0 else { return }
        running[index].suspensions -= 1
        if running[index].holdsBack { blockers += 1 }
    }

    /// Ends a request and tells which start now.
    ///
    /// The last of them inherits the task, which goes on with it once the others have been started.
    mutating func finish(_ ticket: Ticket, limits: Limits) -> [Start] {
        guard let index = index(of: ticket) else { return [] }
        let finished = running.remove(at: index)
        bytes -= finished.bytes
        if finished.holdsBack { blockers -= 1 }
        let starts = startable(limit: limits.running)
        if let last = starts.last {
            if let task = finished.task { running[running.count - 1].task = task } else { heirs[ticket] = last.ticket }
        }
        return starts
    }

    /// Keeps requests waiting until this hold is lifted.
    mutating func hold(_ hold: Holds) {
        holds.insert(hold)
    }

    /// Lifts a hold; with none left requests start again.
    mutating func lift(_ hold: Holds, limits: Limits) -> [Start] {
        holds.remove(hold)
        return startable(limit: limits.running)
    }

    /// Forgets everything: the requests that never started, those that did, and their tasks.
    mutating func removeAll() -> (unstarted: [Request], started: [Request], tasks: [Task<Void, Never>]) {
        defer {
            running = []
            waiting = []
            blockers = 0
            bytes = 0
        }
        return (waiting.map(\.request), running.map(\.request), running.compactMap(\.task))
    }

    private func index(of ticket: Ticket) -> Int? {
        running.firstIndex { $0.ticket == ticket }
    }

    private func mayStart(limit: Int) -> Bool {
        holds.isEmpty && blockers == 0 && running.count < limit
    }

    private mutating func begin(_ request: Request, bytes: Int, blocks: Bool) -> Ticket {
        nextTicket &+= 1
        running.append(Running(ticket: nextTicket, request: request, bytes: bytes, blocks: blocks))
        if blocks { blockers += 1 }
        return nextTicket
    }

    private mutating func startable(limit: Int) -> [Start] {
        guard !waiting.isEmpty else { return [] }
        var starts: [Start] = []
        while mayStart(limit: limit), let next = waiting.popFirst() {
            let ticket = begin(next.request, bytes: next.bytes, blocks: next.blocks)
            starts.append(Start(ticket: ticket, request: next.request))
        }
        return starts
    }
}
