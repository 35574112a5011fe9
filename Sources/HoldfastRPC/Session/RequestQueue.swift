// SPDX-License-Identifier: Apache-2.0
internal import DequeModule

/// Decides which of a session's requests run, and when: one at a time in the order they came, unless a request lifts that.
///
/// A request that *blocks* holds back all that came after it until it has finished. A request that does not block waits for the
/// blocking ones before it, then runs beside whatever comes next. Pure: nothing happens here but bookkeeping.
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

    private struct Running: Sendable {
        let ticket: Ticket
        let request: Request
        var blocks: Bool
        var isAnswered = false
        var task: Task<Void, Never>?
    }

    private struct Waiting: Sendable {
        let request: Request
        let blocks: Bool
    }

    private var running: [Running] = []
    private var waiting: Deque<Waiting> = []
    private var nextTicket: Ticket = 0
    private var blockers = 0

    /// While closed, nothing starts.
    private(set) var isOpen = true

    var isIdle: Bool { running.isEmpty && waiting.isEmpty }
    var runningCount: Int { running.count }
    var waitingCount: Int { waiting.count }

    /// Takes a request in.
    mutating func admit(_ request: Request, blocks: Bool, runningLimit: Int, waitingLimit: Int) -> Admission {
        if waiting.isEmpty, mayStart(limit: runningLimit) {
            return .start(begin(request, blocks: blocks, task: nil))
        }
        guard waiting.count < waitingLimit else { return .overloaded }
        waiting.append(Waiting(request: request, blocks: blocks))
        return .queued
    }

    /// A request in flight for which `matches` holds; answered ones are no longer in flight.
    func firstInFlight(where matches: (Request) -> Bool) -> Request? {
        running.first { !$0.isAnswered && matches($0.request) }?.request
            ?? waiting.first { matches($0.request) }?.request
    }

    /// Remembers the task of a request, so that ``removeAll()`` hands it back.
    mutating func setTask(_ task: Task<Void, Never>, of ticket: Ticket) {
        guard let index = index(of: ticket) else { return }
        running[index].task = task
    }

    /// Notes that the answer has been given while the handler still runs.
    mutating func markAnswered(_ ticket: Ticket) {
        guard let index = index(of: ticket) else { return }
        running[index].isAnswered = true
    }

    /// Lets the requests behind `ticket` start although it still runs.
    mutating func release(_ ticket: Ticket, runningLimit: Int) -> [Start] {
        guard let index = index(of: ticket), running[index].blocks else { return [] }
        running[index].blocks = false
        blockers -= 1
        return startable(limit: runningLimit)
    }

    /// Ends a request and tells which start now.
    ///
    /// The first of them inherits the task, which goes on with it.
    mutating func finish(_ ticket: Ticket, runningLimit: Int) -> [Start] {
        guard let index = index(of: ticket) else { return [] }
        let finished = running.remove(at: index)
        if finished.blocks { blockers -= 1 }
        return waiting.isEmpty ? [] : startable(limit: runningLimit, inheriting: finished.task)
    }

    /// Keeps requests waiting until ``open(runningLimit:)``.
    mutating func close() {
        isOpen = false
    }

    /// Lets requests start again.
    mutating func open(runningLimit: Int) -> [Start] {
        isOpen = true
        return waiting.isEmpty ? [] : startable(limit: runningLimit)
    }

    /// Forgets everything: the requests that never started, and the tasks of those that did.
    mutating func removeAll() -> (unstarted: [Request], tasks: [Task<Void, Never>]) {
        defer {
            running = []
            waiting = []
            blockers = 0
        }
        return (waiting.map(\.request), running.compactMap(\.task))
    }

    private func index(of ticket: Ticket) -> Int? {
        running.firstIndex { $0.ticket == ticket }
    }

    private func mayStart(limit: Int) -> Bool {
        isOpen && blockers == 0 && running.count < limit
    }

    private mutating func begin(_ request: Request, blocks: Bool, task: Task<Void, Never>?) -> Ticket {
        nextTicket &+= 1
        running.append(Running(ticket: nextTicket, request: request, blocks: blocks, task: task))
        if blocks { blockers += 1 }
        return nextTicket
    }

    private mutating func startable(limit: Int, inheriting task: Task<Void, Never>? = nil) -> [Start] {
        var starts: [Start] = []
        while mayStart(limit: limit), let next = waiting.popFirst() {
            let ticket = begin(next.request, blocks: next.blocks, task: starts.isEmpty ? task : nil)
            starts.append(Start(ticket: ticket, request: next.request))
        }
        return starts
    }
}
