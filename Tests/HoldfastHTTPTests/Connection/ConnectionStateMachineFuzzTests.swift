// SPDX-License-Identifier: Apache-2.0
import HoldfastTransport
import TestSupport
import Testing

@testable import HoldfastHTTP

/// Seeded schedules of everything that may happen to a connection, in any order, against what must always hold.
struct ConnectionStateMachineFuzzTests {
    @Test(arguments: 0..<8) func `whatever happens in whatever order, the rules hold`(group: UInt64) throws {
        for seed in group * 2500..<(group + 1) * 2500 {
            var world = World(seed: seed)
            world.run(steps: 120)
            world.finish()
            #expect(world.broken.isEmpty, "seed \(seed): \(world.broken)\n\(world.history.joined(separator: "\n"))")
            guard world.broken.isEmpty else { return }
        }
    }
}

/// A connection's surroundings: client, handlers, socket and clock, all at the mercy of a generator.
private struct World {
    /// What the client sends, in units that the parser would find.
    enum Token {
        case half
        case head(ConnectionStateMachine.Head)
        case piece
        case end
        case garbage
    }

    var machine: ConnectionStateMachine
    var random: Seeded
    var now = Duration.zero
    var broken: [String] = []
    var history: [String] = []

    var input: [Token] = []
    var midway = false
    /// Whether the client is in the middle of sending a body.
    var sendsBody = false
    var clientEnded = false
    var heads = 0, started = 0, answered = 0, outputsClosed = 0
    var handlerRuns = false
    var streams = false
    var held = 0
    var taken = 0, unsent = 0
    var isGone = false

    init(seed: UInt64) {
        random = Seeded(state: seed)
        machine = ConnectionStateMachine(limits: Limits.HTTP(), acceptedAt: .zero)
    }

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    mutating func check(_ holds: Bool, _ rule: String) {
        if !holds { broken.append(rule) }
    }

    mutating func run(steps: Int) {
        for _ in 0..<steps where broken.isEmpty && !isGone {
            step()
            invariants()
        }
    }

    mutating func step() {
        switch Int.random(in: 0..<10, using: &random) {
        case 0, 1, 2: send()
        case 3, 4: answer()
        case 5: endStream()
        case 6: socket()
        case 7: takeBody()
        case 8: wait(.milliseconds(Int.random(in: 1...12_000, using: &random)))
        default:
            if chance(10) { leaveInput() } else if chance(5) { drain() }
        }
    }

    func bytes(_ token: Token) -> Int {
        switch token {
        case .piece: 1000
        default: 50
        }
    }

    // MARK: The client

    mutating func send() {
        guard !clientEnded else { return }
        var tokens: [Token] = []
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            if sendsBody {
                if chance(30) {
                    tokens.append(.end)
                    sendsBody = false
                } else {
                    tokens.append(.piece)
                }
            } else if chance(15) {
                tokens.append(.half)
            } else if chance(2) {
                tokens.append(.garbage)
            } else {
                let hasBody = chance(40)
                let head = ConnectionStateMachine.Head(
                    hasBody: hasBody,
                    keepAlive: chance(90),
                    expectsContinue: hasBody && chance(20),
                    timeout: chance(80) ? .seconds(30) : nil
                )
                tokens.append(.head(head))
                sendsBody = hasBody
                if !head.keepAlive { break }
            }
        }
        history.append("send \(tokens.count)")
        switch machine.received(tokens.reduce(0) { $0 + bytes($1) }) {
        case .parse:
            check(machine.phase == .open, "only an open connection parses")
            input += tokens
            serve()
        case .drop: break
        case .close: isGone = true
        }
    }

    mutating func leaveInput() {
        guard !clientEnded else { return }
        history.append("end of input")
        clientEnded = true
        if machine.endInput() { isGone = true } else { serve() }
    }

    // MARK: The connection

    mutating func serve() {
        while machine.mayParse, broken.isEmpty {
            guard !input.isEmpty else {
                starve()
                return
            }
            switch input.removeFirst() {
            case .half:
                midway = true
            case .garbage:
                refuse()
            case .head(let head):
                check(machine.request == .none, "a head only between requests")
                midway = false
                heads += 1
                held = 0
                machine.headArrived(head, now)
                if !head.hasBody { start() }
            case .piece:
                machine.bodyArrived(1000, now)
                held += 1
                if held >= 3 {
                    machine.bodyHeld(now)
                    if machine.awaitsStart { start() }
                }
            case .end:
                switch machine.bodyEnded(now, hasInput: !input.isEmpty) {
                case .start: start()
                case .goOn: break
                case .next(let next): follow(next)
                }
            }
        }
    }

    mutating func starve() {
        switch machine.starved(now, midway: midway) {
        case .wait: break
        case .start: start()
        case .refuse: refuse()
        case .close: close()
        }
    }

    mutating func start() {
        history.append("start \(heads)")
        check(machine.response == .awaited, "a handler starts before its answer")
        started += 1
        check(started <= heads, "one start a request")
        machine.handlerStart()
        handlerRuns = true
    }

    mutating func refuse() {
        history.append("refuse")
        switch machine.refused() {
        case .answer, .close: close()
        case .answerForHandler:
            handlerRuns = false
            machine.responseBegan(mayDropBody: false)
            check(!machine.keepAlive, "a refusal is the last answer")
            end()
        case .tellHandler: break
        }
    }

    mutating func follow(_ next: ConnectionStateMachine.Next) {
        switch next {
        case .request: check(machine.request == .none, "the next request comes after the last")
        case .dropBody: check(machine.request == .body, "only a body under way is dropped")
        case .close: close()
        }
    }

    mutating func close() {
        input = []
        midway = false
        handlerRuns = false
        streams = false
        perform(machine.closeAfterOutput(now))
    }

    mutating func perform(_ action: ConnectionStateMachine.Output) {
        switch action {
        case .nothing: break
        case .parse: serve()
        case .closeOutput:
            outputsClosed += 1
            check(outputsClosed == 1, "the end of output is sent once")
            check(!machine.isBehind, "the end of output comes after the output")
            if clientEnded { isGone = true }
        }
    }

    // MARK: The handler

    mutating func answer() {
        guard handlerRuns, machine.response == .awaited else { return }
        handlerRuns = false
        history.append("answer")
        machine.responseBegan(mayDropBody: chance(50))
        if chance(30) { streams = true } else { end() }
        serve()
    }

    mutating func endStream() {
        guard streams else { return }
        streams = false
        history.append("end of stream")
        end()
        serve()
    }

    mutating func end() {
        answered += 1
        check(answered <= heads, "one answer a request")
        if chance(20), !machine.isBehind { fallBehind() }
        follow(machine.responseEnded(now, hasInput: !input.isEmpty))
    }

    mutating func takeBody() {
        guard handlerRuns || streams else { return }
        held = 0
        _ = machine.bodyWanted(now)
        serve()
    }

    // MARK: The socket and the clock

    mutating func fallBehind() {
        unsent = Int.random(in: 1...100_000, using: &random)
        machine.outputIsBehind(now, taken: taken)
    }

    mutating func socket() {
        guard machine.isBehind else {
            if handlerRuns || streams { fallBehind() }
            return
        }
        let some = chance(50) ? unsent : Int.random(in: 0...unsent, using: &random)
        taken += some
        unsent -= some
        if unsent == 0 {
            history.append("caught up")
            perform(machine.outputCaughtUp(now))
        }
    }

    mutating func drain() {
        history.append("drain")
        if machine.drain(hasInput: midway || !input.isEmpty) { close() }
    }

    mutating func wait(_ time: Duration) {
        let until = now + time
        while let next = machine.nextDeadline, next <= until, broken.isEmpty, !isGone {
            now = max(now, next)
            tick()
        }
        now = until
    }

    mutating func tick() {
        let expiry = machine.tick(now, unsent: unsent, taken: taken)
        if let expiry { history.append("\(expiry)") }
        switch expiry {
        case nil: break
        case .idle:
            check(machine.request == .none && unsent == 0, "idle is who waits for a request and has all answers")
            close()
        case .head:
            check(machine.request == .none, "a head is awaited between requests")
            if midway { refuse() } else { close() }
        case .body:
            check(machine.request == .body, "a body is awaited during one")
            refuse()
        case .handler:
            check(machine.response == .awaited, "a handler is awaited until it answers")
            handlerRuns = false
            machine.responseBegan(mayDropBody: false)
            end()
        case .write, .linger: isGone = true
        }
        if !isGone { serve() }
    }

    // MARK: What always holds

    mutating func invariants() {
        guard machine.phase == .open else {
            check(!machine.mayParse, "what ends is not parsed")
            if machine.phase == .lingering { check(machine.nextDeadline != nil, "lingering ends") }
            return
        }
        check((machine.request == .none) == (machine.response == .none), "no request, no response")
        if machine.request == .none {
            check(!machine.isBehind || !machine.mayParse, "a socket behind holds requests back")
            check(machine.nextDeadline != nil, "waiting for a request has an end")
        }
        check(answered + 1 >= started, "one request at a time")
    }

    /// The client takes everything, handlers answer, and says no more: the connection has to end.
    mutating func finish() {
        for _ in 0..<200 where broken.isEmpty && !isGone {
            takeBody()
            answer()
            endStream()
            if machine.isBehind {
                taken += unsent
                unsent = 0
                perform(machine.outputCaughtUp(now))
            }
            wait(.seconds(10))
            invariants()
        }
        check(isGone || !broken.isEmpty, "every connection ends, not in \(machine.phase)")
    }
}
