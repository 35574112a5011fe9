// SPDX-License-Identifier: Apache-2.0
import HoldfastTransport
import Logging
import NIOCore
import Synchronization
import TestSupport

@testable import HoldfastClient
@testable import HoldfastRPC

/// A client's machine and a server's service, with a network between them that does what a seed says.
///
/// Links keep their order. Each may be cut, with what is under way; either side may hear of that late; what a client has sent over a
/// link that it has left may arrive later than all it has sent since.
final class Pair {
    /// One link, and what is under way over it.
    private final class Wire {
        let server: MessageConnection
        var up: [ByteBuffer] = []
        var isCut = false
        /// What the server hears once nothing is under way any more.
        var serverHears: CloseReason?
        /// What the client has not heard yet.
        var clientHears: CloseReason?

        init(_ server: MessageConnection) { self.server = server }
    }

    private final class Link: MessageLink {
        func outboundReady() {}
        func setReading(_ reading: Bool) {}
        var executor: (any TaskExecutor)? { nil }
    }

    /// What the server has seen.
    final class Seen: Sendable {
        let served = Mutex<[Int]>([])
        let answered = Mutex<[Int]>([])
        let sessions = Mutex<[String: RPCSession]>([:])
    }

    /// What else happens than that links break.
    enum Trouble: Sendable {
        case none
        /// The client's program is killed, at any moment, and started again.
        case kills
        /// The server keeps few messages, and names those that it drops.
        case overflow
    }

    private let trouble: Trouble
    private let scheduler = ManualScheduler()
    private let service: RPCService
    private let seen = Seen()
    private let scanner = EnvelopeScanner()
    private let settings: ClientMachine.Settings
    private let heartbeat: Duration?
    private var machine: ClientMachine
    /// What the program has kept.
    private var record: [UInt8]?
    /// After how many more actions the program is killed.
    private var killIn: Int?
    private(set) var kills = 0
    /// How much had happened in the runs of the program before this one.
    private var eventsBefore = 0
    private var random: Seeded
    private var dialing: [Int] = []
    private var wires: [(number: Int, wire: Wire)] = []
    /// Requests of the server that wait for the client's answer.
    private var asked: [(Envelope.ID, Int)] = []

    private(set) var sentUp = 0
    private(set) var sentDown = 0
    /// What the client's application has got, in this run of its program.
    private(set) var received: [Int] = []
    /// The same in all runs before it, and what it has been told is missing.
    private(set) var receivedBefore: Set<Int> = []
    private(set) var missing: Set<Int> = []
    /// What the client has taken from its application for good.
    private(set) var taken: Set<Int> = []
    private var notices: [Int: Int] = [:]
    private(set) var events: [RPCClientEvent] = []
    private(set) var moves = 0
    private(set) var failures: [RPCClientError] = []
    private var calls: [Int: Int] = [:]
    private var openCalls = 0
    private(set) var askedDown: Set<Int> = []
    private let isLogged: Bool
    private(set) var log: [String] = []

    /// - Parameter isLogged: Whether ``log`` tells all that happens.
    init(seed: UInt64, _ trouble: Trouble = .none, isLogged: Bool = false) {
        self.isLogged = isLogged
        self.trouble = trouble
        random = Seeded(state: seed)
        let endpoint = RPCEndpoint(label: "pair")
        endpoint.method("up") { [seen] (params: [Int], _) in
            seen.served.withLock { $0.append(params.first ?? -1) }
            return params
        }
        endpoint.onOpen { [seen] session in seen.sessions.withLock { $0[session.id] = session } }
        var logger = Logger(label: "pair")
        logger.logLevel = .critical
        var limits = Limits.RPC()
        if trouble == .overflow { limits.outbox.messages = 8 }
        let options = RPCOptions(resume: .init(window: .seconds(86_400)), wire: .plain, limits: limits)
        service = RPCService(endpoint, options: options, scheduler: scheduler, logger: logger)
        var settings = ClientMachine.Settings()
        settings.transports = [.webSocket, .xhrStreaming]
        settings.probeDelay = .milliseconds(500)
        settings.reconnection.initialDelay = .milliseconds(100)
        settings.reconnection.maximumDelay = .seconds(1)
        var delays = Seeded(state: ~seed)
        let fractions = (0..<64).map { _ in Double.random(in: 0...1, using: &delays) }
        let next = Mutex(0)
        settings.random = {
            fractions[
                next.withLock {
                    $0 = ($0 + 1) % 64
                    return $0
                }
            ]
        }
        settings.toleratesGaps = trouble == .overflow
        settings.isStored = trouble == .kills
        self.settings = settings
        heartbeat = Bool.random(using: &random) ? .seconds(2) : nil
        machine = ClientMachine(settings: settings, heartbeat: heartbeat)
    }

    private func connectFirst() {
        // What fails before there is a session is nobody's loss.
        guard machine.phase == .idle, !events.dropFirst(eventsBefore).contains(.reconnecting) else { return }
        input(.submit(id: machine.makeID(), .connection, method: "", params: nil, timeout: .seconds(86_400)))
    }

    var served: [Int] { seen.served.withLock { $0 } }
    var answered: [Int] { seen.answered.withLock { $0 } }
    private var session: RPCSession? {
        machine.sessionID.flatMap { id in seen.sessions.withLock { $0[id] } }
    }

    private func note(_ line: @autoclosure () -> String) {
        if isLogged { log.append(line()) }
    }

    // MARK: The client

    private func input(_ input: ClientMachine.Input) {
        let left = machine.settling?.link
        for action in machine.handle(input, now: scheduler.now) {
            if killIn == 0 { return kill() }
            killIn = killIn.map { $0 - 1 }
            perform(action)
        }
        if let now = machine.settling?.link, now != left { moves += 1 }
    }

    private func perform(_ action: ClientMachine.Action) {
        switch action {
        case .dial(let number, _): dialing.append(number)
        case .drop(let number, let reason):
            dialing.removeAll { $0 == number }
            guard let wire = wire(number) else { return }
            wire.serverHears = reason
            wire.clientHears = nil
        case .send(let message, _, let number):
            guard let wire = wire(number), !wire.isCut, wire.serverHears == nil else { return }
            note("  \(number) > \(String(buffer: message))")
            wire.up.append(message)
        case .complete(let id, .success(let answer)):
            if let number = notices.removeValue(forKey: id) { taken.insert(number) }
            guard let number = calls.removeValue(forKey: id) else { return }
            openCalls -= 1
            if answer.result[0]?.int != number { failures.append(RPCClientError(.invalidResult, "\(number)")) }
        case .complete(let id, .failure(let error)):
            notices[id] = nil
            guard calls.removeValue(forKey: id) != nil else { return }
            openCalls -= 1
            // A program whose first connection fails has sent nothing.
            if kills == 0 || error.kind != .transport && error.kind != .timeout { failures.append(error) }
        case .emit(let event):
            note("  \(event)")
            events.append(event)
            // Numbers of messages begin at 1.
            if case .gap(let gap) = event { missing.formUnion(gap.numbers.map { Int($0) - 1 }) }
        case .notification(let notification): received.append(notification.params[0]?.int ?? -1)
        case .serve(let id, let call):
            received.append(call.params?.json[0]?.int ?? -1)
            asked.append((id, received.last ?? -1))
            if receivedBefore.contains(received.last ?? -1) {
                failures.append(RPCClientError(.invalidResult, "\(received.last ?? -1) is served again"))
            }
        case .save(let record): self.record = record?.encoded
        case .arm, .disarm, .finished: break
        }
    }

    /// Ends the client's program without a word, and starts it again with what it has kept.
    private func kill() {
        note("kill")
        killIn = nil
        kills += 1
        eventsBefore = events.count
        receivedBefore.formUnion(received)
        received = []
        asked = []
        calls = [:]
        notices = [:]
        openCalls = 0
        dialing = []
        for (_, wire) in wires {
            wire.isCut = true
            wire.up.removeLast(Int.random(in: 0...wire.up.count, using: &random))
            wire.serverHears = wire.serverHears ?? CloseReason(.abnormalClosure)
            wire.clientHears = nil
        }
        // Links are told apart by their numbers, which begin anew.
        wires = wires.map { (-1, $0.wire) }
        machine = ClientMachine(settings: settings, heartbeat: heartbeat, record: record.flatMap(SessionRecord.init))
    }

    private func wire(_ number: Int) -> Wire? { wires.first { $0.number == number }?.wire }

    // MARK: What may happen

    /// Lets something happen.
    func step() {
        connectFirst()
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<8: sendUp()
        case 8..<16: sendDown()
        case 16..<38: deliverUp()
        case 38..<60: deliverDown()
        case 60..<70: connect(Int.random(in: 0..<4, using: &random) > 0)
        case 70..<76: answer()
        case 76..<79: cut()
        case 79..<84: hear()
        case 84..<87: session?.sendAway(after: .milliseconds(10), deadline: .seconds(1))
        case 87..<90: repeatUp()
        case 91 where trouble == .kills: killIn = Int.random(in: 0..<6, using: &random)
        case 90: pass(.seconds(6))
        default: pass(.milliseconds(Int.random(in: 1...400, using: &random)))
        }
    }

    private func sendUp() {
        guard session != nil else { return }
        let id = machine.makeID()
        let isCall = trouble != .overflow && Bool.random(using: &random)
        note("up \(sentUp)")
        if isCall {
            calls[id] = sentUp
            openCalls += 1
        } else {
            notices[id] = sentUp
        }
        let params = JSON([JSON(integerLiteral: sentUp)])
        sentUp += 1
        input(
            .submit(id: id, isCall ? .call : .notification, method: "up", params: params, timeout: .seconds(86_400))
        )
    }

    private func sendDown() {
        guard let session, session.isCounting else { return }
        if trouble == .overflow {
            // Sending would wait.
            let waits = session.withMachine { $0.link != nil && $0.ledger.count >= 6 }
            guard !waits else { return }
        }
        let number = sentDown
        sentDown += 1
        note("down \(number)")
        let isCall = trouble != .overflow && Bool.random(using: &random)
        if isCall { askedDown.insert(number) }
        startTask(on: nil) { [seen] in
            if isCall {
                let answer = try? await session.call("ask", [number], as: Int.self, timeout: .seconds(86_400))
                seen.answered.withLock { $0.append(answer ?? -1) }
            } else {
                try? await session.notify("down", [number])
            }
        }
    }

    private func connect(_ succeeds: Bool) {
        guard let number = dialing.popLast() else { return }
        guard succeeds else { return input(.linkFailed(number, RPCClientError(.transport, "refused"))) }
        let connection = MessageConnection(
            transport: .webSocket,
            info: ConnectionInfo(query: RPCOptions.Wire.plainQueryItem),
            link: Link()
        )
        service.accept(connection)
        wires.append((number, Wire(connection)))
        note("link \(number)")
        input(.linkUp(number))
    }

    private func deliverUp() {
        guard let (number, wire) = wires.filter({ !$0.wire.up.isEmpty }).randomElement(using: &random) else { return }
        let message = wire.up.removeFirst()
        note("\(number) > arrives \(String(buffer: message))")
        wire.server.receive(Message(text: message))
    }

    private func deliverDown() {
        guard let (number, wire) = wires.filter({ !$0.wire.isCut }).randomElement(using: &random) else { return }
        deliverDown(number, wire)
    }

    @discardableResult
    private func deliverDown(_ number: Int, _ wire: Wire) -> Bool {
        switch wire.server.takeOutbound() {
        case .message(let message):
            note("\(number) < \(message.text)")
            input(.message(number, scanner.scan(message.payload), bytes: message.count))
            return true
        case .close(let reason):
            note("\(number) < closes \(reason)")
            wire.isCut = true
            wire.up = []
            wire.server.linkClosed(reason)
            input(.linkLost(number, reason))
            return true
        case .idle: return false
        }
    }

    private func answer() {
        guard !asked.isEmpty else { return }
        let (id, number) = asked.remove(at: Int.random(in: asked.indices, using: &random))
        input(.answer(id, EnvelopeWriter.response(id: id, result: JSON(integerLiteral: number))))
    }

    /// Breaks a link; what was under way to the server arrives in part.
    private func cut() {
        guard let (number, wire) = wires.filter({ !$0.wire.isCut }).randomElement(using: &random) else { return }
        note("cut \(number)")
        wire.isCut = true
        wire.up.removeLast(Int.random(in: 0...wire.up.count, using: &random))
        wire.serverHears = wire.serverHears ?? CloseReason(.abnormalClosure)
        wire.clientHears = CloseReason(.abnormalClosure)
    }

    /// A side learns that a link is gone.
    private func hear() {
        guard let (number, wire) = wires.randomElement(using: &random) else { return }
        hear(number, wire, Bool.random(using: &random))
    }

    private func hear(_ number: Int, _ wire: Wire, _ isServer: Bool) {
        if isServer, wire.up.isEmpty, let reason = wire.serverHears, wire.server.closeReason == nil || wire.isCut {
            wire.isCut = true
            wire.server.linkClosed(reason)
        } else if !isServer, let reason = wire.clientHears {
            wire.clientHears = nil
            note("\(number) lost")
            input(.linkLost(number, reason))
        }
    }

    /// Something on the way sends a message twice.
    private func repeatUp() {
        guard let (_, wire) = wires.filter({ !$0.wire.up.isEmpty }).randomElement(using: &random),
            let first = wire.up.first, String(buffer: first).contains(#","seq":"#)
        else { return }
        wire.up.insert(first, at: 0)
    }

    private func pass(_ time: Duration) {
        scheduler.advance(by: time)
        fire()
    }

    private func fire() {
        while let due = machine.deadlines.filter({ $0.value <= scheduler.now }).min(by: { $0.value < $1.value }) {
            input(.timer(due.key))
        }
    }

    // MARK: The end

    /// Whether everything has arrived that was sent.
    var isQuiet: Bool {
        taken.isSubset(of: served) && openCalls == 0 && notices.isEmpty && asked.isEmpty
            && receivedBefore.union(received).union(missing).union(kills > 0 ? askedDown : []).count == sentDown
            && machine.resumption?.ledger.count == 0 && session?.withMachine { $0.ledger.count == 0 } != false
    }

    var askedCount: Int { askedDown.count }

    /// Nothing breaks any more.
    func calm() {
        for _ in 0..<1000 where !isQuiet || machine.phase != .open {
            for (number, wire) in wires where wire.isCut { hear(number, wire, false) }
            killIn = nil
            connectFirst()
            for _ in 0..<dialing.count { connect(true) }
            for (number, wire) in wires {
                while !wire.up.isEmpty { wire.server.receive(Message(text: wire.up.removeFirst())) }
                while !wire.isCut, deliverDown(number, wire) {}
                hear(number, wire, true)
            }
            while !asked.isEmpty { answer() }
            pass(.milliseconds(100))
        }
    }
}
