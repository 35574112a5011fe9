// SPDX-License-Identifier: Apache-2.0
import HoldfastRPC
import HoldfastTransport
import NIOCore
import Testing

@testable import HoldfastClient

/// A machine on an open link, with what it sends.
private struct Opened {
    var machine: ClientMachine
    var now = Duration.zero

    init(heartbeat: Duration? = .seconds(5), _ configure: (inout ClientMachine.Settings) -> Void = { _ in }) {
        var settings = ClientMachine.Settings()
        settings.random = { 0.5 }
        configure(&settings)
        machine = ClientMachine(settings: settings, heartbeat: heartbeat)
        let id = machine.makeID()
        _ = machine.handle(.submit(id: id, .connection, method: "", params: nil, timeout: .seconds(60)), now: now)
    }

    /// Answers `connect`; the actions are those of the opening.
    mutating func open(session: String = "S") -> [ClientMachine.Action] {
        _ = machine.handle(.linkUp(machine.link), now: now)
        return receive(#"{"id":\#(machine.attachID ?? 0),"result":{"sessionId":"\#(session)"}}"#)
    }

    mutating func receive(_ text: String) -> [ClientMachine.Action] {
        let envelope = EnvelopeScanner().scan(ByteBuffer(string: text))
        return machine.handle(.message(machine.link, envelope, bytes: text.utf8.count), now: now)
    }

    mutating func pong() {
        _ = receive(#"{"id":\#(machine.pingID ?? 0),"result":"pong"}"#)
    }

    mutating func fire(_ timer: ClientMachine.Timer, after delay: Duration) -> [ClientMachine.Action] {
        now += delay
        return machine.handle(.timer(timer), now: now)
    }
}

extension [ClientMachine.Action] {
    fileprivate var sent: [String] {
        compactMap { if case .send(let message, _, _) = $0 { String(buffer: message) } else { nil } }
    }

    fileprivate var events: [RPCClientEvent] {
        compactMap { if case .emit(let event) = $0 { event } else { nil } }
    }
}

@Suite struct MachineTests {
    @Test func `The first ping names the interval and later ones do not`() {
        var client = Opened()
        let first = client.open().sent
        #expect(first.count == 1)
        #expect(first.first?.contains(#""method":"rpc.ping","params":{"interval":5000}"#) == true)
        client.pong()
        let second = client.fire(.heartbeat, after: .seconds(5)).sent
        #expect(second.count == 1)
        #expect(second.first?.contains("interval") == false)
    }

    @Test(arguments: ["{0}.0", "{0}e0", "{0}0e-1", "0.{0}E+1", "\"{0}\"", " {0} "])
    func `An answer's number counts however it is written`(spelling: String) throws {
        var client = Opened()
        _ = client.open()
        let id = client.machine.makeID()
        #expect((2...9).contains(id))
        _ = client.machine.handle(
            .submit(id: id, .call, method: "m", params: nil, timeout: .seconds(60)),
            now: client.now
        )
        let actions = client.receive(#"{"id":\#(spelling.replacing("{0}", with: "\(id)")),"result":1}"#)
        let completed = actions.contains { if case .complete(id, .success) = $0 { true } else { false } }
        #expect(completed)
    }

    @Test func `Two intervals of silence end the link, and not a moment less`() {
        var client = Opened()
        _ = client.open()
        #expect(client.fire(.heartbeat, after: .seconds(5)).events.isEmpty)
        #expect(client.fire(.heartbeat, after: .milliseconds(4999)).events.isEmpty)
        #expect(client.fire(.heartbeat, after: .milliseconds(1)).events == [.reconnecting])
        #expect(client.machine.phase == .waiting)
    }

    @Test func `Anything received shows that the server lives`() {
        var client = Opened()
        _ = client.open()
        _ = client.fire(.heartbeat, after: .seconds(5))
        _ = client.receive(#"{"method":"news"}"#)
        #expect(client.fire(.heartbeat, after: .seconds(5)).events.isEmpty)
        #expect(client.machine.phase == .open)
    }

    @Test func `Bytes of a message that is not complete show that the server lives`() {
        var client = Opened()
        _ = client.open()
        _ = client.fire(.heartbeat, after: .seconds(5))
        client.now += .seconds(4)
        _ = client.machine.handle(.progress(client.machine.link), now: client.now)
        #expect(client.fire(.heartbeat, after: .seconds(5)).events.isEmpty)
        // Those of another link show nothing.
        _ = client.machine.handle(.progress(client.machine.link + 1), now: client.now)
        #expect(client.fire(.heartbeat, after: .seconds(5)).events == [.reconnecting])
    }

    @Test func `After a return the heartbeat begins again and names its interval`() {
        var client = Opened()
        _ = client.open()
        _ = client.machine.handle(.linkLost(client.machine.link, CloseReason(.abnormalClosure)), now: client.now)
        #expect(client.fire(.retry, after: .milliseconds(100)).contains { if case .dial = $0 { true } else { false } })
        let actions = client.open()
        #expect(actions.events == [.reconnected(sameServer: true)])
        #expect(actions.sent.first?.contains(#"{"interval":5000}"#) == true)
    }

    @Test func `A heartbeat is switched off and on at any time`() {
        var client = Opened(heartbeat: nil)
        #expect(client.open().sent.isEmpty)
        let on = client.machine.handle(.heartbeat(.milliseconds(250)), now: client.now)
        #expect(on.sent.first?.contains(#"{"interval":250}"#) == true)
        _ = client.machine.handle(.heartbeat(nil), now: client.now)
        #expect(client.fire(.heartbeat, after: .seconds(600)).isEmpty)
    }

    @Test func `A connection without traffic is made anew after the idle timeout`() {
        var client = Opened(heartbeat: nil)
        _ = client.open()
        #expect(client.fire(.idle, after: .milliseconds(299_999)).isEmpty)
        #expect(client.fire(.idle, after: .milliseconds(1)).events == [.reconnecting])
    }

    @Test func `News of an old link changes nothing`() {
        var client = Opened()
        _ = client.open()
        let old = client.machine.link
        _ = client.machine.handle(.linkLost(old, CloseReason(.abnormalClosure)), now: client.now)
        #expect(client.machine.handle(.linkLost(old, CloseReason(.abnormalClosure)), now: client.now).isEmpty)
        #expect(client.machine.handle(.linkUp(old), now: client.now).isEmpty)
    }

    @Test func `A reattach with an unknown session asks for a new one on the same link`() {
        var client = Opened(heartbeat: nil)
        _ = client.open(session: "old")
        _ = client.machine.handle(.linkLost(client.machine.link, CloseReason(.abnormalClosure)), now: client.now)
        _ = client.fire(.retry, after: .milliseconds(100))
        let attach = client.machine.handle(.linkUp(client.machine.link), now: client.now).sent
        #expect(attach.first?.contains(#""params":{"sessionId":"old"}"#) == true)
        let error = #"{"id":\#(client.machine.attachID ?? 0),"error":{"code":40007,"message":"reconnection error"}}"#
        let fresh = client.receive(error).sent
        #expect(fresh.count == 1)
        #expect(fresh.first?.contains("sessionId") == false)
        let opened = client.receive(
            #"{"id":\#(client.machine.attachID ?? 0),"result":{"sessionId":"new"}}"#
        )
        #expect(opened.events == [.reconnected(sameServer: false)])
        #expect(client.machine.sessionID == "new")
    }

    @Test func `A session that another connection took is not taken back`() {
        var client = Opened()
        _ = client.open()
        let reason = CloseReason(.replaced)
        let actions = client.machine.handle(.linkLost(client.machine.link, reason), now: client.now)
        #expect(actions.events == [.disconnected("4409")])
        #expect(client.machine.phase == .idle)
    }

    @Test func `A session that a link of our own took late is taken back, once for each such link`() {
        var client = Opened()
        _ = client.open()
        func comeBack(_ client: inout Opened) {
            _ = client.fire(.retry, after: .seconds(30))
            _ = client.machine.handle(.linkUp(client.machine.link), now: client.now)
        }
        func lose(_ client: inout Opened, _ code: CloseCode) -> [RPCClientEvent] {
            client.machine.handle(.linkLost(client.machine.link, CloseReason(code)), now: client.now).events
        }
        func answer(_ client: inout Opened) -> [RPCClientEvent] {
            client.receive(#"{"id":\#(client.machine.attachID ?? 0),"result":{"sessionId":"S"}}"#).events
        }
        #expect(lose(&client, .abnormalClosure) == [.reconnecting])
        comeBack(&client)
        #expect(client.machine.phase == .attaching)
        // No answer: the link is left, but what it was asked may still arrive.
        _ = client.fire(.connection, after: .seconds(30))
        comeBack(&client)
        #expect(answer(&client) == [.reconnected(sameServer: true)])
        #expect(lose(&client, .replaced) == [.reconnecting])
        comeBack(&client)
        #expect(answer(&client) == [.reconnected(sameServer: true)])
        #expect(lose(&client, .replaced) == [.disconnected("4409")])
    }

    @Test func `A request is not served twice while it is being served`() {
        var client = Opened(heartbeat: nil)
        _ = client.open()
        let request = #"{"id":7,"method":"confirm"}"#
        #expect(client.receive(request).count == 1)
        #expect(client.receive(request).isEmpty)
    }

    @Test func `An answer without a session id leaves the session as it is`() {
        var client = Opened(heartbeat: nil)
        _ = client.open()
        let id = client.machine.makeID()
        _ = client.machine.handle(
            .submit(id: id, .call, method: "m", params: nil, timeout: .seconds(1)),
            now: client.now
        )
        #expect(client.receive(#"{"id":\#(id),"result":""}"#).count == 2)
        #expect(client.machine.sessionID == "S")
    }

    @Test func `An answer given while away goes out after the return to the same session`() {
        for (session, isSent) in [("S", true), ("other", false)] {
            var client = Opened(heartbeat: nil)
            _ = client.open()
            _ = client.receive(#"{"id":7,"method":"confirm"}"#)
            _ = client.machine.handle(.linkLost(client.machine.link, CloseReason(.abnormalClosure)), now: client.now)
            let answer = ByteBuffer(string: "answer")
            #expect(client.machine.handle(.answer(Envelope.ID(7), answer), now: client.now).isEmpty)
            _ = client.fire(.retry, after: .milliseconds(100))
            #expect(client.open(session: session).sent.contains("answer") == isSent)
        }
    }

    @Test(arguments: [63, 64, 65]) func `At most 64 requests of the server are served at once`(count: Int) {
        var client = Opened(heartbeat: nil)
        _ = client.open()
        let refused = (1...count).flatMap { client.receive(#"{"id":\#($0),"method":"confirm"}"#).sent }
        #expect(refused.count == max(0, count - 64))
        #expect(refused.allSatisfy { $0.contains("-32051") })
    }

    @Test func `What a call leaves behind is nothing`() {
        var client = Opened(heartbeat: nil)
        _ = client.open()
        _ = client.machine.handle(.linkLost(client.machine.link, CloseReason(.abnormalClosure)), now: client.now)
        for kind in [ClientMachine.Kind.call, .notification, .connection] {
            let id = client.machine.makeID()
            _ = client.machine.handle(
                .submit(id: id, kind, method: "m", params: nil, timeout: .seconds(1)),
                now: client.now
            )
            #expect(client.machine.queue.count == 1)
            let actions = client.fire(.call(id), after: .seconds(1))
            #expect(actions.contains { if case .complete(id, .failure) = $0 { true } else { false } })
            #expect(client.machine.queue.isEmpty)
            #expect(client.machine.pending.isEmpty)
            #expect(client.machine.deadlines.keys.elementsEqual([.retry]))
        }
    }

    @Test func `A close message without an answer is waited for one second`() {
        var client = Opened(heartbeat: nil)
        _ = client.open()
        let closing = client.machine.handle(.close(sendCloseMessage: true), now: client.now)
        #expect(closing.sent.first?.contains("rpc.close") == true)
        #expect(client.fire(.closing, after: .milliseconds(999)).isEmpty)
        #expect(client.fire(.closing, after: .milliseconds(1)).events == [.disconnected("closed")])
        #expect(client.machine.deadlines.isEmpty)
    }

    @Test func `A call that found its link gone is sent over the next one, in its place`() {
        var client = Opened(heartbeat: nil)
        _ = client.open()
        let link = client.machine.link
        let (first, second) = (client.machine.makeID(), client.machine.makeID())
        for id in [first, second] {
            _ = client.machine.handle(
                .submit(id: id, .call, method: "m\(id)", params: nil, timeout: .seconds(60)),
                now: client.now
            )
        }
        _ = client.machine.handle(.unsent(id: second), now: client.now)
        _ = client.machine.handle(.linkLost(link, CloseReason(.abnormalClosure)), now: client.now)
        _ = client.machine.handle(.unsent(id: first), now: client.now)
        _ = client.fire(.retry, after: .milliseconds(100))
        let sent = client.open().sent
        #expect(sent.count == 2)
        #expect(sent.first?.contains("m\(first)") == true)
        #expect(sent.last?.contains("m\(second)") == true)
    }

    @Test func `A call that found its link full fails`() {
        var client = Opened(heartbeat: nil)
        _ = client.open()
        let id = client.machine.makeID()
        _ = client.machine.handle(
            .submit(id: id, .call, method: "m", params: nil, timeout: .seconds(1)),
            now: client.now
        )
        let actions = client.machine.handle(.refused(id: id), now: client.now)
        guard case .complete(id, .failure(let error)) = actions.last else {
            Issue.record("not failed: \(actions)")
            return
        }
        #expect(error.kind == .overloaded)
        #expect(client.machine.pending.isEmpty)
    }
}
