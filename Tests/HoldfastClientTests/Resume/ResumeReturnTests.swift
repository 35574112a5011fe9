// SPDX-License-Identifier: Apache-2.0
import HoldfastRPC
import HoldfastTransport
import NIOCore
import Testing

@testable import HoldfastClient

/// Coming back to a session that loses nothing, and losing it, text for text.
@Suite struct ResumeReturnTests {
    // MARK: Coming back

    @Test func `Whoever comes back says where it was, and sends again what has not arrived, before anything new`() {
        var client = Agreed()
        for method in ["a", "b", "c"] { _ = client.call(method) }
        for number in 1...5 { _ = client.receive(#"{"method":"n","seq":\#(number)}"#) }
        #expect(client.lose().news == [.reconnecting])
        #expect(client.call("d").texts.isEmpty)
        #expect(
            client.dial() == [
                #"{"id":7,"method":"rpc.connect","params":{"sessionId":"S","resume":{"v":[1],"at":2,"epoch":"e","token":"t1","#
                    + #""rcv":5,"sent":3}},"jsonrpc":"2.0"}"#
            ]
        )
        let back = client.answer(#""result":\#(Agreed.back(1, next: 6, top: 6))"#)
        #expect(
            back.texts == [
                #"{"id":4,"method":"b","jsonrpc":"2.0","seq":2,"rcv":0}"#,
                #"{"id":5,"method":"c","jsonrpc":"2.0","seq":3,"rcv":0}"#,
                #"{"id":6,"method":"d","jsonrpc":"2.0","seq":4,"rcv":5}"#,
            ]
        )
        #expect(back.news == [.reconnected(sameServer: true)])
        #expect(back.outcomes.isEmpty)
        // The call that had arrived is still answered.
        #expect(client.receive(#"{"id":3,"result":1,"seq":6}"#).outcomes == [3: nil])
        _ = client.lose()
        #expect(client.dial().first?.contains(#""at":3,"epoch":"e","token":"t2","rcv":6,"sent":4"#) == true)
    }

    @Test func `Nothing but the answer counts before it`() {
        var client = Agreed()
        _ = client.lose()
        _ = client.dial()
        #expect(client.receive(#"{"method":"n","seq":1}"#).isEmpty)
        #expect(client.machine.phase == .attaching)
    }

    @Test func `An attempt without an answer raises the count, and the token stays good`() {
        var client = Agreed()
        _ = client.lose()
        #expect(client.dial().first?.contains(#""at":2,"epoch":"e","token":"t1""#) == true)
        _ = client.lose()
        #expect(client.dial().first?.contains(#""at":3,"epoch":"e","token":"t1""#) == true)
    }

    @Test(arguments: [CloseCode.slowConsumer, .goingAway, .rateLimited, .normalClosure])
    func `Other closes are losses`(code: CloseCode) {
        var client = Agreed()
        #expect(client.lose(code).news == [.reconnecting])
        #expect(client.dial().first?.contains(#""at":2"#) == true)
    }

    @Test(arguments: [CloseCode.replaced, .migrated]) func `A session that another took is not taken back`(
        code: CloseCode
    ) {
        var client = Agreed()
        #expect(client.lose(code).news == [.disconnected("\(code)")])
        #expect(client.machine.phase == .idle)
        // The words may come without the close.
        var other = Agreed()
        let word = code == .replaced ? "replaced" : "migrated"
        _ = other.receive(#"{"method":"rpc.detached","params":{"reason":"\#(word)"}}"#)
        #expect(other.lose().news == [.disconnected("\(code)")])
    }

    @Test func `A later attempt that was the client's own is outdone once`() {
        var client = Agreed()
        _ = client.lose()
        for isLast in [false, true] {
            _ = client.dial()
            let error = #""error":{"code":-32056,"message":"A later attempt has the session"}"#
            let refused = client.answer(error)
            #expect(client.machine.phase == (isLast ? .idle : .waiting))
            #expect(refused.news.count == (isLast ? 1 : 0))
        }
        // The close tells as well.
        _ = client.lose(.superseded)
    }

    @Test func `A client from another time begins anew`() {
        var client = Agreed()
        _ = client.call("a")
        _ = client.lose()
        _ = client.dial()
        let refused = client.answer(#""error":{"code":-32600,"message":"Invalid Request"}"#)
        #expect(refused.outcomes == [3: .outcomeUnknown])
        #expect(client.dial().first?.contains("sessionId") == false)
        #expect(client.answer(#""result":\#(Agreed.terms("T"))"#).news == [.reconnected(sameServer: false)])
    }

    @Test func `A server that has more than was sent is not believed`() {
        var client = Agreed()
        _ = client.lose()
        _ = client.comeBack(Agreed.back(1, next: 1, top: 0))
        #expect(client.machine.phase == .waiting)
    }

    // MARK: The end of the session

    @Test func `What the server had taken is in doubt, what it had not goes to the next session`() {
        var client = Agreed()
        for method in ["a", "b"] { _ = client.call(method) }
        _ = client.notify("n")
        _ = client.call("c")
        _ = client.machine.handle(.cancel(id: 6), now: client.now)
        _ = client.call("d")
        _ = client.lose()
        _ = client.call("e")
        _ = client.dial()
        let error = #"{"code":40007,"message":"reconnection error","data":{"resume":{"state":"expired","rcv":1}}}"#
        let expired = client.answer(#""error":\#(error)"#)
        #expect(expired.outcomes == [3: .outcomeUnknown])
        #expect(expired.texts.last?.contains(#""resume":{"v":[1],"at":1,"buf""#) == true)
        let opened = client.answer(#""result":\#(Agreed.terms("T"))"#)
        #expect(
            opened.texts == [
                #"{"id":4,"method":"b","jsonrpc":"2.0","seq":1,"rcv":0}"#,
                #"{"method":"n","jsonrpc":"2.0","seq":2,"rcv":0}"#,
                #"{"id":7,"method":"d","jsonrpc":"2.0","seq":3,"rcv":0}"#,
                #"{"id":8,"method":"e","jsonrpc":"2.0","seq":4,"rcv":0}"#,
            ]
        )
        #expect(opened.news == [.reconnected(sameServer: false)])
        #expect(client.receive(#"{"id":4,"result":1,"seq":1}"#).outcomes == [4: nil])
    }

    @Test func `A server that does not say how far it came leaves all in doubt`() {
        var client = Agreed()
        _ = client.call("a")
        _ = client.notify("n")
        _ = client.lose()
        _ = client.dial()
        let error = #"{"code":40007,"message":"reconnection error","data":{"resume":{"state":"expired"}}}"#
        #expect(client.answer(#""error":\#(error)"#).outcomes == [3: .outcomeUnknown])
        #expect(client.answer(#""result":\#(Agreed.terms("T"))"#).texts.isEmpty)
    }

    @Test func `A message that the server finds too big fails, and those behind it go on`() {
        var client = Agreed()
        _ = client.submit(.call, "big", JSON(stringLiteral: String(repeating: "x", count: 1000)))
        _ = client.call("b")
        #expect(client.lose(.messageTooBig).outcomes == [3: .transport])
        #expect(
            client.comeBack(Agreed.back(0, next: 1, top: 0)).texts == [
                #"{"method":"rpc.gap","params":{"dir":"up","from":1,"to":1,"why":"lost"},"jsonrpc":"2.0"}"#,
                #"{"id":4,"method":"b","jsonrpc":"2.0","seq":2,"rcv":0}"#,
            ]
        )
    }

    @Test func `A link without room is left, and the session goes on`() {
        var client = Agreed()
        _ = client.call("a")
        let actions = client.machine.handle(.overflowed(client.machine.link), now: client.now)
        #expect(actions.news == [.reconnecting])
        #expect(client.comeBack(Agreed.back(0, next: 1, top: 0)).texts.count == 1)
    }

    // MARK: Gaps

    private func gap(_ numbers: ClosedRange<UInt64>, _ reason: String) -> RPCClientEvent {
        .gap(RPCGap(.toClient, numbers, reason: reason))
    }

    @Test func `Missing messages are told in their place`() {
        var client = Agreed { $0.toleratesGaps = true }
        _ = client.receive(#"{"method":"n","seq":1}"#)
        _ = client.lose()
        let gaps = #","gaps":[{"from":2,"to":3,"why":"overflow"},{"from":5,"to":6,"why":"overflow"}]"#
        let back = client.comeBack(Agreed.back(0, next: 4, top: 7, state: "gap", gaps))
        #expect(back.news == [gap(2...3, "overflow"), .reconnected(sameServer: true)])
        let fourth = client.receive(#"{"method":"n","seq":4}"#)
        #expect(fourth.delivered == ["n"])
        #expect(fourth.news == [gap(5...6, "overflow")])
        #expect(client.receive(#"{"method":"n","seq":7}"#).delivered == ["n"])
        #expect(
            client.receive(#"{"method":"rpc.gap","params":{"from":8,"to":9,"why":"expired"}}"#).news == [
                gap(8...9, "expired")
            ]
        )
        // Once is enough.
        #expect(client.receive(#"{"method":"rpc.gap","params":{"from":8,"to":9,"why":"expired"}}"#).news.isEmpty)
        #expect(client.receive(#"{"method":"n","seq":10}"#).delivered == ["n"])
    }

    @Test func `What was acknowledged in another life is missing`() {
        var client = Agreed { $0.toleratesGaps = true }
        _ = client.lose()
        let back = client.comeBack(Agreed.back(0, next: 4, top: 4))
        #expect(back.news == [gap(1...3, "acknowledged"), .reconnected(sameServer: true)])
        #expect(client.receive(#"{"method":"n","seq":4}"#).delivered == ["n"])
    }

    @Test func `Where nobody wants to know what is missing the session ends over it`() {
        var client = Agreed()
        _ = client.call("a")
        let live = client.receive(#"{"method":"rpc.gap","params":{"from":1,"to":2,"why":"overflow"}}"#)
        #expect(live.news == [gap(1...2, "overflow"), .reconnecting])
        #expect(live.outcomes == [3: .outcomeUnknown])
        #expect(live.texts == [#"{"id":4,"method":"rpc.close","jsonrpc":"2.0"}"#])
        #expect(client.dial().first?.contains("sessionId") == false)
        _ = client.answer(#""result":\#(Agreed.terms())"#)
        _ = client.lose()
        let back = client.comeBack(Agreed.back(0, next: 2, top: 1, state: "gap", #","gaps":[{"from":1,"to":1}]"#))
        #expect(back.news == [gap(1...1, "")])
        #expect(back.texts.count == 1)
        #expect(client.dial().first?.contains("sessionId") == false)
        #expect(client.answer(#""result":\#(Agreed.terms("T"))"#).news == [.reconnected(sameServer: false)])
    }

    @Test func `Closing leaves no timer`() {
        var client = Agreed()
        _ = client.receive(#"{"method":"n","seq":1}"#)
        _ = client.receive(#"{"method":"rpc.goAway","params":{"after":100,"deadline":200}}"#)
        _ = client.machine.handle(.close(sendCloseMessage: false), now: client.now)
        #expect(client.machine.deadlines.isEmpty)
    }
}
