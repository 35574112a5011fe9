// SPDX-License-Identifier: Apache-2.0
import HoldfastRPC
import HoldfastTransport
import Synchronization
import Testing

/// JSON-RPC 2.0 without a trace of sessions, text for text.
@Suite(.timeLimit(.minutes(1))) struct PlainWireTests {
    /// What may make a connection plain.
    enum Choice: CaseIterable, CustomTestStringConvertible {
        case endpoint, subprotocol, query

        var testDescription: String { "\(self)" }

        var options: RPCOptions { RPCOptions(wire: self == .endpoint ? .plain : .kurento) }

        var info: ConnectionInfo {
            switch self {
            case .endpoint: .init()
            case .subprotocol: .init(subprotocol: "jsonrpc-2.0")
            case .query: .init(query: "a=1&wire=plain&b")
            }
        }
    }

    /// An endpoint that has the names which are the framework's on Kurento's wire.
    struct Fixture {
        let notes = Notes()
        let harness: Harness
        let choice: Choice

        init(_ choice: Choice = .endpoint) {
            let rpc = RPCEndpoint()
            for name in ["connect", "ping", "closeSession", "poll", "reconnect", "close", "close_session"] {
                rpc.method(name) { (params: JSON, _) in ["mine": JSON(stringLiteral: name), "params": params] as JSON }
            }
            rpc.method("echo") { (params: JSON, _) in params }
            rpc.method("void") { _ in }
            rpc.method("fail") { _ in throw RPCError(code: 7, message: "no", data: ["sessionId": "mine"]) }
            rpc.method("id") { call in call.session.id }
            rpc.onOpen { [notes] session in notes.add("open \(session.registerInfo?.text ?? "-")") }
            rpc.onReconnect { [notes] _ in notes.add("reconnect") }
            rpc.onClose { [notes] _, reason in notes.add("close \(reason.text)") }
            harness = Harness(rpc, choice.options)
            self.choice = choice
        }

        func connect() -> Client { harness.connect(info: choice.info) }

        /// Connects with `rpc.connect`; returns the session's id.
        func session(_ client: Client) throws -> String {
            let answer = client.exchange(#"{"jsonrpc":"2.0","method":"rpc.connect","id":0}"#)
            let id = try #require(sessionID(in: answer.first))
            #expect(answer == [#"{"id":0,"result":{"sessionId":"\#(id)"},"jsonrpc":"2.0"}"#])
            return id
        }
    }

    static let values = [
        #""text""#, "7", "21.5", "true", "null", "[1,2]", #"{"a":1}"#, "{}", #"{"value":21.5}"#,
        #"{"sessionId":"room-7"}"#,
        #"{"value":{},"sessionId":"0123456789abcdefghijklmnuv"}"#, #""""#, "12345678901234567890123",
    ]

    @Test(arguments: Choice.allCases, values)
    func valuesArriveAsTheyWereSent(choice: Choice, value: String) throws {
        let client = Fixture(choice).connect()
        for _ in 0..<2 {
            #expect(
                client.exchange(#"{"jsonrpc":"2.0","method":"echo","params":\#(value),"id":1}"#)
                    == [#"{"id":1,"result":\#(value),"jsonrpc":"2.0"}"#]
            )
            // Also once the session's id is known.
            _ = client.exchange(#"{"jsonrpc":"2.0","method":"rpc.connect","id":1}"#)
        }
    }

    @Test(arguments: values)
    func valuesArriveAsTheyWerePosted(value: String) async throws {
        for choice in Choice.allCases {
            let fixture = Fixture(choice)
            #expect(
                await fixture.harness.post(
                    #"{"jsonrpc":"2.0","method":"echo","params":\#(value),"id":1}"#,
                    info: choice.info
                ) == #"{"id":1,"result":\#(value),"jsonrpc":"2.0"}"#
            )
            #expect(fixture.harness.service.sessionCount == 0)
        }
    }

    @Test(arguments: values)
    func resultsOfTheClientArriveAsTheyWereGiven(value: String) async throws {
        let opened = Mutex<RPCSession?>(nil)
        let rpc = RPCEndpoint()
        rpc.onOpen { session in opened.withLock { $0 = session } }
        let client = Harness(rpc, RPCOptions(wire: .plain)).connect()
        _ = client.exchange(#"{"jsonrpc":"2.0","method":"rpc.connect","id":0}"#)
        let session = try #require(opened.withLock { $0 })
        // Its own id too: nobody has added it.
        let value = value.replacing("0123456789abcdefghijklmnuv", with: session.id)
        client.reply { request in
            (try? JSON(parsing: request))?["id"].map { #"{"jsonrpc":"2.0","id":\#($0),"result":\#(value)}"# }
        }
        let result: JSON = try await session.call("confirm")
        #expect(result.text == value)
    }

    @Test func aMethodWithoutAResultGivesNull() {
        #expect(
            Fixture().connect().exchange(#"{"jsonrpc":"2.0","method":"void","id":"x"}"#)
                == [#"{"id":"x","result":null,"jsonrpc":"2.0"}"#]
        )
    }

    @Test func aHandlerThatGivesNoAnswerGivesAnEmptyString() {
        final class Silent: RPCHandler {}
        #expect(
            Harness(Silent(), RPCOptions(wire: .plain)).connect().exchange(#"{"jsonrpc":"2.0","method":"any","id":1}"#)
                == [#"{"id":1,"result":"","jsonrpc":"2.0"}"#]
        )
    }

    @Test func errorsAndBatchesAreAsEver() {
        let client = Fixture().connect()
        #expect(
            client.exchange(
                #"[{"jsonrpc":"2.0","method":"fail","id":1},{"jsonrpc":"2.0","method":"none","id":2},"#
                    + #"{"jsonrpc":"2.0","method":"void"},{"jsonrpc":"2.0","method":"echo","params":[3],"id":3}]"#
            ) == [
                #"[{"id":1,"error":{"code":7,"message":"no","data":{"sessionId":"mine"}},"jsonrpc":"2.0"},"#
                    + #"{"id":2,"error":{"code":-32601,"message":"Method not found"},"jsonrpc":"2.0"},"#
                    + #"{"id":3,"result":[3],"jsonrpc":"2.0"}]"#
            ]
        )
    }

    @Test(
        arguments: Choice.allCases,
        ["connect", "ping", "closeSession", "poll", "reconnect", "close", "close_session"]
    )
    func theFrameworksNamesAreTheApplications(choice: Choice, method: String) {
        let client = Fixture(choice).connect()
        #expect(
            client.exchange(#"{"jsonrpc":"2.0","method":"\#(method)","params":{"sessionId":"S"},"id":1}"#)
                == [#"{"id":1,"result":{"mine":"\#(method)","params":{"sessionId":"S"}},"jsonrpc":"2.0"}"#]
        )
        #expect(client.closeReason == nil)
    }

    @Test(arguments: ["rpc.login", "rpc.on", "rpc.off", "rpc.", "rpc.connect2", "rpc.poll"])
    func otherNamesOfTheSpecificationAreUnknown(method: String) {
        #expect(
            Fixture().connect().exchange(#"{"jsonrpc":"2.0","method":"\#(method)","id":1}"#)
                == [#"{"id":1,"error":{"code":-32601,"message":"Method not found"},"jsonrpc":"2.0"}"#]
        )
    }

    @Test(arguments: ["rpc.connect", "rpc.ping", "rpc.close"])
    func theyAreUnknownOnKurentosWire(method: String) {
        let client = Harness(RPCEndpoint()).connect(info: .init(query: "wire=plainer&xwire=plain&wire"))
        #expect(
            client.exchange(#"{"jsonrpc":"2.0","method":"\#(method)","id":1}"#)
                == [#"{"id":1,"error":{"code":-32601,"message":"Method not found"},"jsonrpc":"2.0"}"#]
        )
    }

    @Test(arguments: Choice.allCases)
    func aClientThatNamesItsSessionComesBackToIt(choice: Choice) throws {
        let fixture = Fixture(choice)
        let first = fixture.connect()
        let id = try fixture.session(first)
        #expect(try fixture.session(first) == id)
        for params in [#"{"sessionId":"\#(id)"}"#, #"["\#(id)"]"#] {
            let other = fixture.connect()
            #expect(
                other.exchange(#"{"jsonrpc":"2.0","method":"rpc.connect","params":\#(params),"id":3}"#)
                    == [#"{"id":3,"result":{"sessionId":"\#(id)"},"jsonrpc":"2.0"}"#]
            )
            #expect(
                other.exchange(#"{"jsonrpc":"2.0","method":"id","id":4}"#)
                    == [#"{"id":4,"result":"\#(id)","jsonrpc":"2.0"}"#]
            )
        }
        #expect(first.closeReason?.code == .replaced)
        #expect(fixture.notes.all == ["open -", "reconnect", "reconnect"])
    }

    @Test(arguments: [#"{"sessionId":"unknown"}"#, #"{"sessionId":5}"#, #"["unknown"]"#])
    func aSessionThatIsNoMoreIsAnError(params: String) {
        let fixture = Fixture()
        #expect(
            fixture.connect().exchange(#"{"jsonrpc":"2.0","method":"rpc.connect","params":\#(params),"id":3}"#)
                == [#"{"id":3,"error":{"code":40007,"message":"reconnection error"},"jsonrpc":"2.0"}"#]
        )
        #expect(fixture.harness.service.sessionCount == 0)
    }

    @Test func connectMayTellMore() {
        let fixture = Fixture()
        _ = fixture.connect().exchange(
            #"{"jsonrpc":"2.0","method":"rpc.connect","params":{"user":"ada","sessionId":null},"id":3}"#
        )
        #expect(fixture.notes.all == [#"open {"user":"ada"}"#])
    }

    @Test func aPingIsAnswered() {
        let fixture = Fixture()
        for params in ["", #","params":{"interval":5000}"#, #","params":{"sessionId":"S"}"#, #","params":[]"#] {
            #expect(
                fixture.connect().exchange(#"{"jsonrpc":"2.0","method":"rpc.ping"\#(params),"id":1}"#)
                    == [#"{"id":1,"result":"pong","jsonrpc":"2.0"}"#]
            )
        }
        #expect(fixture.harness.service.sessionCount == 0)
    }

    @Test func aPingArmsTheWatchdog() {
        let harness = Harness(RPCEndpoint(), RPCOptions(pingWatchdog: true, wire: .plain))
        let client = harness.connect()
        client.send(#"{"jsonrpc":"2.0","method":"rpc.ping","params":{"interval":1000},"id":1}"#)
        harness.scheduler.advance(by: .seconds(3))
        #expect(client.closeReason?.text == "Close for not receive ping from client")
    }

    @Test(arguments: Choice.allCases)
    func closeEndsTheSession(choice: Choice) throws {
        let fixture = Fixture(choice)
        let client = fixture.connect()
        _ = try fixture.session(client)
        #expect(
            client.exchange(#"{"jsonrpc":"2.0","method":"rpc.close","id":1}"#)
                == [#"{"id":1,"result":"bye","jsonrpc":"2.0"}"#]
        )
        #expect(client.closeReason == CloseReason(.normalClosure))
        #expect(fixture.notes.all == ["open -", "close Client sent close message"])
    }

    @Test(arguments: Choice.allCases)
    func aPostMayEndASession(choice: Choice) async throws {
        let fixture = Fixture(choice)
        let client = fixture.connect()
        let id = try fixture.session(client)
        let close = #"{"jsonrpc":"2.0","method":"rpc.close","params":{"sessionId":"\#(id)"}"#
        #expect(
            await fixture.harness.post(close + #","id":1}"#, info: choice.info)
                == #"{"id":1,"result":"bye","jsonrpc":"2.0"}"#
        )
        #expect(client.closeReason == CloseReason(.normalClosure))
    }

    @Test func aSessionMayBeOnBothWiresInTurn() throws {
        let fixture = Fixture(.query)
        let plain = fixture.connect()
        let id = try fixture.session(plain)
        let kurento = fixture.harness.connect()
        kurento.send(SessionLifeTests.connect(id))
        _ = kurento.take()
        #expect(
            kurento.exchange(#"{"jsonrpc":"2.0","method":"echo","params":5,"id":1}"#)
                == [#"{"id":1,"result":{"value":5,"sessionId":"\#(id)"},"jsonrpc":"2.0"}"#]
        )
    }
}
