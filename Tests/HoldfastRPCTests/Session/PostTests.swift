// SPDX-License-Identifier: Apache-2.0
import HoldfastRPC
import HoldfastTransport
import Testing

@Suite(.timeLimit(.minutes(1))) struct PostTests {
    struct Fixture {
        let notes = Notes()
        let gate = Gate()
        let harness: Harness

        init() {
            let rpc = RPCEndpoint()
            rpc.onOpen { [notes] _ in notes.add("open") }
            rpc.onClose { [notes] _, reason in notes.add("close \(reason.text)") }
            rpc.method("whoami") { call in "\(call.connection.transport) \(call.isNew)" }
            rpc.method("count") { call in
                call.session.attributes.withLock { values in
                    let count = (values["count"] as? Int ?? 0) + 1
                    values["count"] = count
                    return count
                }
            }
            rpc.method("notify") { call in try await call.session.notify("x") }
            rpc.method("call") { call in try await call.session.call("x", as: JSON.self) }
            rpc.method("send") { call in try await call.connection.send("x") }
            rpc.method("void") { _ in }
            rpc.method("wait") { [gate, notes] (p: Int, _) in
                notes.add("begin \(p)")
                await gate.pass()
                return p
            }
            rpc.method("forever") { [notes] _ in
                notes.add("begin")
                do { try await Task.sleep(for: .seconds(3600)) } catch { notes.add("cancelled") }
            }
            harness = Harness(rpc)
        }

        func post(_ method: String, _ params: String = "null") async -> String? {
            await harness.post(#"{"jsonrpc":"2.0","method":"\#(method)","params":\#(params),"id":1}"#)
        }
    }

    @Test func aRequestRunsWithoutASession() async {
        let fixture = Fixture()
        #expect(await fixture.post("whoami") == #"{"id":1,"result":"http true","jsonrpc":"2.0"}"#)
        #expect(await fixture.post("void") == #"{"id":1,"result":null,"jsonrpc":"2.0"}"#)
        #expect(await fixture.post("ping") == #"{"id":1,"result":{"value":"pong"},"jsonrpc":"2.0"}"#)
        #expect(await fixture.post("closeSession") == #"{"id":1,"result":"bye","jsonrpc":"2.0"}"#)
        #expect(fixture.notes.all == [])
        #expect(fixture.harness.service.sessionCount == 0)
    }

    @Test(arguments: ["notify", "call", "send"])
    func nothingCanBeSentToARequestWithoutASession(method: String) async throws {
        let answer = try #require(await Fixture().post(method))
        #expect(try JSON(parsing: answer)["error"]?["code"]?.int == -32603)
    }

    @Test func aRequestThatNamesASessionRunsInIt() async throws {
        let fixture = Fixture()
        let client = fixture.harness.connect()
        let id = try #require(sessionID(in: client.exchange(SessionLifeTests.connect).last))
        let params = #"{"sessionId":"\#(id)"}"#
        #expect(
            await fixture.post("count", params)
                == #"{"id":1,"result":{"value":1,"sessionId":"\#(id)"},"jsonrpc":"2.0"}"#
        )
        #expect(client.exchange(#"{"jsonrpc":"2.0","method":"count","id":1}"#).last?.contains(#""value":2"#) == true)
        // What the request sends goes to the session's connection.
        _ = await fixture.post("notify", params)
        #expect(client.take() == [#"{"method":"x","jsonrpc":"2.0"}"#])
    }

    @Test func aRequestThatNamesASessionWaitsForItsTurn() async throws {
        let fixture = Fixture()
        let client = fixture.harness.connect()
        let id = try #require(sessionID(in: client.exchange(SessionLifeTests.connect).last))
        client.send(#"{"jsonrpc":"2.0","method":"wait","params":1,"id":1}"#)
        async let posted = fixture.post("wait", #"{"value":2,"sessionId":"\#(id)"}"#)
        await fixture.notes.wait(for: 2)
        #expect(fixture.notes.all == ["open", "begin 1"])
        fixture.gate.open()
        #expect(await posted == #"{"id":1,"result":{"value":2,"sessionId":"\#(id)"},"jsonrpc":"2.0"}"#)
        #expect(fixture.notes.all == ["open", "begin 1", "begin 2"])
    }

    @Test func anUnknownSessionIsAnError() async throws {
        let answer = try #require(await Fixture().post("count", #"{"sessionId":"\#(RandomID.make())"}"#))
        #expect(answer == #"{"id":1,"error":{"code":40007,"message":"reconnection error"},"jsonrpc":"2.0"}"#)
    }

    @available(macOS 26.0, iOS 26.0, tvOS 26.0, watchOS 26.0, visionOS 26.0, *)
    @Test func aSessionThatEndsAnswersTheRequestsThatWait() async throws {
        let fixture = Fixture()
        let client = fixture.harness.connect()
        let id = try #require(sessionID(in: client.exchange(SessionLifeTests.connect).last))
        client.send(#"{"jsonrpc":"2.0","method":"wait","params":1,"id":1}"#)
        // Waits in the session's queue when this returns.
        let posted = Task.immediate { await fixture.post("count", #"{"sessionId":"\#(id)"}"#) }
        client.send(#"{"jsonrpc":"2.0","method":"closeSession"}"#)
        let answer = try #require(await posted.value)
        #expect(answer.contains("40007"))
        fixture.gate.open()
    }

    @Test func closeSessionEndsTheSessionItNames() async throws {
        let fixture = Fixture()
        let client = fixture.harness.connect()
        let id = try #require(sessionID(in: client.exchange(SessionLifeTests.connect).last))
        #expect(
            await fixture.post("closeSession", #"{"sessionId":"\#(id)"}"#)
                == #"{"id":1,"result":"bye","jsonrpc":"2.0"}"#
        )
        #expect(client.closeReason == CloseReason(.normalClosure))
        #expect(fixture.notes.all == ["open", "close Client sent close message"])
    }

    @Test func connectNeedsAConnection() async throws {
        let answer = try #require(await Fixture().post("connect"))
        #expect(try JSON(parsing: answer)["error"]?["code"]?.int == -32600)
    }

    @Test func brokenBodiesGetAnError() async throws {
        for body in ["", " ", "{", "\"x\"", "{}"] {
            let answer = try #require(await Fixture().harness.post(body))
            #expect(try JSON(parsing: answer)["id"]?.isNull == true)
        }
    }

    @Test func answersToCallsMayBePosted() async throws {
        let fixture = Fixture()
        let client = fixture.harness.connect()
        let id = try #require(sessionID(in: client.exchange(SessionLifeTests.connect).last))
        client.send(#"{"jsonrpc":"2.0","method":"call","id":1}"#)
        let text = try #require(await client.wait(for: 1).first)
        let request = try JSON(parsing: text)
        let number = try #require(request["id"])
        #expect(
            await fixture.harness.post(#"{"jsonrpc":"2.0","id":\#(number),"result":{"value":5,"sessionId":"\#(id)"}}"#)
                == nil
        )
        #expect(await client.wait(for: 1).first?.contains(#""value":5"#) == true)
    }

    @Test func aClientThatLeavesCancelsItsRequest() async {
        let fixture = Fixture()
        let posted = Task { await fixture.post("forever") }
        await fixture.notes.wait(for: 1)
        posted.cancel()
        _ = await posted.value
        #expect(fixture.notes.all == ["begin", "cancelled"])
    }
}
