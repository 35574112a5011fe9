// SPDX-License-Identifier: Apache-2.0
import HoldfastRPC
import HoldfastTransport
import NIOCore
import Testing

@testable import HoldfastClient

/// A machine whose session `S` is carried by the last of its transports, at link ``link``.
private struct Carried {
    var machine: ClientMachine
    var now = Duration.zero
    let link: Int

    init(transports: [Transport] = [.webSocket, .xhrStreaming], probeDelay: Duration? = .seconds(5)) {
        var settings = ClientMachine.Settings()
        settings.random = { 0.5 }
        settings.transports = transports
        settings.probeDelay = probeDelay
        machine = ClientMachine(settings: settings, heartbeat: nil)
        let id = machine.makeID()
        _ = machine.handle(.submit(id: id, .connection, method: "", params: nil, timeout: .seconds(60)), now: now)
        for _ in transports.dropLast() {
            _ = machine.handle(.linkFailed(machine.link, RPCClientError(.transport, "forbidden")), now: now)
        }
        link = machine.link
        _ = machine.handle(.linkUp(link), now: now)
        _ = receive(#"{"id":\#(machine.attachID ?? 0),"result":{"sessionId":"S"}}"#, over: link)
    }

    mutating func receive(_ text: String, over link: Int) -> [ClientMachine.Action] {
        machine.handle(
            .message(link, EnvelopeScanner().scan(ByteBuffer(string: text)), bytes: text.utf8.count),
            now: now
        )
    }

    mutating func fire(_ timer: ClientMachine.Timer, after delay: Duration = .zero) -> [ClientMachine.Action] {
        now += delay
        return machine.handle(.timer(timer), now: now)
    }

    mutating func lose(_ link: Int, _ code: CloseCode = .abnormalClosure) -> [ClientMachine.Action] {
        machine.handle(.linkLost(link, CloseReason(code)), now: now)
    }

    mutating func call(_ method: String) -> [ClientMachine.Action] {
        let id = machine.makeID()
        return machine.handle(.submit(id: id, .call, method: method, params: nil, timeout: .seconds(60)), now: now)
    }

    /// Goes as far as the better link's standing; returns its number.
    mutating func dial() throws -> Int {
        let dialed = fire(.probe, after: .seconds(5)).dialed
        #expect(dialed.map(\.transport) == [.webSocket])
        return try #require(dialed.first).link
    }

    /// Goes on until the server is asked over the better link.
    mutating func ask(_ better: Int) throws {
        let flushing = machine.handle(.linkUp(better), now: now).sent
        #expect(flushing.map(\.link) == [link])
        let ping = try #require(machine.move?.flushID)
        let asking = receive(#"{"id":\#(ping),"result":"pong"}"#, over: link).sent
        #expect(asking.map(\.link) == [better])
        #expect(asking.first?.text.contains(#""method":"rpc.connect","params":{"sessionId":"S"}"#) == true)
    }

    mutating func answerConnect(_ better: Int, _ body: String = #""result":{"sessionId":"S"}"#) throws
        -> [ClientMachine.Action]
    {
        guard case .asking(let id) = machine.move?.stage else { throw RPCClientError(.transport, "nothing is asked") }
        return receive(#"{"id":\#(id),\#(body)}"#, over: better)
    }
}

extension [ClientMachine.Action] {
    fileprivate var sent: [(text: String, link: Int)] {
        compactMap { if case .send(let message, _, let link) = $0 { (String(buffer: message), link) } else { nil } }
    }

    fileprivate var dialed: [(link: Int, transport: Transport)] {
        compactMap { if case .dial(let link, let transport) = $0 { (link, transport) } else { nil } }
    }

    fileprivate var dropped: [Int] {
        compactMap { if case .drop(let link, _) = $0 { link } else { nil } }
    }

    fileprivate var events: [RPCClientEvent] {
        compactMap { if case .emit(let event) = $0 { event } else { nil } }
    }

    fileprivate var notifications: [String] {
        compactMap { if case .notification(let notification) = $0 { notification.method } else { nil } }
    }
}

@Suite struct MoveTests {
    @Test func `The session moves to the better link and nothing is sent between the question and its answer`() throws {
        var client = Carried()
        let better = try client.dial()
        #expect(client.call("before").sent.map(\.link) == [client.link])
        try client.ask(better)
        #expect(client.call("meanwhile").sent.isEmpty)
        let moved = try client.answerConnect(better)
        #expect(moved.events == [.transportChanged(.webSocket)])
        #expect(moved.sent.map(\.link) == [better])
        #expect(moved.sent.first?.text.contains("meanwhile") == true)
        #expect(client.call("after").sent.map(\.link) == [better])
        #expect(client.machine.deadlines[.probe] == nil)
    }

    @Test func `What the server said over the old link is taken before what it says over the new one`() throws {
        var client = Carried()
        let better = try client.dial()
        try client.ask(better)
        #expect(client.receive(#"{"method":"third"}"#, over: better).notifications.isEmpty)
        _ = try client.answerConnect(better)
        #expect(client.receive(#"{"method":"fourth"}"#, over: better).notifications.isEmpty)
        #expect(client.receive(#"{"method":"first"}"#, over: client.link).notifications == ["first"])
        #expect(client.receive(#"{"method":"second"}"#, over: client.link).notifications == ["second"])
        let settled = client.lose(client.link, .replaced)
        #expect(settled.notifications == ["third", "fourth"])
        #expect(settled.events.isEmpty)
        #expect(client.receive(#"{"method":"fifth"}"#, over: better).notifications == ["fifth"])
    }

    @Test func `The old link may end before the answer comes over the new one`() throws {
        var client = Carried()
        let better = try client.dial()
        try client.ask(better)
        #expect(client.lose(client.link, .replaced).isEmpty)
        #expect(client.receive(#"{"method":"news"}"#, over: better).notifications.isEmpty)
        let moved = try client.answerConnect(better)
        #expect(moved.events == [.transportChanged(.webSocket)])
        #expect(moved.notifications == ["news"])
    }

    @Test func `A server that does not leave the old link is waited for until it is silent`() throws {
        var client = Carried()
        let better = try client.dial()
        try client.ask(better)
        _ = try client.answerConnect(better)
        _ = client.receive(#"{"method":"news"}"#, over: better)
        #expect(client.fire(.settle, after: .milliseconds(2999)).isEmpty)
        let settled = client.fire(.settle, after: .milliseconds(1))
        #expect(settled.dropped == [client.link])
        #expect(settled.notifications == ["news"])
    }

    @Test func `Each better transport is tried in turn, then all of them later, at growing distances`() throws {
        var client = Carried(transports: [.webSocket, .xhrStreaming, .xhrPolling])
        for delay in [5, 10, 20, 40, 80, 160, 300, 300] {
            #expect(client.fire(.probe, after: .seconds(delay) - .milliseconds(1)).isEmpty)
            let first = try #require(client.fire(.probe, after: .milliseconds(1)).dialed.first)
            #expect(first.transport == .webSocket)
            let error = RPCClientError(.transport, "forbidden")
            let next = client.machine.handle(.linkFailed(first.link, error), now: client.now).dialed
            let second = try #require(next.first)
            #expect(second.transport == .xhrStreaming)
            #expect(client.machine.handle(.linkFailed(second.link, error), now: client.now).dialed.isEmpty)
        }
        #expect(client.machine.phase == .open)
    }

    @Test func `A better link that hangs is given up and what waited is sent over the present one`() throws {
        var client = Carried()
        let better = try client.dial()
        _ = client.machine.handle(.linkUp(better), now: client.now)
        #expect(client.call("meanwhile").sent.isEmpty)
        let failed = client.fire(.move, after: .seconds(5))
        #expect(failed.dropped == [better])
        #expect(failed.sent.map(\.link) == [client.link])
        #expect(failed.events.isEmpty)
    }

    @Test func `Without an answer to the question the client comes back as from any loss`() throws {
        for end in ["lost", "refused", "late", "another session"] {
            var client = Carried()
            let better = try client.dial()
            try client.ask(better)
            let actions =
                switch end {
                case "lost": client.lose(better)
                case "refused": try client.answerConnect(better, #""error":{"code":40007,"message":"no"}"#)
                case "late": client.fire(.move, after: .seconds(5))
                default: try client.answerConnect(better, #""result":{"value":"OK","sessionId":"T"}"#)
                }
            #expect(actions.events == [.reconnecting], "\(end)")
            #expect(Set(actions.dropped) == [client.link, better], "\(end)")
            #expect(client.machine.move == nil)
        }
    }

    @Test func `The present link's loss ends the move`() throws {
        for isUp in [false, true] {
            var client = Carried()
            let better = try client.dial()
            if isUp { _ = client.machine.handle(.linkUp(better), now: client.now) }
            let lost = client.lose(client.link)
            #expect(lost.events == [.reconnecting])
            #expect(lost.dropped.contains(better))
            #expect(client.machine.handle(.linkUp(better), now: client.now).isEmpty)
        }
    }

    @Test func `Closing leaves no link and no timer at any stage of a move`() throws {
        for stage in 0..<4 {
            var client = Carried()
            let better = try client.dial()
            if stage == 1 { _ = client.machine.handle(.linkUp(better), now: client.now) }
            if stage >= 2 { try client.ask(better) }
            if stage == 3 { _ = try client.answerConnect(better) }
            let closed = client.machine.handle(.close(sendCloseMessage: false), now: client.now)
            #expect(Set(closed.dropped).isSuperset(of: [client.link, better]), "stage \(stage)")
            #expect(client.machine.deadlines.isEmpty, "stage \(stage)")
        }
    }

    @Test func `The close message goes where the session is`() throws {
        for isAsked in [false, true] {
            var client = Carried()
            let better = try client.dial()
            if isAsked { try client.ask(better) }
            let closing = client.machine.handle(.close(sendCloseMessage: true), now: client.now).sent
            #expect(closing.map(\.link) == [isAsked ? better : client.link])
            #expect(closing.first?.text.contains("rpc.close") == true)
        }
    }

    @Test func `Answers to the server go where the session is`() throws {
        var client = Carried()
        _ = client.receive(#"{"id":7,"method":"confirm"}"#, over: client.link)
        let better = try client.dial()
        try client.ask(better)
        let answer = ByteBuffer(string: "answer")
        #expect(client.machine.handle(.answer(Envelope.ID(7), answer), now: client.now).isEmpty)
        #expect(client.receive(#"{"id":[1],"method":"m"}"#, over: client.link).sent.map(\.link) == [better])
        let moved = try client.answerConnect(better).sent
        #expect(moved.map(\.text) == ["answer"])
        #expect(moved.map(\.link) == [better])
    }

    @Test func `Probing can be switched off, and without a session there is none`() {
        #expect(Carried(probeDelay: nil).machine.deadlines[.probe] == nil)
        var best = Carried(transports: [.webSocket])
        #expect(best.fire(.probe, after: .seconds(600)).isEmpty)
    }
}
