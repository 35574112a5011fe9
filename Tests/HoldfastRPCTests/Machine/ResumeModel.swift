// SPDX-License-Identifier: Apache-2.0
import DequeModule
import HoldfastTransport
import NIOCore

@testable import HoldfastRPC

/// A session that loses nothing, its client, and the links between them, which may break at any moment; what happens is compared with
/// what was promised.
struct ResumeModel: Sendable {
    enum Step: Sendable, CustomStringConvertible {
        /// The client dials, and asks for its session on the new link; it leaves the one before unless it moves.
        case connect(isMove: Bool)
        /// The client's next message reaches the server.
        case arriveUp(Int)
        /// The server's connection takes a message, which is on its way from then on.
        case take(Int)
        case arriveDown(Int)
        /// The link is gone with all that was on its way.
        case cut(Int)
        case notify
        case ask
        case finish
        case advance

        var description: String {
            switch self {
            case .connect(let isMove): isMove ? "move" : "connect"
            case .arriveUp(let index): "arriveUp(\(index))"
            case .take(let index): "take(\(index))"
            case .arriveDown(let index): "arriveDown(\(index))"
            case .cut(let index): "cut(\(index))"
            case .notify: "notify"
            case .ask: "ask"
            case .finish: "finish"
            case .advance: "advance"
            }
        }
    }

    struct Broken: Error, CustomStringConvertible {
        let rule: String
        let steps: [Step]
        var description: String { "\(rule) after \(steps.map(\.description).joined(separator: " "))" }
    }

    private enum Up: Sendable {
        case connect(ResumeOffer)
        case request(Int, MessageCounters)
        case acknowledgement(UInt64)
        case askToAcknowledge
    }

    private struct Link: Sendable {
        var up: Deque<Up> = []
        var down: Deque<Message> = []
        var attachment: Attachment?
        var isCut = false
        /// The client listens no more; what it sent is on its way still.
        var isLeft = false
        var isOpen = false
    }

    private struct Answer: Sendable {
        let received: UInt64
        let next: UInt64
        let gaps: [ClosedRange<UInt64>]
        let token: String
    }

    private let stage: Stage
    private let limits: Limits.RPC
    private let scanner = EnvelopeScanner()
    private var links: [Link] = []
    private let linkLimit: Int
    private(set) var machine: SessionMachine
    private var now = Duration.zero
    private var steps: [Step] = []
    private var answers: [Answer] = []
    private var tokens = 0
    private var running: [RequestQueue<InboundRequest>.Ticket] = []
    /// What the server's application said, by number; and what it was asked.
    private var said: [UInt64: String] = [:]
    private var taken = 0
    // The client.
    private var ledger = Ledger()
    private var window: ReceiveWindow
    private var asked = 0
    private var attempt: UInt64 = 1
    private var token = "t0"
    private var current: Int?
    private(set) var received = 0
    private var has: Set<UInt64> = []
    private(set) var missing = 0

    init(_ stage: Stage, links: Int, limits: Limits.RPC) throws {
        self.stage = stage
        self.limits = limits
        linkLimit = links
        let options = RPCOptions.Resume(window: .seconds(100_000))
        machine = SessionMachine(limits: limits, reconnectionTimeout: .seconds(100_000), resume: options)
        window = ReceiveWindow(policy: AckPolicy(), limits: limits.outbox)
        var link = Link()
        guard let (attachment, _) = machine.attach(stage.connections[0], now, make: stage.make(0)) else {
            throw Broken(rule: "a new session is attached", steps: [])
        }
        let offer = ResumeOffer(attempt: 1, buffer: nil, isDedup: false, back: nil)
        guard machine.negotiate(offer, attachment.generation, epoch: "e", token: token, now) else {
            throw Broken(rule: "a new session agrees", steps: [])
        }
        link.attachment = attachment
        link.isOpen = true
        self.links = [link]
        current = 0
    }

    // MARK: Steps

    /// The steps that make sense now.
    var enabled: [Step] {
        var steps: [Step] = []
        if links.count < linkLimit {
            steps.append(.connect(isMove: false))
            if current != nil { steps.append(.connect(isMove: true)) }
        }
        for (index, link) in links.enumerated() where !link.isCut {
            if !link.up.isEmpty { steps.append(.arriveUp(index)) }
            if link.attachment != nil, machine.link?.attachment === link.attachment { steps.append(.take(index)) }
            if !link.down.isEmpty { steps.append(.arriveDown(index)) }
            steps.append(.cut(index))
        }
        steps += [.notify, .advance]
        if asked + 1 < stage.requestCount { steps.append(.ask) }
        if !running.isEmpty { steps.append(.finish) }
        return steps
    }

    mutating func perform(_ step: Step) throws {
        steps.append(step)
        switch step {
        case .connect(let isMove): connect(isMove)
        case .arriveUp(let index): try arriveUp(index)
        case .take(let index): take(index)
        case .arriveDown(let index): try arriveDown(index)
        case .cut(let index): try cut(index)
        case .notify: try say("n")
        case .ask: ask()
        case .finish: try finish()
        case .advance:
            now += .milliseconds(1100)
            try interpret(machine.tick(now))
            if let current, window.isDue(now) { links[current].up.append(.acknowledgement(window.tell())) }
        }
        try check(machine.ledger.count <= limits.outbox.messages, "what is kept is bounded")
        try check(machine.ledger.bytes <= limits.outbox.bytes, "in bytes, too")
    }

    /// Lets everything arrive over a link that lasts.
    mutating func settle() throws {
        for index in links.indices where !links[index].isCut { try perform(.cut(index)) }
        try perform(.connect(isMove: false))
        let last = links.count - 1
        for _ in 0..<2_000 {
            if !links[last].up.isEmpty {
                try perform(.arriveUp(last))
            } else if !links[last].down.isEmpty {
                try perform(.arriveDown(last))
            } else if !running.isEmpty {
                try perform(.finish)
            } else {
                let before = links[last].down.count
                try perform(.take(last))
                if links[last].down.count == before {
                    if ledger.count == 0, machine.ledger.count == 0 { break }
                    try perform(.advance)
                }
            }
        }
        try check(taken == asked, "every request arrived: \(taken) of \(asked)")
        try check(UInt64(received + missing) == machine.ledger.end, "every message arrived, or is known to be missing")
    }

    // MARK: The client

    private mutating func connect(_ isMove: Bool) {
        attempt += 1
        if !isMove { current = nil }
        // One attempt at a time.
        for index in links.indices where index != current { links[index].isLeft = true }
        var link = Link()
        let back = ResumeOffer.Return(
            epoch: "e",
            token: token,
            received: window.received,
            sent: ledger.end,
            isMove: isMove
        )
        link.up.append(.connect(ResumeOffer(attempt: attempt, buffer: nil, isDedup: false, back: back)))
        links.append(link)
    }

    private mutating func ask() {
        guard ledger.hasRoom(for: 1, .answer, limits: limits.outbox) else { return }
        asked += 1
        ledger.append("r", .answer)
        if let current { send(after: ledger.end - 1, over: current) }
    }

    private mutating func send(after cursor: UInt64, over index: Int) {
        var cursor = cursor
        while let entry = ledger.next(after: cursor) {
            cursor = entry.number
            let counters = MessageCounters(sequence: entry.number, received: window.tell())
            links[index].up.append(.request(Int(entry.number), counters))
        }
    }

    private mutating func arriveDown(_ index: Int) throws {
        guard let message = links[index].down.popFirst(), !links[index].isLeft else { return }
        if message.text.hasPrefix("A") {
            let answer = answers[Int(message.text.dropFirst()) ?? 0]
            if let current { links[current].isLeft = true }
            current = index
            links[index].isOpen = true
            token = answer.token
            for gap in window.miss(answer.gaps) {
                missing += gap.count
                for number in gap { try check(!has.contains(number), "only what did not come is missing: \(number)") }
            }
            try check(answer.next <= window.received + 1, "nothing is missing that is not named")
            ledger.acknowledge(answer.received)
            _ = window.tellAll()
            return send(after: answer.received, over: index)
        }
        let envelope = scanner.scan(message.payload)
        guard case .call(let call) = envelope else { return try check(false, "a message: \(message)") }
        if call.method == "rpc.ack" {
            ledger.acknowledge(UInt64(call.params?.json["rcv"]?.int ?? 0))
        } else if call.method == "rpc.ackNow" {
            links[index].up.append(.acknowledgement(window.tell()))
        } else if let sequence = envelope.counters.sequence {
            if let received = envelope.counters.received {
                try check(received <= ledger.end, "nothing is acknowledged that was not sent")
                ledger.acknowledge(received)
            }
            switch window.accept(sequence, bytes: message.count, now) {
            case .new:
                try check(said[sequence] == call.method, "message \(sequence) is \(said[sequence] ?? "none")")
                received += 1
                try check(has.insert(sequence).inserted, "nothing comes twice")
                if window.isDue(now), let current { links[current].up.append(.acknowledgement(window.tell())) }
            case .repeated: break
            case .violation(let reason): try check(false, "the client sees a violation: \(reason)")
            }
        }
    }

    // MARK: The server

    private mutating func arriveUp(_ index: Int) throws {
        guard let message = links[index].up.popFirst() else { return }
        switch message {
        case .connect(let offer): try attach(offer, index)
        case .request(let number, let counters):
            let request = stage.request(number, over: index, counters)
            var actions: [SessionMachine.Action] = []
            let admission = machine.admit(request, blocks: true, now, &actions)
            try interpret(actions)
            switch admission {
            case .start(let ticket): running.append(ticket)
            case .waits: break
            case .refused: try say("e")
            case .repeated: return try check(number <= taken, "what is dropped has been taken")
            case .violation(let reason): try check(false, "the server sees a violation: \(reason)")
            case .ended, .answered: try check(false, "the session lives and counts")
            }
            taken += 1
            try check(number == taken, "requests arrive once and in order: \(number)")
        case .acknowledgement(let number):
            var actions: [SessionMachine.Action] = []
            let acceptance = machine.accept(
                MessageCounters(received: number),
                bytes: 0,
                isCounted: false,
                over: stage.connections[index],
                now,
                &actions
            )
            if case .violation(let reason) = acceptance { try check(false, "an ack is a violation: \(reason)") }
            try interpret(actions)
        case .askToAcknowledge: try interpret(machine.sendAck())
        }
    }

    private mutating func attach(_ offer: ResumeOffer, _ index: Int) throws {
        tokens += 1
        let token = "t\(tokens)"
        var answer: Answer?
        let name = "A\(answers.count)"
        let result = machine.attach(
            stage.connections[index],
            offer,
            token: token,
            now,
            answer: { machine, _, gaps in
                let next = machine.ledger.next(after: machine.ledger.acked)?.number ?? machine.ledger.end + 1
                answer = Answer(received: machine.resume?.window.received ?? 0, next: next, gaps: gaps, token: token)
                return Message(name)
            },
            make: stage.make(index)
        )
        switch result {
        case .attached(let attachment, let actions):
            if let answer { answers.append(answer) }
            links[index].attachment = attachment
            try interpret(actions)
        case .superseded:
            try check(offer.attempt < attempt, "only an attempt that was given up is superseded")
            try cut(index)
        case .impossible(let reason): try check(false, "an honest client is refused: \(reason)")
        case .unknown:
            try check(offer.attempt < attempt || links[index].isLeft, "an honest client knows the secret")
            try cut(index)
        }
    }

    private mutating func take(_ index: Int) {
        guard let attachment = links[index].attachment, let message = machine.take(attachment.generation) else {
            return
        }
        links[index].down.append(message)
    }

    private mutating func cut(_ index: Int) throws {
        links[index].isCut = true
        links[index].up = []
        links[index].down = []
        if current == index { current = nil }
        if let attachment = links[index].attachment {
            try interpret(machine.detach(attachment.generation, CloseReason(.abnormalClosure), now))
        }
    }

    private mutating func say(_ word: String) throws {
        let number = machine.ledger.end + 1
        let text = Message(text: EnvelopeWriter.notification(method: "\(word)\(number)"))
        switch machine.send(text, .notification, now) {
        case .sent:
            said[number] = "\(word)\(number)"
        case .waits, .full: break
        case .expired, .ended: try check(false, "the session does not end")
        }
    }

    private mutating func finish() throws {
        let ticket = running.removeFirst()
        let number = machine.ledger.end + 1
        let text = Message(text: EnvelopeWriter.notification(method: "a\(number)"))
        let finish = machine.finish(ticket, answer: text, to: nil, now)
        if !finish.isFull { said[number] = "a\(number)" }
        running += finish.starts.map(\.ticket)
    }

    private mutating func interpret(_ actions: [SessionMachine.Action]) throws {
        for action in actions {
            switch action {
            case .start(let start): running.append(start.ticket)
            case .forget: try check(false, "the session does not end")
            case .close(let attachment, _):
                // What it has is on its way still; nothing more comes.
                for index in links.indices where links[index].attachment === attachment { links[index].up += [] }
            case .tell:
                while machine.nextEvent().event != nil {}
            default: break
            }
        }
    }

    private func check(_ holds: Bool, _ rule: @autoclosure () -> String) throws {
        if !holds { throw Broken(rule: rule(), steps: steps) }
    }
}
