// SPDX-License-Identifier: Apache-2.0
import HoldfastRPC
import HoldfastTransport
import Testing

/// The messages Kurento's clients and servers exchange, text for text.
@Suite struct KurentoWireTests {
    /// Answers as its method's name says.
    final class Handler: RPCHandler {
        func handle(_ request: RPCRequest, _ transaction: Transaction) async throws {
            switch request.method {
            case "echo": try transaction.sendResponse(request.params)
            case "show": try transaction.sendResponse(request.params.text)
            case "void": try transaction.sendVoidResponse()
            case "three": try transaction.sendError(code: 7, message: "TYPE", data: "data")
            case "four": try transaction.sendError(code: 7, message: "msg", data: "data", type: "TYPE")
            case "error": try transaction.sendError(RPCError(code: 9, message: "m"))
            case "throw": throw RPCError(code: 123, message: "rpcboom", data: ["type": "T", "k": 1])
            default: break
            }
        }
    }

    private func session(_ client: Client) throws -> String {
        try #require(sessionID(in: client.exchange(#"{"id":1,"method":"connect","jsonrpc":"2.0"}"#).first))
    }

    @Test func pingIsAnsweredWithoutASession() {
        let harness = Harness(Handler())
        let client = harness.connect()
        #expect(
            client.exchange(#"{"jsonrpc":"2.0","method":"ping","params":{"interval":5000},"id":0}"#)
                == [#"{"id":0,"result":{"value":"pong"},"jsonrpc":"2.0"}"#]
        )
        #expect(
            client.exchange(#"{"id":2,"method":"ping","params":{"interval":300,"sessionId":"S"},"jsonrpc":"2.0"}"#)
                == [#"{"id":2,"result":{"value":"pong","sessionId":"S"},"jsonrpc":"2.0"}"#]
        )
        #expect(harness.service.sessionCount == 0)
    }

    @Test(arguments: [
        "", #","params":null"#, #","params":[]"#, #","params":{"interval":"x"}"#, #","params":{"interval":1e400}"#,
    ])
    func pingIsAnsweredWhateverItsParametersAre(params: String) {
        #expect(
            Harness(Handler()).connect().exchange(#"{"jsonrpc":"2.0","method":"ping"\#(params),"id":5}"#)
                == [#"{"id":5,"result":{"value":"pong"},"jsonrpc":"2.0"}"#]
        )
    }

    @Test func connectWithoutAnIdGivesTheConnectionsSession() throws {
        let client = Harness(Handler()).connect()
        let first = client.exchange(#"{"id":1,"method":"connect","jsonrpc":"2.0"}"#)
        let id = try #require(sessionID(in: first.first))
        #expect(id.count == 26)
        #expect(first == [#"{"id":1,"result":{"value":"OK","sessionId":"\#(id)"},"jsonrpc":"2.0"}"#])
        #expect(
            client.exchange(#"{"id":2,"method":"connect","jsonrpc":"2.0"}"#)
                == [#"{"id":2,"result":{"value":"OK","sessionId":"\#(id)"},"jsonrpc":"2.0"}"#]
        )
    }

    @Test(arguments: ["connect", "reconnect"])
    func connectWithAnIdComesBackToThatSession(method: String) throws {
        let harness = Harness(Handler())
        let id = try session(harness.connect())
        let other = harness.connect()
        #expect(
            other.exchange(#"{"jsonrpc":"2.0","method":"\#(method)","params":{"sessionId":"\#(id)"},"id":3}"#)
                == [#"{"id":3,"result":{"value":"reconnection successful","sessionId":"\#(id)"},"jsonrpc":"2.0"}"#]
        )
        #expect(
            other.exchange(#"{"jsonrpc":"2.0","method":"\#(method)","params":{"sessionId":"unknown"},"id":3}"#)
                == [#"{"id":3,"error":{"code":40007,"message":"reconnection error"},"jsonrpc":"2.0"}"#]
        )
        #expect(harness.service.sessionCount == 1)
    }

    @Test func reconnectWithoutAnIdIsAnError() throws {
        let harness = Harness(Handler())
        let answer = harness.connect().exchange(#"{"jsonrpc":"2.0","method":"reconnect","id":3}"#)
        #expect(try JSON(parsing: try #require(answer.first))["error"]?["code"]?.int == -32602)
        #expect(harness.service.sessionCount == 0)
    }

    @Test(arguments: ["closeSession", "close", "close_session"])
    func closeSessionSaysByeAndClosesTheConnection(method: String) throws {
        let harness = Harness(Handler())
        let client = harness.connect()
        _ = try session(client)
        #expect(
            client.exchange(#"{"jsonrpc":"2.0","method":"\#(method)","id":9}"#)
                == [#"{"id":9,"result":"bye","jsonrpc":"2.0"}"#]
        )
        #expect(client.closeReason == CloseReason(.normalClosure))
        #expect(harness.service.sessionCount == 0)
    }

    @Test func closeSessionWithoutASessionOnlySaysBye() throws {
        let harness = Harness(Handler())
        let owner = harness.connect()
        let id = try session(owner)
        let client = harness.connect()
        #expect(
            client.exchange(#"{"jsonrpc":"2.0","method":"closeSession","params":{"sessionId":"\#(id)"},"id":9}"#)
                == [#"{"id":9,"result":"bye","jsonrpc":"2.0"}"#]
        )
        #expect(client.closeReason == nil)
        #expect(owner.closeReason == nil)
        #expect(harness.service.sessionCount == 1)
    }

    @Test(arguments: [
        (#"{"a":1}"#, #"{"a":1,"#), (#""hello""#, #"{"value":"hello","#), ("42", #"{"value":42,"#),
        ("true", #"{"value":true,"#),
        ("[1,2,3]", #"{"value":[1,2,3],"#), ("null", "{"), ("1.0", #"{"value":1.0,"#), ("1e3", #"{"value":1e3,"#),
        ("12345678901234567890123", #"{"value":12345678901234567890123,"#), ("{}", "{"),
        (#"{"a":null,"sessionId":null}"#, #"{"a":null,"#),
    ])
    func resultsCarryTheSessionId(params: String, result: String) throws {
        let client = Harness(Handler()).connect()
        let id = try session(client)
        #expect(
            client.exchange(#"{"jsonrpc":"2.0","method":"echo","params":\#(params),"id":4}"#)
                == [#"{"id":4,"result":\#(result)"sessionId":"\#(id)"},"jsonrpc":"2.0"}"#]
        )
    }

    @Test func theSessionIdIsTakenOutOfTheParameters() throws {
        let client = Harness(Handler()).connect()
        let id = try session(client)
        for params in [#"{"sessionId":"\#(id)","a":1}"#, #"{"a":1,"sessionId":"\#(id)"}"#] {
            #expect(
                client.exchange(#"{"jsonrpc":"2.0","method":"echo","params":\#(params),"id":4}"#)
                    == [#"{"id":4,"result":{"a":1,"sessionId":"\#(id)"},"jsonrpc":"2.0"}"#]
            )
            #expect(
                client.exchange(#"{"jsonrpc":"2.0","method":"show","params":\#(params),"id":4}"#) == [
                    #"{"id":4,"result":{"value":"{\"a\":1}","sessionId":"\#(id)"},"jsonrpc":"2.0"}"#
                ]
            )
        }
    }

    @Test(arguments: [
        #""room-7""#, "7", "null", #"["S"]"#, "{}", "true", #""""#, #""\#(RandomID.make())""#,
    ])
    func aSessionIdOfTheApplicationReachesIt(value: String) throws {
        let harness = Harness(Handler())
        let client = harness.connect()
        let id = try session(client)
        let params = #"{"a":1,"sessionId":\#(value)}"#
        let shown = JSON(stringLiteral: params)
        #expect(
            client.exchange(#"{"jsonrpc":"2.0","method":"show","params":\#(params),"id":4}"#) == [
                #"{"id":4,"result":{"value":\#(shown),"sessionId":"\#(id)"},"jsonrpc":"2.0"}"#
            ]
        )
        #expect(harness.service.sessionCount == 1)
        // Also where there is no session yet.
        let other = harness.connect()
        let answer = try #require(
            other.exchange(#"{"jsonrpc":"2.0","method":"show","params":\#(params),"id":4}"#).first
        )
        #expect(try JSON(parsing: answer)["result"]?["value"] == shown)
        #expect(harness.service.sessionCount == 2)
    }

    @Test func voidAndAutomaticAnswers() throws {
        let client = Harness(Handler()).connect()
        let id = try session(client)
        #expect(
            client.exchange(#"{"id":5,"method":"void","jsonrpc":"2.0"}"#)
                == [#"{"id":5,"result":{"sessionId":"\#(id)"},"jsonrpc":"2.0"}"#]
        )
        #expect(
            client.exchange(#"{"id":5,"method":"echo","jsonrpc":"2.0"}"#)
                == [#"{"id":5,"result":{"sessionId":"\#(id)"},"jsonrpc":"2.0"}"#]
        )
        #expect(
            client.exchange(#"{"id":7,"method":"nothing","jsonrpc":"2.0"}"#)
                == [#"{"id":7,"result":{"value":"","sessionId":"\#(id)"},"jsonrpc":"2.0"}"#]
        )
    }

    @Test(arguments: ["", #","params":[]"#, #","params":null"#])
    func pollHasNothingToGive(params: String) {
        let harness = Harness(Handler())
        #expect(
            harness.connect().exchange(#"{"jsonrpc":"2.0","method":"poll"\#(params),"id":6}"#)
                == [#"{"id":6,"result":[],"jsonrpc":"2.0"}"#]
        )
        #expect(harness.service.sessionCount == 0)
    }

    @Test(arguments: ["{}", #""x""#, "5", "[\(Array(repeating: "1", count: 51).joined(separator: ","))]"])
    func pollTakesAnArrayOfAnswers(params: String) throws {
        let answer = Harness(Handler()).connect().exchange(
            #"{"jsonrpc":"2.0","method":"poll","params":\#(params),"id":6}"#
        )
        #expect(try JSON(parsing: try #require(answer.first))["error"]?["code"]?.int == -32602)
    }

    @Test func anApplicationMayUsePoll() {
        let rpc = RPCEndpoint()
        rpc.method("poll") { _ in "mine" }
        let answer = Harness(rpc).connect().exchange(#"{"jsonrpc":"2.0","method":"poll","params":[],"id":6}"#)
        #expect(answer.first?.contains(#""value":"mine""#) == true)
    }

    @Test(arguments: [
        ("three", #"{"code":7,"message":"TYPE","data":"data"}"#),
        ("four", #"{"code":7,"message":"msg","data":"data","type":"TYPE"}"#),
        ("error", #"{"code":9,"message":"m"}"#),
        ("throw", #"{"code":123,"message":"rpcboom","data":{"type":"T","k":1}}"#),
    ])
    func errorsGoOutAsGiven(method: String, error: String) {
        #expect(
            Harness(Handler()).connect().exchange(#"{"id":1,"method":"\#(method)","jsonrpc":"2.0"}"#)
                == [#"{"id":1,"error":\#(error),"jsonrpc":"2.0"}"#]
        )
    }

    @Test(arguments: ["echo", "void", "error", "throw", "nothing", "ping", "connect", "poll"])
    func notificationsAreNeverAnswered(method: String) {
        let client = Harness(Handler()).connect()
        #expect(client.exchange(#"{"method":"\#(method)","params":{"a":1},"jsonrpc":"2.0"}"#) == [])
        #expect(client.closeReason == nil)
    }

    @Test func aNotifiedCloseSessionClosesWithoutAnAnswer() throws {
        let client = Harness(Handler()).connect()
        _ = try session(client)
        #expect(client.exchange(#"{"method":"closeSession","jsonrpc":"2.0"}"#) == [])
        #expect(client.closeReason == CloseReason(.normalClosure))
    }

    @Test(arguments: ["{", "not json", #"{"a":1} trailing"#, "\u{FEFF}{}", #"{'a':1}"#])
    func brokenTextIsAnsweredWithTheIdNullAndTheConnectionStays(text: String) throws {
        let client = Harness(Handler()).connect()
        let answer = try JSON(parsing: try #require(client.exchange(text).first))
        #expect(answer["id"]?.isNull == true)
        #expect(answer["error"]?["code"]?.int == -32700)
        #expect(client.closeReason == nil)
    }

    @Test func binaryMessagesAreRefused() {
        let client = Harness(Handler()).connect()
        client.send(binary: [1, 2, 3])
        #expect(client.closeReason == CloseReason(.unsupportedData, "Binary messages not supported"))
    }

    @Test func aMissingOrOldVersionMemberIsTolerated() {
        let client = Harness(Handler()).connect()
        let pong = #""result":{"value":"pong"},"jsonrpc":"2.0"}"#
        #expect(client.exchange(#"{"method":"ping","id":1}"#) == [#"{"id":1,"# + pong])
        #expect(client.exchange(#"{"jsonrpc":"1.0","method":"ping","id":2}"#) == [#"{"id":2,"# + pong])
    }
}
