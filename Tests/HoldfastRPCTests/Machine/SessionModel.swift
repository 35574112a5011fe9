// SPDX-License-Identifier: Apache-2.0
import HoldfastTransport
import NIOCore
import Testing

@testable import HoldfastRPC

/// A session's machine in a world that plays everything around it, and checks after each step what must always hold.
///
/// A value, so that a search can go on from any state in several ways.
struct SessionModel: Sendable {
    /// What can happen; a number names a link, or which of several.
    enum Step: Hashable, Sendable {
        case attach(Int)
        case cut(Int)
        /// The link takes one message.
        case take(Int)
        case notify
        case control(Int)
        case greet(Int)
        case request(serial: Bool)
        case finish(Int)
        case release(Int)
        case suspend(Int)
        case resume(Int)
        case call
        case answer(Int)
        case event
        case tell
        case advance
        case end(cancelling: Bool)
    }

    /// A broken rule, and how it came to that.
    struct Broken: Error, CustomStringConvertible {
        let rule: String
        let steps: [Step]
        var description: String { "\(rule) after \(steps)" }
    }

    struct Link: Sendable {
        var attachment: HoldfastRPC.Attachment?
        var isToClose = false
        var isClosed = false
        /// The number of the last message of its own that it has taken, of either kind.
        var last: [String: Int] = [:]
    }

    private struct Running: Sendable {
        let ticket: UInt64
        let number: Int
        let isSerial: Bool
        var isReleased = false
        var suspensions = 0
        var holdsBack: Bool { isSerial && !isReleased && suspensions == 0 }
    }

    private(set) var machine: SessionMachine
    private let stage: Stage
    private(set) var links: [Link]
    private var now = Duration.zero
    private var sent = 0
    private var asked = 0
    private var running: [Running] = []
    private var waiting: [Int] = []
    private var lastStarted = 0
    private var answered: Set<Int> = []
    private var calls: Set<Int64> = []
    private var nextCall: Int64 = 0
    private var isTelling = false
    private var isAway = false
    private var hasEnded = false
    private var wasForgotten = false
    private var controls = 0
    private var serial: Set<Int> = []
    /// What the client has to get, in order, and how much of it it has.
    private var said: [String] = []
    private var heard = 0
    private var hasHeardBye = false
    private(set) var steps: [Step] = []

    init(_ stage: Stage, links count: Int, limits: Limits.RPC) {
        self.stage = stage
        machine = SessionMachine(limits: limits, reconnectionTimeout: .seconds(10))
        links = Array(repeating: Link(), count: count)
    }

    // MARK: Steps

    /// The steps that make sense now.
    var enabled: [Step] {
        var steps: [Step] = []
        for (index, link) in links.enumerated() where !link.isClosed {
            if !link.isToClose { steps.append(.attach(index)) }
            if link.attachment != nil {
                steps += [.cut(index), .take(index), .control(index), .greet(index)]
            }
        }
        steps += [.notify, .request(serial: true), .request(serial: false), .call, .event, .advance]
        for index in running.indices {
            steps += [.finish(index), .release(index), .suspend(index)]
            if running[index].suspensions > 0 { steps.append(.resume(index)) }
        }
        if !calls.isEmpty { steps.append(.answer(calls.count - 1)) }
        if isTelling { steps.append(.tell) }
        steps += [.end(cancelling: true), .end(cancelling: false)]
        return steps
    }

    mutating func perform(_ step: Step) throws {
        steps.append(step)
        switch step {
        case .attach(let index): try attach(index)
        case .cut(let index): try cut(index)
        case .take(let index): try take(index)
        case .notify:
            sent += 1
            let text = "n\(sent)"
            if case .sent = machine.send(Message(text), .notification, now) { said.append(text) }
        case .control(let index): try control(index, isGreeting: false)
        case .greet(let index): try control(index, isGreeting: true)
        case .request(let isSerial): try request(isSerial)
        case .finish(let index): try finish(index)
        case .release(let index):
            running[index].isReleased = true
            try start(machine.release(running[index].ticket))
        case .suspend(let index):
            running[index].suspensions += 1
            try start(machine.suspend(running[index].ticket))
        case .resume(let index):
            running[index].suspensions -= 1
            machine.requests.resume(running[index].ticket)
        case .call: call()
        case .answer(let index):
            let number = calls.sorted()[index]
            try check(machine.calls.answered(number), "a call waits for its answer until it has one")
            calls.remove(number)
        case .event: try interpret(machine.add(.reconnected))
        case .tell: try tell()
        case .advance:
            now += .seconds(4)
            try interpret(machine.tick(now))
        case .end(let cancelling):
            try interpret(machine.end(CloseReason(.normalClosure), farewell: "bye", cancelling: cancelling))
        }
        try checkInvariants()
    }

    private mutating func attach(_ index: Int) throws {
        controls += 1
        let answer = Message("control \(index) \(controls)")
        guard
            let (attachment, actions) = machine.attach(
                stage.connections[index],
                answer: answer,
                now,
                make: stage.make(index)
            )
        else { return try check(hasEnded, "only a session that has ended cannot be attached") }
        links[index].attachment = attachment
        try interpret(actions)
        try check(machine.link?.attachment === attachment, "the session has the connection that came last")
    }

    private mutating func cut(_ index: Int) throws {
        guard let attachment = links[index].attachment else { return }
        links[index].isClosed = true
        links[index].attachment = nil
        try interpret(machine.detach(attachment.generation, CloseReason(.abnormalClosure), now))
        try check(machine.link?.attachment !== attachment, "no session has a dead connection")
    }

    private mutating func take(_ index: Int) throws {
        guard let attachment = links[index].attachment else { return }
        let isCurrent = machine.link?.attachment === attachment
        guard let text = machine.take(attachment.generation)?.text else { return }
        try check(isCurrent, "a connection that lost the session gets nothing more of it")
        try check(!hasHeardBye, "nothing comes after the farewell")
        let words = text.split(separator: " ")
        if words.count == 3 {
            let number = Int(words[2]) ?? 0
            try check(words[1] == "\(index)", "what belongs to a connection goes nowhere else: \(text)")
            let last = links[index].last.updateValue(number, forKey: String(words[0])) ?? 0
            try check(number > last, "and goes out in order: \(text)")
        } else if text == "bye" {
            try check(heard == said.count, "the farewell comes last")
            hasHeardBye = true
        } else {
            try check(
                heard < said.count && said[heard] == text,
                "messages arrive in order, none twice, none lost: \(text)"
            )
            heard += 1
        }
    }

    private mutating func control(_ index: Int, isGreeting: Bool) throws {
        guard let attachment = links[index].attachment else { return }
        controls += 1
        let message = Message("\(isGreeting ? "greeting" : "control") \(index) \(controls)")
        try interpret(
            isGreeting
                ? machine.sendGreeting(message, attachment.generation)
                : machine.sendControl(message, attachment.generation)
        )
    }

    private mutating func request(_ isSerial: Bool) throws {
        asked += 1
        let request = stage.request(asked)
        if isSerial { serial.insert(asked) }
        var actions: [SessionMachine.Action] = []
        switch machine.admit(request, blocks: isSerial, now, &actions) {
        case .start(let ticket): try start([.init(ticket: ticket, request: request)])
        case .waits: waiting.append(asked)
        case .repeated, .answered, .violation: try check(false, "ids are not repeated here")
        case .refused: break
        case .ended: try check(hasEnded, "only a session that has ended takes no requests")
        }
    }

    private mutating func start(_ starts: [SessionMachine.Start]) throws {
        for start in starts {
            let number = start.request.id?.number ?? 0
            try check(!hasEnded, "nothing starts in a session that has ended")
            try check(!isTelling, "nothing starts while the application is told")
            try check(number > lastStarted, "requests start in the order they came: \(number)")
            try check(!running.contains { $0.holdsBack }, "nothing starts beside a serial request: \(number)")
            lastStarted = number
            waiting.removeAll { $0 == number }
            running.append(Running(ticket: start.ticket, number: number, isSerial: serial.contains(number)))
        }
    }

    private mutating func finish(_ index: Int) throws {
        let request = running.remove(at: index)
        let text = "a\(request.number)"
        let finish = machine.finish(request.ticket, answer: Message(text), to: nil, now)
        try check(answered.insert(request.number).inserted, "one answer for each request")
        if !hasEnded, !finish.isFull { said.append(text) }
        try start(finish.starts)
        if finish.isFull {
            try interpret(
                machine.end(CloseReason(.slowConsumer), closing: CloseReason(.slowConsumer), cancelling: true)
            )
        }
    }

    private mutating func call() {
        nextCall += 1
        let text = "call\(nextCall)"
        if case .success = machine.call(nextCall, Message(text), timeout: .seconds(6), now) {
            calls.insert(nextCall)
            said.append(text)
        }
    }

    private mutating func tell() throws {
        let (event, actions) = machine.nextEvent()
        if event == nil { isTelling = false }
        try interpret(actions)
    }

    private mutating func interpret(_ actions: [SessionMachine.Action]) throws {
        for action in actions {
            switch action {
            case .wake(let attachment):
                try check(machine.link?.attachment === attachment, "only the session's connection is woken")
            case .close(let attachment, _):
                for index in links.indices where links[index].attachment === attachment {
                    links[index].isToClose = true
                }
            case .start(let start): try self.start([start])
            case .tell:
                try check(!isTelling, "one tells at a time")
                isTelling = true
            case .fail(let call, _): try check(calls.remove(call) != nil, "a call fails once, and not when answered")
            case .refuse(let requests):
                for request in requests { waiting.removeAll { $0 == request.id?.number } }
            case .cancel, .room: break
            case .reply: try check(false, "only agreed sessions say goodbye to a connection they leave")
            case .away(let isAway):
                try check(self.isAway != isAway, "the client leaves and comes in turn")
                self.isAway = isAway
            case .forget:
                try check(!wasForgotten, "a session ends once")
                wasForgotten = true
                hasEnded = true
            }
        }
    }

    // MARK: Rules

    private func check(_ holds: Bool, _ rule: @autoclosure () -> String) throws {
        if !holds { throw Broken(rule: rule(), steps: steps) }
    }

    private func checkInvariants() throws {
        try check(machine.hasEnded == hasEnded, "an end is told")
        if hasEnded {
            try check(machine.nextDeadline == nil, "no timer after the end")
            try check(calls.isEmpty, "every call has its outcome at the end")
            try check(waiting.isEmpty, "nothing waits in a session that has ended")
            return
        }
        if machine.link != nil {
            try check((machine.nextDeadline != nil) == !calls.isEmpty, "no timer while nothing waits")
            try check(!isAway, "a client with a connection is not away")
        } else if machine.away != nil {
            try check(
                machine.nextDeadline == machine.away?.expiresAt,
                "while the client is away only its return is waited for"
            )
            try check(isAway, "an away client is noted")
        }
        try check(machine.ledger.bytes <= machine.limits.outbox.bytes || machine.ledger.count == 1, "bounded bytes out")
        try check(machine.ledger.count <= machine.limits.outbox.messages, "bounded messages out")
        try check(machine.requests.waitingCount <= machine.limits.waiting, "bounded requests")
        try check(machine.requests.runningCount == running.count, "what runs is known")
        try check(machine.requests.waitingCount == waiting.count, "what waits is known")
    }
}

extension SessionMachine.Action {
    var isClose: Bool {
        if case .close = self { true } else { false }
    }
}
