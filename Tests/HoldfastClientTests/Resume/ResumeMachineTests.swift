// SPDX-License-Identifier: Apache-2.0
import HoldfastRPC
import HoldfastTransport
import NIOCore
import Testing

@testable import HoldfastClient

/// A session that loses nothing, text for text: agreeing, counting, acknowledging.
@Suite struct ResumeMachineTests {
    // MARK: Agreeing

    @Test func `The first question offers to lose nothing, and says how much is kept`() {
        #expect(
            Agreed().offer == [
                #"{"id":2,"method":"rpc.connect","params":{"resume":{"v":[1],"at":1,"buf":{"msgs":1024,"bytes":1048576}}},"jsonrpc":"2.0"}"#
            ]
        )
    }

    @Test func `Without the wish nothing is offered, and nothing counted`() {
        var client = Agreed { $0.resume = nil }
        #expect(client.offer == [#"{"id":2,"method":"rpc.connect","jsonrpc":"2.0"}"#])
        #expect(client.call("m").texts == [#"{"id":3,"method":"m","jsonrpc":"2.0"}"#])
    }

    @Test func `A server that agrees to nothing is spoken to as ever`() {
        var client = Agreed()
        _ = client.lose(.normalClosure)
        _ = client.dial()
        _ = client.answer(#""error":{"code":40007,"message":"reconnection error"}"#)
        _ = client.answer(#""result":{"sessionId":"T"}"#)
        #expect(client.call("m").texts == [#"{"id":5,"method":"m","jsonrpc":"2.0"}"#])
        #expect(client.receive(#"{"method":"n","jsonrpc":"2.0"}"#).delivered == ["n"])
        _ = client.lose()
        #expect(client.dial() == [#"{"id":6,"method":"rpc.connect","params":{"sessionId":"T"},"jsonrpc":"2.0"}"#])
    }

    @Test func `What waited for the connection is numbered once it stands`() {
        var settings = ClientMachine.Settings()
        settings.random = { 0.5 }
        var machine = ClientMachine(settings: settings, heartbeat: nil)
        for _ in 0..<2 {
            let id = machine.makeID()
            _ = machine.handle(
                .submit(id: id, .notification, method: "m\(id)", params: nil, timeout: .seconds(60)),
                now: .zero
            )
        }
        _ = machine.handle(.linkUp(machine.link), now: .zero)
        let answer = #"{"id":3,"result":\#(Agreed.terms())}"#
        let envelope = EnvelopeScanner().scan(ByteBuffer(string: answer))
        let opened = machine.handle(.message(machine.link, envelope, bytes: answer.utf8.count), now: .zero)
        #expect(
            opened.texts == [
                #"{"method":"m1","jsonrpc":"2.0","seq":1,"rcv":0}"#,
                #"{"method":"m2","jsonrpc":"2.0","seq":2,"rcv":0}"#,
            ]
        )
        #expect(opened.outcomes == [1: nil, 2: nil])
    }

    // MARK: Counting

    @Test func `Messages are numbered both ways, and say what has come`() {
        var client = Agreed()
        #expect(client.call("a").texts == [#"{"id":3,"method":"a","jsonrpc":"2.0","seq":1,"rcv":0}"#])
        #expect(client.receive(#"{"method":"n","seq":1,"rcv":1}"#).delivered == ["n"])
        let answered = client.receive(#"{"id":3,"result":{"sessionId":"mine"},"seq":2}"#)
        #expect(answered.outcomes == [3: nil])
        #expect(client.notify("b").texts == [#"{"method":"b","jsonrpc":"2.0","seq":2,"rcv":2}"#])
        #expect(client.receive(#"{"id":7,"method":"c","seq":3}"#).served == ["c 7"])
        let answer = EnvelopeWriter.response(id: Envelope.ID(7), result: "yes")
        #expect(
            client.machine.handle(.answer(Envelope.ID(7), answer), now: client.now).texts
                == [#"{"id":7,"result":"yes","jsonrpc":"2.0","seq":3,"rcv":3}"#]
        )
    }

    @Test func `On Kurento's wire results are the application's own as well`() {
        var client = Agreed()
        client.machine.wire = .kurento
        _ = client.call("a")
        let actions = client.receive(#"{"id":3,"result":{"value":5,"sessionId":"S"},"seq":1}"#)
        let results = actions.compactMap {
            if case .complete(_, .success(let answer)) = $0 { answer.result.text } else { nil }
        }
        #expect(results == [#"{"value":5,"sessionId":"S"}"#])
    }

    @Test func `A message that comes again is taken once, and acknowledged again`() {
        var client = Agreed()
        #expect(client.receive(#"{"method":"n","seq":1}"#).delivered == ["n"])
        #expect(client.fire(.acknowledgement, after: .seconds(1)).texts == [ack(1)])
        #expect(client.receive(#"{"method":"n","seq":1}"#).delivered.isEmpty)
        #expect(client.fire(.acknowledgement, after: .seconds(1)).texts == [ack(1)])
    }

    @Test func `A notification without a number is taken as it comes`() {
        var client = Agreed()
        #expect(client.receive(#"{"method":"n"}"#).delivered == ["n"])
        #expect(client.machine.phase == .open)
    }

    @Test(arguments: [
        #"{"method":"n","seq":2}"#,
        #"{"method":"n","seq":0}"#,
        #"{"method":"n","seq":1.5}"#,
        #"{"method":"n","seq":1,"seq":1}"#,
        #"{"method":"n","seq":1,"rcv":2}"#,
        #"{"method":"n","seq":1,"rcv":-1}"#,
        #"{"id":1,"method":"n"}"#,
        #"{"id":3,"result":1}"#,
        #"{"method":"rpc.ack","params":{"rcv":2}}"#,
        #"{"method":"rpc.ack"}"#,
        #"{"method":"rpc.gap","params":{"from":2,"to":3}}"#,
        #"{"method":"rpc.gap","params":{"from":1,"to":0}}"#,
        "{",
    ])
    func `Counters that cannot be end the link, and not the session`(message: String) {
        var client = Agreed()
        _ = client.call("a")
        let actions = client.receive(message)
        #expect(actions.closings == [.protocolViolation])
        #expect(actions.news == [.reconnecting])
        #expect(actions.outcomes.isEmpty)
        #expect(client.dial().first?.contains(#""sessionId":"S","resume":{"v":[1],"at":2"#) == true)
    }

    @Test func `Rules that are broken again and again end the session`() {
        var client = Agreed()
        _ = client.call("a")
        for attempt in 1...3 {
            let actions = client.receive(#"{"method":"n","seq":9}"#)
            #expect(actions.outcomes == (attempt == 3 ? [3: .outcomeUnknown] : [:]))
            if attempt < 3 { _ = client.comeBack(Agreed.back(0, next: 1, top: 0)) }
        }
        #expect(client.dial().first?.contains("sessionId") == false)
        #expect(client.answer(#""result":\#(Agreed.terms("T"))"#).news == [.reconnected(sameServer: false)])
    }

    // MARK: Acknowledging

    private func ack(_ number: Int) -> String {
        #"{"method":"rpc.ack","params":{"rcv":\#(number)},"jsonrpc":"2.0"}"#
    }

    @Test func `What comes is acknowledged after a second, or many messages, or at once when asked`() {
        var client = Agreed()
        #expect(client.receive(#"{"method":"n","seq":1}"#).texts.isEmpty)
        client.now += .milliseconds(999)
        #expect(client.machine.handle(.timer(.acknowledgement), now: client.now).isEmpty)
        #expect(client.fire(.acknowledgement, after: .milliseconds(1)).texts == [ack(1)])
        for number in 2...32 { #expect(client.receive(#"{"method":"n","seq":\#(number)}"#).texts.isEmpty) }
        #expect(client.receive(#"{"method":"n","seq":33}"#).texts == [ack(33)])
        _ = client.receive(#"{"method":"n","seq":34}"#)
        #expect(client.receive(#"{"method":"rpc.ackNow"}"#).texts == [ack(34)])
    }

    @Test func `A message of the client's own acknowledges as well`() {
        var client = Agreed()
        _ = client.receive(#"{"method":"n","seq":1}"#)
        #expect(client.notify("b").texts.first?.hasSuffix(#""seq":1,"rcv":1}"#) == true)
        #expect(client.fire(.acknowledgement, after: .seconds(1)).texts.isEmpty)
    }

    @Test func `A ping says what has come when there is something to say`() {
        var client = Agreed()
        let first = client.machine.handle(.heartbeat(.seconds(5)), now: client.now).texts
        #expect(first == [#"{"id":3,"method":"rpc.ping","params":{"interval":5000},"jsonrpc":"2.0"}"#])
        _ = client.receive(#"{"id":3,"result":"pong"}"#)
        _ = client.receive(#"{"method":"n","seq":1}"#)
        #expect(
            client.fire(.heartbeat, after: .seconds(5)).texts
                == [#"{"id":4,"method":"rpc.ping","jsonrpc":"2.0","rcv":1}"#]
        )
    }

    @Test func `When half of what may be is unacknowledged the server is asked, once`() {
        var client = Agreed()
        client.machine.resumption = Resumption(
            try? JSON(parsing: Agreed.terms(messages: 4))["resume"],
            own: QueueLimits(),
            attempt: 1
        )
        #expect(client.call("a").texts.count == 1)
        #expect(client.call("b").texts.count == 1)
        #expect(client.call("c").texts.last == #"{"method":"rpc.ackNow","jsonrpc":"2.0"}"#)
        #expect(client.call("d").texts.count == 1)
        // The fifth waits, and is sent when there is room.
        #expect(client.call("e").texts.isEmpty)
        #expect(
            client.receive(#"{"method":"rpc.ack","params":{"rcv":1}}"#).texts.first
                == #"{"id":7,"method":"e","jsonrpc":"2.0","seq":5,"rcv":0}"#
        )
    }

    @Test func `A message larger than all that may be is sent when nothing else is under way`() {
        var client = Agreed()
        client.machine.resumption = Resumption(
            try? JSON(parsing: Agreed.terms(bytes: 200))["resume"],
            own: QueueLimits(),
            attempt: 1
        )
        let large = JSON(stringLiteral: String(repeating: "x", count: 1000))
        #expect(client.call("a").texts.count == 1)
        #expect(client.submit(.call, "b", large).texts == [#"{"method":"rpc.ackNow","jsonrpc":"2.0"}"#])
        #expect(client.receive(#"{"method":"rpc.ack","params":{"rcv":1}}"#).texts.first?.contains("xxx") == true)
    }

    @Test func `A call that is given up keeps its number, and its answer is counted and dropped`() {
        var client = Agreed()
        _ = client.call("a")
        _ = client.machine.handle(.cancel(id: 3), now: client.now)
        _ = client.lose()
        let back = client.comeBack(Agreed.back(0, next: 1, top: 0)).texts
        #expect(back == [#"{"id":3,"method":"a","jsonrpc":"2.0","seq":1,"rcv":0}"#])
        #expect(client.receive(#"{"id":3,"result":1,"seq":1}"#).outcomes.isEmpty)
        #expect(client.receive(#"{"method":"n","seq":2}"#).delivered == ["n"])
    }
}
