// SPDX-License-Identifier: Apache-2.0
import HoldfastRPC
import HoldfastTransport
import Testing

@Suite struct CallSiteTests {
    struct Sum: Codable, Sendable {
        var a: Int
        var b: Int
    }

    @Test func methodsTakeAndReturnJSONOrTypesOfTheApplication() throws {
        let rpc = RPCEndpoint(label: "demo")
        rpc.method("echo") { (params: JSON, _) in params }
        rpc.method("sum") { (p: Sum, call) in p.a + p.b }
        rpc.method("slow", .concurrent) { (_: JSON, call) in
            await Task.yield()
            return "done on \(call.session.id) over \(call.connection.transport)"
        }
        rpc.method("void") { (_: JSON, _) in }
        rpc.method("none") { call in call.method }
        rpc.method("nothing") { _ in }
        rpc.onOpen { session in try await session.notify("welcome", ["id": session.id]) }
        rpc.onClose { session, reason in _ = (session.id, reason.text) }
        let client = Harness(rpc).connect()

        let first = client.exchange(#"{"jsonrpc":"2.0","method":"echo","params":{"x":1.0},"id":0}"#)
        let id = try #require(sessionID(in: first.last))
        #expect(
            first == [
                #"{"method":"welcome","params":{"id":"\#(id)"},"jsonrpc":"2.0"}"#,
                #"{"id":0,"result":{"x":1.0,"sessionId":"\#(id)"},"jsonrpc":"2.0"}"#,
            ]
        )
        #expect(
            client.exchange(#"{"jsonrpc":"2.0","method":"sum","params":{"a":1,"b":2},"id":"s"}"#) == [
                #"{"id":"s","result":{"value":3,"sessionId":"\#(id)"},"jsonrpc":"2.0"}"#
            ]
        )
        #expect(
            client.exchange(#"{"jsonrpc":"2.0","method":"void","id":2}"#) == [
                #"{"id":2,"result":{"sessionId":"\#(id)"},"jsonrpc":"2.0"}"#
            ]
        )
        #expect(
            client.exchange(#"{"jsonrpc":"2.0","method":"none","id":3}"#) == [
                #"{"id":3,"result":{"value":"none","sessionId":"\#(id)"},"jsonrpc":"2.0"}"#
            ]
        )
        #expect(
            client.exchange(#"{"jsonrpc":"2.0","method":"nothing","id":4}"#) == [
                #"{"id":4,"result":{"sessionId":"\#(id)"},"jsonrpc":"2.0"}"#
            ]
        )
    }

    final class EchoHandler: RPCHandler {
        func handle(_ request: RPCRequest, _ transaction: Transaction) async throws {
            if request.method.lowercased() == "echo" { try transaction.sendResponse(request.params) }
        }
        func connectionEstablished(_ session: RPCSession) async throws {}
        func connectionClosed(_ session: RPCSession, status: String) async throws {}
        func transportError(_ session: RPCSession, _ error: any Error) async {}
        func uncaughtError(_ session: RPCSession, _ error: any Error) async {}
    }

    @Test func aHandlerThatSendsNothingGetsTheAutomaticEmptyAnswer() throws {
        let client = Harness(EchoHandler(), .init(sockJS: true, label: "echo")).connect()
        let first = client.exchange(#"{"jsonrpc":"2.0","method":"Echo","params":{"a":1},"id":1}"#)
        let id = try #require(sessionID(in: first.last))
        #expect(first == [#"{"id":1,"result":{"a":1,"sessionId":"\#(id)"},"jsonrpc":"2.0"}"#])
        #expect(
            client.exchange(#"{"jsonrpc":"2.0","method":"other","id":7}"#)
                == [#"{"id":7,"result":{"value":"","sessionId":"\#(id)"},"jsonrpc":"2.0"}"#]
        )
    }
}
