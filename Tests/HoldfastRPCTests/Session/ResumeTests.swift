// SPDX-License-Identifier: Apache-2.0
import HoldfastRPC
import HoldfastTransport
import Testing

/// Sessions that lose nothing, text for text.
@Suite(.timeLimit(.minutes(1))) struct ResumeTests {
    /// An endpoint, and a client that speaks resume by hand.
    struct Fixture {
        let notes = Notes()
        let gate = Gate()
        let harness: Harness

        init(_ options: RPCOptions = .init(wire: .plain)) {
            let rpc = RPCEndpoint()
            rpc.method("echo") { [notes] (params: JSON, _) in
                notes.add("echo \(params.text)")
                return params
            }
            rpc.method("wait") { [gate] (params: JSON, _) in
                await gate.pass()
                return params
            }
            rpc.method("push") { (params: [Int], call) in
                for number in params { try await call.session.notify("n", [number]) }
            }
            rpc.onOpen { [notes] _ in notes.add("open") }
            rpc.onReconnect { [notes] _ in notes.add("reconnect") }
            rpc.onGap { [notes] _, gap in notes.add("gap \(gap.direction) \(gap.numbers) \(gap.reason)") }
            rpc.onClose { [notes] _, reason in notes.add("close \(reason)") }
            harness = Harness(rpc, options)
        }

        func connect(_ more: String = "") throws -> (Client, Agreement) {
            let client = harness.connect()
            let answer = client.exchange(
                #"{"jsonrpc":"2.0","method":"rpc.connect","params":{"resume":{"v":[1],"at":1\#(more)}},"id":0}"#
            )
            return (client, try Agreement(answer.first))
        }

        /// Comes back on a new connection; returns it with what was said at once.
        func comeBack(
            _ agreement: Agreement,
            at attempt: Int,
            received: Int,
            sent: Int,
            _ more: String = ""
        ) -> (Client, [String]) {
            let client = harness.connect()
            let resume = agreement.back(at: attempt, received: received, sent: sent, more)
            return (client, client.exchange(resume))
        }
    }

    struct Agreement {
        let id: String
        let epoch: String
        let token: String

        init(_ answer: String?) throws {
            let result = try #require(parse(answer)["result"])
            id = try #require(result["sessionId"]?.string)
            epoch = try #require(result["resume"]?["epoch"]?.string)
            token = try #require(result["resume"]?["token"]?.string)
        }

        func back(at attempt: Int, received: Int, sent: Int, _ more: String = "") -> String {
            #"{"jsonrpc":"2.0","method":"rpc.connect","params":{"sessionId":"\#(id)","resume":{"v":[1],"at":\#(attempt),"#
                + #""epoch":"\#(epoch)","token":"\#(token)","rcv":\#(received),"sent":\#(sent)\#(more)}},"id":9}"#
        }
    }

    static func state(_ answer: String?) throws -> JSON {
        try #require(parse(answer)["result"]?["resume"])
    }

    // MARK: Agreement

    @Test func anOfferIsAnsweredWithTheTermsAndFirst() throws {
        let fixture = Fixture()
        let client = fixture.harness.connect()
        let answer = client.exchange(
            #"{"jsonrpc":"2.0","method":"rpc.connect","params":{"resume":{"v":[1],"buf":{"msgs":100,"bytes":5000}},"a":1},"id":0}"#
        )
        let agreement = try Agreement(answer.first)
        #expect(
            answer == [
                #"{"id":0,"result":{"resume":{"v":1,"epoch":"\#(agreement.epoch)","token":"\#(agreement.token)","window":60000,"#
                    + #""ack":{"msgs":32,"bytes":65536,"ms":1000},"buf":{"msgs":100,"bytes":5000}},"#
                    + #""sessionId":"\#(agreement.id)"},"jsonrpc":"2.0"}"#
            ]
        )
    }

    @Test func whatTheApplicationSaysAtTheBeginningIsCounted() throws {
        let rpc = RPCEndpoint()
        rpc.onOpen { session in try await session.notify("welcome") }
        let client = Harness(rpc, .init(wire: .plain)).connect()
        let said = client.exchange(
            #"{"jsonrpc":"2.0","method":"rpc.connect","params":{"resume":{"v":[1],"at":1}},"id":0}"#
        )
        _ = try Agreement(said.first)
        #expect(said.dropFirst() == [#"{"method":"welcome","jsonrpc":"2.0","seq":1,"rcv":0}"#])
    }

    @Test func onKurentosWireTheWordGoesWithItAndTheSessionIsPlain() throws {
        let fixture = Fixture(.init())
        let client = fixture.harness.connect()
        let answer = client.exchange(
            #"{"jsonrpc":"2.0","method":"connect","params":{"resume":{"v":[1]}},"id":0}"#
        )
        let result = try #require(parse(answer.first)["result"])
        #expect(result["value"]?.string == "OK")
        #expect(result["resume"]?["v"]?.int == 1)
        let id = try #require(result["sessionId"]?.string)
        let params = #"{"sessionId":"\#(id)","a":1}"#
        #expect(
            client.exchange(#"{"jsonrpc":"2.0","method":"echo","params":\#(params),"id":1,"seq":1}"#)
                == [#"{"id":1,"result":\#(params),"jsonrpc":"2.0","seq":1,"rcv":1}"#]
        )
    }

    @Test(arguments: [#"{"v":[2]}"#, #"{"v":1}"#, "7", "null", #"{"v":["1"]}"#])
    func whatNobodyUnderstandsIsNoOffer(_ offer: String) throws {
        let client = Fixture().harness.connect()
        let answer = client.exchange(
            #"{"jsonrpc":"2.0","method":"rpc.connect","params":{"resume":\#(offer)},"id":0}"#
        )
        let result = try #require(parse(answer.first)["result"])
        #expect(result["resume"] == nil)
        #expect(
            client.exchange(#"{"jsonrpc":"2.0","method":"echo","params":{},"id":1,"seq":7}"#)
                == [#"{"id":1,"result":{},"jsonrpc":"2.0"}"#]
        )
    }

    @Test func anEndpointThatAgreesToNothingSaysNothing() throws {
        let client = Fixture(.init(resume: nil, wire: .plain)).harness.connect()
        let answer = client.exchange(
            #"{"jsonrpc":"2.0","method":"rpc.connect","params":{"resume":{"v":[1]}},"id":0}"#
        )
        #expect(try parse(answer.first)["result"]?["resume"] == nil)
    }

    // MARK: Counting

    @Test func messagesAreNumberedBothWays() throws {
        let fixture = Fixture()
        let (client, _) = try fixture.connect()
        #expect(
            client.exchange(#"{"jsonrpc":"2.0","method":"push","params":[7,8],"id":1,"seq":1}"#) == [
                #"{"method":"n","params":[7],"jsonrpc":"2.0","seq":1,"rcv":1}"#,
                #"{"method":"n","params":[8],"jsonrpc":"2.0","seq":2,"rcv":1}"#,
                #"{"id":1,"result":null,"jsonrpc":"2.0","seq":3,"rcv":1}"#,
            ]
        )
        // The framework's own are not, unless the client does.
        #expect(
            client.exchange(#"{"jsonrpc":"2.0","method":"rpc.ping","id":2,"seq":2}"#)
                == [#"{"id":2,"result":"pong","jsonrpc":"2.0","seq":4,"rcv":2}"#]
        )
        #expect(
            client.exchange(#"{"jsonrpc":"2.0","method":"rpc.ping","id":2,"rcv":3}"#)
                == [#"{"id":2,"result":"pong","jsonrpc":"2.0"}"#]
        )
    }

    @Test func aRepeatedMessageIsTakenOnce() throws {
        let fixture = Fixture()
        let (client, _) = try fixture.connect()
        let request = #"{"jsonrpc":"2.0","method":"echo","params":[1],"id":1,"seq":1}"#
        #expect(client.exchange(request).count == 1)
        #expect(client.exchange(request).isEmpty)
        #expect(fixture.notes.all == ["open", "echo [1]"])
        // And acknowledged again, as its sender does not know.
        fixture.harness.scheduler.advance(by: .seconds(1))
        #expect(client.take() == [#"{"method":"rpc.ack","params":{"rcv":1},"jsonrpc":"2.0"}"#])
    }

    @Test(arguments: [
        #"{"jsonrpc":"2.0","method":"echo","params":[1],"id":1,"seq":2}"#,
        #"{"jsonrpc":"2.0","method":"echo","params":[1],"id":1}"#,
        #"{"jsonrpc":"2.0","method":"echo","params":[1],"id":1,"seq":0}"#,
        #"{"jsonrpc":"2.0","method":"echo","params":[1],"id":1,"seq":1.5}"#,
        #"{"jsonrpc":"2.0","method":"echo","params":[1],"id":1,"seq":"1"}"#,
        #"{"jsonrpc":"2.0","method":"echo","params":[1],"id":1,"seq":1,"seq":1}"#,
        #"{"jsonrpc":"2.0","method":"echo","params":[1],"id":1,"seq":9007199254740992}"#,
        #"{"jsonrpc":"2.0","method":"echo","params":[1],"id":1,"seq":1,"rcv":1}"#,
        #"{"jsonrpc":"2.0","method":"echo","params":[1],"id":1,"seq":1,"rcv":-1}"#,
        #"{"jsonrpc":"2.0","method":"rpc.ack","params":{"rcv":1}}"#,
        #"{"jsonrpc":"2.0","id":1,"result":1}"#,
        "{",
    ])
    func countersThatCannotBeCloseTheConnectionAndNotTheSession(_ message: String) throws {
        let fixture = Fixture()
        let (client, agreement) = try fixture.connect()
        #expect(client.exchange(message).isEmpty)
        #expect(client.closeReason?.code == .protocolViolation)
        #expect(fixture.notes.all == ["open"])
        let (_, answer) = fixture.comeBack(agreement, at: 2, received: 0, sent: 0)
        #expect(try Self.state(answer.first)["state"]?.string == "resumed")
    }

    @Test func aNotificationWithoutANumberIsVolatile() throws {
        let fixture = Fixture()
        let (client, _) = try fixture.connect()
        #expect(client.exchange(#"{"jsonrpc":"2.0","method":"echo","params":[1]}"#).isEmpty)
        #expect(fixture.notes.all == ["open", "echo [1]"])
        #expect(client.closeReason == nil)
    }

    @Test func anInvalidRequestHasItsNumberToo() throws {
        let fixture = Fixture()
        let (client, _) = try fixture.connect()
        let answer = client.exchange(#"{"jsonrpc":"2.0","method":7,"id":1,"seq":1}"#)
        #expect(answer.first?.hasSuffix(#""jsonrpc":"2.0","seq":1,"rcv":1}"#) == true)
        #expect(client.exchange(#"{"jsonrpc":"2.0","method":"echo","params":[],"id":2,"seq":2}"#).count == 1)
    }

    @Test func answersOfABatchComeOneByOne() throws {
        let fixture = Fixture()
        let (client, _) = try fixture.connect()
        #expect(
            client.exchange(
                #"[{"jsonrpc":"2.0","method":"echo","params":[1],"id":1,"seq":1},"#
                    + #"{"jsonrpc":"2.0","method":"echo","params":[2],"id":2,"seq":2}]"#
            ) == [
                #"{"id":1,"result":[1],"jsonrpc":"2.0","seq":1,"rcv":1}"#,
                #"{"id":2,"result":[2],"jsonrpc":"2.0","seq":2,"rcv":2}"#,
            ]
        )
    }

    // MARK: Acknowledging

    @Test func manyMessagesAreAcknowledgedAtOnce() throws {
        let fixture = Fixture()
        let (client, _) = try fixture.connect()
        for number in 1...31 {
            #expect(client.exchange(#"{"jsonrpc":"2.0","method":"echo","seq":\#(number)}"#).isEmpty)
        }
        #expect(
            client.exchange(#"{"jsonrpc":"2.0","method":"echo","seq":32}"#)
                == [#"{"method":"rpc.ack","params":{"rcv":32},"jsonrpc":"2.0"}"#]
        )
    }

    @Test func whoAsksIsToldAtOnce() throws {
        let fixture = Fixture()
        let (client, _) = try fixture.connect()
        client.send(#"{"jsonrpc":"2.0","method":"echo","seq":1}"#)
        #expect(
            client.exchange(#"{"jsonrpc":"2.0","method":"rpc.ackNow"}"#)
                == [#"{"method":"rpc.ack","params":{"rcv":1},"jsonrpc":"2.0"}"#]
        )
    }

    // MARK: Coming back

    @Test func whatTheClientDoesNotHaveIsSentAgain() throws {
        let fixture = Fixture()
        let (client, agreement) = try fixture.connect()
        let said = client.exchange(#"{"jsonrpc":"2.0","method":"push","params":[7,8],"id":1,"seq":1}"#)
        #expect(said.count == 3)
        client.cut()
        let (again, answer) = fixture.comeBack(agreement, at: 2, received: 1, sent: 1)
        let state = try Self.state(answer.first)
        #expect(state["state"]?.string == "resumed")
        #expect(state["rcv"]?.int == 1)
        #expect(state["next"]?.int == 2)
        #expect(state["top"]?.int == 3)
        #expect(Array(answer.dropFirst()) == Array(said.dropFirst()))
        #expect(again.exchange(#"{"jsonrpc":"2.0","method":"echo","params":[2],"id":2,"seq":2,"rcv":3}"#).count == 1)
        #expect(fixture.notes.all == ["open", "reconnect", "echo [2]"])
    }

    @Test func aRequestThatRunsMeanwhileIsAnsweredOnTheNewConnection() async throws {
        let fixture = Fixture()
        let (client, agreement) = try fixture.connect()
        client.send(#"{"jsonrpc":"2.0","method":"wait","params":[1],"id":1,"seq":1}"#)
        client.cut()
        fixture.gate.open()
        let (again, answer) = fixture.comeBack(agreement, at: 2, received: 0, sent: 1)
        let all = answer.count == 2 ? answer : answer + (await again.wait(for: 1))
        #expect(all.last?.hasPrefix(#"{"id":1,"result":[1],"jsonrpc":"2.0","seq":1"#) == true)
    }

    @Test func theConnectionBeforeIsToldAndClosed() throws {
        let fixture = Fixture()
        let (first, agreement) = try fixture.connect()
        let (second, answer) = fixture.comeBack(agreement, at: 2, received: 0, sent: 0)
        #expect(first.take() == [#"{"method":"rpc.detached","params":{"reason":"replaced"},"jsonrpc":"2.0"}"#])
        #expect(first.closeReason?.code == .replaced)
        _ = fixture.comeBack(try Agreement(answer.first), at: 3, received: 0, sent: 0, #","migrate":true"#)
        #expect(second.take() == [#"{"method":"rpc.detached","params":{"reason":"migrated"},"jsonrpc":"2.0"}"#])
        #expect(second.closeReason?.code == .migrated)
    }

    @Test func lateMessagesOfALinkThatWasLeftAreTakenOnce() throws {
        let fixture = Fixture()
        let (first, agreement) = try fixture.connect()
        let (second, _) = fixture.comeBack(agreement, at: 2, received: 0, sent: 0)
        // It had been sent before, and is sent again over the new link.
        let request = #"{"jsonrpc":"2.0","method":"echo","params":[1],"id":1,"seq":1}"#
        #expect(second.exchange(request).count == 1)
        first.send(request)
        #expect(fixture.notes.all == ["open", "reconnect", "echo [1]"])
        #expect(second.closeReason == nil)
    }

    // MARK: The secret

    @Test func theTokenBeforeIsGoodUntilTheNewOneHasArrived() throws {
        let fixture = Fixture()
        let (_, agreement) = try fixture.connect()
        // The answer to this one is lost.
        let (lost, first) = fixture.comeBack(agreement, at: 2, received: 0, sent: 0)
        lost.cut()
        let (again, second) = fixture.comeBack(agreement, at: 3, received: 0, sent: 0)
        #expect(try Self.state(second.first)["state"]?.string == "resumed")
        // The one that nobody ever read is none any more.
        let (_, third) = fixture.comeBack(try Agreement(first.first), at: 4, received: 0, sent: 0)
        #expect(third == [Self.expired()])
        _ = again.exchange(#"{"jsonrpc":"2.0","method":"rpc.ack","params":{"rcv":0},"rcv":0}"#)
        let (_, fourth) = fixture.comeBack(agreement, at: 5, received: 0, sent: 0)
        #expect(fourth == [Self.expired()])
    }

    static func expired(_ received: String = "") -> String {
        #"{"id":9,"error":{"code":40007,"message":"reconnection error","data":{"resume":{"state":"expired"\#(received)}}},"jsonrpc":"2.0"}"#
    }

    @Test func itsIdAloneOpensNothing() async throws {
        let fixture = Fixture(.init())
        let client = fixture.harness.connect()
        let answer = client.exchange(
            #"{"jsonrpc":"2.0","method":"connect","params":{"resume":{"v":[1]}},"id":0}"#
        )
        let agreement = try Agreement(answer.first)
        let thief = fixture.harness.connect()
        let unknown =
            thief.exchange(
                #"{"jsonrpc":"2.0","method":"connect","params":{"sessionId":"0000000000000000000000000a"},"id":9}"#
            )
        #expect(
            thief.exchange(#"{"jsonrpc":"2.0","method":"connect","params":{"sessionId":"\#(agreement.id)"},"id":9}"#)
                == unknown
        )
        for secret in [
            #""epoch":"\#(agreement.epoch)","token":"0000000000000000000000000a""#,
            #""epoch":"00000000","token":"\#(agreement.token)""#,
        ] {
            #expect(
                thief.exchange(
                    #"{"jsonrpc":"2.0","method":"connect","params":{"sessionId":"\#(agreement.id)","resume":{"v":[1],"at":9,\#(secret)}},"id":9}"#
                ) == [Self.expired()]
            )
        }
        let posted = await fixture.harness.post(
            #"{"jsonrpc":"2.0","method":"echo","params":{"sessionId":"\#(agreement.id)"},"id":1}"#
        )
        #expect(posted?.contains("40007") == true)
        _ = await fixture.harness.post(
            #"{"jsonrpc":"2.0","method":"closeSession","params":{"sessionId":"\#(agreement.id)"}}"#
        )
        #expect(client.closeReason == nil)
        _ = await fixture.harness.post(
            #"{"jsonrpc":"2.0","method":"closeSession","params":{"sessionId":"\#(agreement.id)","resume":{"token":"\#(agreement.token)"}}}"#
        )
        #expect(client.closeReason?.code == .normalClosure)
    }

    @Test func aLateAttemptIsSuperseded() throws {
        let fixture = Fixture()
        let (_, agreement) = try fixture.connect()
        let (current, _) = fixture.comeBack(agreement, at: 3, received: 0, sent: 0)
        let (late, answer) = fixture.comeBack(agreement, at: 2, received: 0, sent: 0)
        #expect(
            answer == [#"{"id":9,"error":{"code":-32056,"message":"A later attempt has the session"},"jsonrpc":"2.0"}"#]
        )
        #expect(late.closeReason?.code == .superseded)
        #expect(current.closeReason == nil)
        #expect(current.exchange(#"{"jsonrpc":"2.0","method":"echo","params":[1],"id":1,"seq":1}"#).count == 1)
    }

    @Test(arguments: [(received: 9, sent: 1), (received: 0, sent: 0)])
    func aClientFromAnotherTimeIsRefused(_ received: Int, _ sent: Int) throws {
        let fixture = Fixture()
        let (client, agreement) = try fixture.connect()
        _ = client.exchange(#"{"jsonrpc":"2.0","method":"echo","params":[1],"id":1,"seq":1}"#)
        let (other, answer) = fixture.comeBack(agreement, at: 2, received: received, sent: sent)
        #expect(answer.first?.contains("-32600") == true)
        #expect(other.closeReason?.code == .protocolViolation)
        #expect(client.closeReason == nil)
    }

    // MARK: The end

    @Test func anEndedSessionTellsHowFarItCame() throws {
        let fixture = Fixture()
        let (client, agreement) = try fixture.connect()
        _ = client.exchange(#"{"jsonrpc":"2.0","method":"echo","params":[1],"id":1,"seq":1}"#)
        client.cut()
        fixture.harness.scheduler.advance(by: .seconds(60))
        #expect(fixture.harness.service.sessionCount == 0)
        #expect(fixture.comeBack(agreement, at: 2, received: 0, sent: 2).1 == [Self.expired(#","rcv":1"#)])
        // A guess is answered like that of a session that never was.
        let client2 = fixture.harness.connect()
        let guess = agreement.back(at: 2, received: 0, sent: 2)
            .replacing(agreement.token, with: "0000000000000000000000000a")
        #expect(client2.exchange(guess) == [Self.expired()])
    }

    @Test func whatIsRememberedOfEndedSessionsIsBounded() throws {
        let fixture = Fixture()
        let all = try (0...100).map { _ in try fixture.connect() }
        for (client, _) in all { client.cut() }
        fixture.harness.scheduler.advance(by: .seconds(60))
        #expect(fixture.comeBack(all[0].1, at: 2, received: 0, sent: 0).1 == [Self.expired()])
        #expect(fixture.comeBack(all[1].1, at: 2, received: 0, sent: 0).1 == [Self.expired(#","rcv":0"#)])
        fixture.harness.scheduler.advance(by: .seconds(300))
        let (client, last) = try fixture.connect()
        client.send(#"{"jsonrpc":"2.0","method":"rpc.close","id":1}"#)
        #expect(fixture.comeBack(last, at: 2, received: 0, sent: 0).1 == [Self.expired(#","rcv":0"#)])
        #expect(fixture.comeBack(all[1].1, at: 2, received: 0, sent: 0).1 == [Self.expired()])
    }
}

private func parse(_ answer: String?) throws -> JSON {
    let text = try #require(answer)
    return try JSON(parsing: text)
}
