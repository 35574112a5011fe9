// SPDX-License-Identifier: Apache-2.0
import HoldfastRPC
import HoldfastTransport
import Testing

@Suite struct EndpointTests {
    @Test func registeringAMethodTwiceIsAProgrammingError() async {
        await #expect(processExitsWith: .failure) {
            let rpc = RPCEndpoint()
            rpc.method("twice") { _ in 1 }
            rpc.method("twice") { _ in 2 }
        }
    }

    @Test func registeringTheFrameworksMethodsIsAProgrammingError() async {
        await #expect(processExitsWith: .failure) { RPCEndpoint().method("ping") { _ in 1 } }
        await #expect(processExitsWith: .failure) { RPCEndpoint().method("connect") { _ in 1 } }
        await #expect(processExitsWith: .failure) { RPCEndpoint().method("closeSession") { _ in 1 } }
        await #expect(processExitsWith: .failure) { RPCEndpoint().method("rpc.x") { _ in 1 } }
    }

    @Test func registeringAfterMountingIsAProgrammingError() async {
        await #expect(processExitsWith: .failure) {
            let rpc = RPCEndpoint()
            _ = RPCService(rpc, scheduler: ManualScheduler(), logger: LogRecorder().logger)
            rpc.method("late") { _ in 1 }
        }
    }

    @Test func anEndpointMayBeMountedTwiceAndItsSessionsStayApart() throws {
        let rpc = RPCEndpoint()
        rpc.method("any") { _ in 1 }
        let (one, other) = (Harness(rpc), Harness(rpc))
        let id = try #require(sessionID(in: one.connect().exchange(SessionLifeTests.connect).last))
        #expect(other.connect().exchange(SessionLifeTests.connect(id)).last?.contains("40007") == true)
    }

    @Test func theOptionsLabelWinsOverTheEndpoints() throws {
        let rpc = RPCEndpoint(label: "own")
        rpc.method("label") { call in call.session.label }
        let request = #"{"jsonrpc":"2.0","method":"label","id":1}"#
        #expect(Harness(rpc).connect().exchange(request).first?.contains(#""own""#) == true)
        #expect(Harness(rpc, .init(label: "mount")).connect().exchange(request).first?.contains(#""mount""#) == true)
    }

    @Test func theAllowedOriginsBecomeAPolicy() {
        let origins = ["https://example.com"]
        #expect(RPCOptions().originPolicy == .sameOrigin)
        #expect(RPCOptions(allowedOrigins: origins).originPolicy == .list(origins))
        #expect(RPCOptions(allowedOrigins: ["*"]).originPolicy == .any)
    }

    @Test func theReconnectionTimeoutFollowsTheLimitsUnlessGiven() {
        var limits = Limits.RPC()
        limits.reconnectionTimeout = .seconds(3)
        #expect(RPCOptions().reconnectionTimeout == .seconds(10))
        #expect(RPCOptions(limits: limits).reconnectionTimeout == .seconds(3))
        #expect(RPCOptions(reconnectionTimeout: .seconds(5), limits: limits).reconnectionTimeout == .seconds(5))
    }

    @Test func aBatchMayConnectAndComeBack() throws {
        let rpc = RPCEndpoint()
        rpc.method("any") { _ in 1 }
        let harness = Harness(rpc)
        let connect = #"{"jsonrpc":"2.0","method":"connect","id":1}"#
        let ping = #"{"jsonrpc":"2.0","method":"ping","id":2}"#
        let first = harness.connect()
        let opened = try #require(first.exchange("[\(connect),\(ping)]").first)
        let id = try #require(try JSON(parsing: opened)[0]?["result"]?["sessionId"]?.string)
        let second = harness.connect()
        let answer = try #require(second.exchange("[\(SessionLifeTests.connect(id)),\(ping)]").first)
        #expect(try JSON(parsing: answer)[0]?["result"]?["value"] == "reconnection successful")
        #expect(try JSON(parsing: answer)[1]?["result"]?["value"] == "pong")
        #expect(first.closeReason?.code == .replaced)
    }

    @Test(arguments: [(0, false), (1, true)])
    func theAnswersOfABatchFitIntoTheOutbox(extra: Int, isRefused: Bool) throws {
        let rpc = RPCEndpoint()
        rpc.method("fill") { (count: Int, _) in String(repeating: "x", count: count) }
        var options = RPCOptions()
        options.limits.outbox.bytes = 1000
        let client = Harness(rpc, options).connect()
        // `{"id":1,"result":{"value":"","sessionId":"…"},"jsonrpc":"2.0"}` has 87 bytes.
        let one = #"{"jsonrpc":"2.0","method":"fill","params":\#(413 + extra),"id":1}"#
        let other = #"{"jsonrpc":"2.0","method":"fill","params":413,"id":2}"#
        let text = try #require(client.exchange("[\(one),\(other)]").first)
        let answer = try JSON(parsing: text)
        #expect((answer["error"]?["code"]?.int == -32603) == isRefused)
        #expect((answer.array?.count == 2) != isRefused)
    }
}
