// SPDX-License-Identifier: Apache-2.0
import HoldfastRPC
import HoldfastTransport
import NIOCore
import Testing

@testable import HoldfastClient

/// Moving a session that loses nothing, without a pause.
@Suite struct ResumeMoveTests {
    /// Begins a move to the better transport; returns the new link.
    private func begin(_ client: inout Agreed) throws -> Int {
        let dialed = client.fire(.probe, after: .seconds(5))
        return try #require(dialed.links(to: .webSocket).first)
    }

    /// Goes on until the server is asked; returns what it is asked.
    private func ask(_ client: inout Agreed, _ link: Int) -> ClientMachine.Action? {
        let trying = client.machine.handle(.linkUp(link), now: client.now)
        #expect(trying.links == [link])
        #expect(trying.texts.first?.contains("rpc.ping") == true)
        guard case .trying(let ping) = client.machine.move?.stage else { return nil }
        let asking = client.receive(#"{"id":\#(ping),"result":"pong"}"#, over: link)
        #expect(asking.links == [link])
        return asking.first { if case .send = $0 { true } else { false } }
    }

    private func answer(_ client: inout Agreed, _ link: Int, _ body: String) -> [ClientMachine.Action] {
        guard case .asking(let connect) = client.machine.move?.stage else { return [] }
        return client.receive(#"{"id":\#(connect),\#(body)}"#, over: link)
    }

    @Test func `Everything goes on over the old link until the answer comes over the new one`() throws {
        var client = Agreed(fallsBack: true)
        let old = client.machine.link
        _ = client.call("a")
        let better = try begin(&client)
        let asked = try #require(ask(&client, better))
        #expect(
            [asked].texts == [
                #"{"id":5,"method":"rpc.connect","params":{"sessionId":"S","resume":{"v":[1],"at":2,"epoch":"e","token":"t1","#
                    + #""rcv":0,"sent":1,"migrate":true}},"jsonrpc":"2.0"}"#
            ]
        )
        let meanwhile = client.call("b")
        #expect(meanwhile.links == [old])
        #expect(client.receive(#"{"method":"first","seq":1}"#).delivered == ["first"])
        let moved = answer(&client, better, #""result":\#(Agreed.back(1, next: 1, top: 2, state: "migrated"))"#)
        #expect(moved.news == [.transportChanged(.webSocket)])
        #expect(moved.texts.first == #"{"id":6,"method":"b","jsonrpc":"2.0","seq":2,"rcv":0}"#)
        #expect(moved.links.allSatisfy { $0 == better })
        #expect(client.call("c").links == [better])
        // What both links bring is taken once, in order.
        #expect(client.receive(#"{"method":"first","seq":1}"#, over: better).delivered.isEmpty)
        #expect(client.receive(#"{"method":"second","seq":2}"#, over: old).delivered == ["second"])
        #expect(client.receive(#"{"method":"second","seq":2}"#, over: better).delivered.isEmpty)
        #expect(client.receive(#"{"method":"third","seq":3}"#, over: better).delivered == ["third"])
        let left = client.lose(.migrated, old)
        #expect(left.news.isEmpty)
        #expect(client.machine.phase == .open)
    }

    @Test func `A move that fails before its answer leaves the session where it is`() throws {
        for end in ["lost", "refused", "late", "superseded"] {
            var client = Agreed(fallsBack: true)
            let old = client.machine.link
            let better = try begin(&client)
            _ = ask(&client, better)
            let failed =
                switch end {
                case "lost": client.lose(.abnormalClosure, better)
                case "refused": answer(&client, better, #""error":{"code":-32053,"message":"no"}"#)
                case "superseded": answer(&client, better, #""error":{"code":-32056,"message":"no"}"#)
                default: client.fire(.move, after: .seconds(10))
                }
            #expect(failed.news.isEmpty, "\(end)")
            #expect(client.call("a").links == [old])
            // The server may have moved all the same: then the old link ends, and the session is had back.
            #expect(client.lose(.migrated, old).news == [.reconnecting], "\(end)")
            #expect(client.dial().first?.contains(#""at":3"#) == true)
        }
    }

    @Test func `The old link may end before the answer, and then the answer decides`() throws {
        for isAnswered in [true, false] {
            var client = Agreed(fallsBack: true)
            let old = client.machine.link
            _ = client.call("a")
            let better = try begin(&client)
            _ = ask(&client, better)
            #expect(client.lose(.migrated, old).isEmpty)
            if isAnswered {
                let moved = answer(&client, better, #""result":\#(Agreed.back(0, next: 1, top: 0, state: "migrated"))"#)
                #expect(moved.texts == [#"{"id":3,"method":"a","jsonrpc":"2.0","seq":1,"rcv":0}"#])
                #expect(client.machine.settling == nil)
            } else {
                #expect(client.lose(.abnormalClosure, better).news == [.reconnecting])
            }
        }
    }

    @Test func `The old link's silence ends it`() throws {
        var client = Agreed(fallsBack: true)
        let better = try begin(&client)
        _ = ask(&client, better)
        _ = answer(&client, better, #""result":\#(Agreed.back(0, next: 1, top: 0, state: "migrated"))"#)
        #expect(client.fire(.settle, after: .milliseconds(2999)).isEmpty)
        #expect(client.fire(.settle, after: .milliseconds(1)).closings == [.normalClosure])
    }

    @Test func `A link that does not answer the ping is given up`() throws {
        var client = Agreed(fallsBack: true)
        let better = try begin(&client)
        _ = client.machine.handle(.linkUp(better), now: client.now)
        #expect(client.fire(.move, after: .milliseconds(9999)).isEmpty)
        let given = client.fire(.move, after: .milliseconds(1))
        #expect(given.closings == [.goingAway])
        #expect(client.machine.attempt == 1)
    }

    @Test func `When the server asks for it the session moves, to the same transport`() throws {
        var client = Agreed()
        _ = client.receive(#"{"method":"rpc.goAway","params":{"after":1000,"deadline":20000}}"#)
        #expect(client.fire(.goAway, after: .milliseconds(1499)).isEmpty)
        let dialed = client.fire(.goAway, after: .milliseconds(1))
        let link = try #require(dialed.links(to: .webSocket).first)
        _ = ask(&client, link)
        let moved = answer(&client, link, #""result":\#(Agreed.back(0, next: 1, top: 0, state: "migrated"))"#)
        #expect(moved.news.isEmpty)
        #expect(client.call("a").links == [link])
    }

    @Test func `What is unknown of the framework's is passed over`() {
        var client = Agreed()
        #expect(client.receive(#"{"method":"rpc.else","params":[1]}"#).isEmpty)
    }
}

extension [ClientMachine.Action] {
    /// The links that are dialed over a transport.
    fileprivate func links(to transport: Transport) -> [Int] {
        compactMap { if case .dial(let link, transport) = $0 { link } else { nil } }
    }
}
