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

    @Test func aMethodThatOnlyPlainClientsCanCallIsInTheLog() {
        for (wire, isTold) in [(RPCOptions.Wire.kurento, true), (.plain, false)] {
            let rpc = RPCEndpoint()
            rpc.method("ping") { _ in 1 }
            rpc.method("close") { _ in 1 }
            let harness = Harness(rpc, RPCOptions(wire: wire))
            #expect(harness.log.lines.contains { $0.contains("only plain clients can call ping") } == isTold)
        }
    }

    @Test func registeringTheSpecificationsMethodsIsAProgrammingError() async {
        await #expect(processExitsWith: .failure) { RPCEndpoint().method("rpc.connect") { _ in 1 } }
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

    @Test func anEndpointsOwnLimitsStandInThePlaceOfTheApplications() {
        var applications = Limits.RPC()
        applications.depth = 3
        var own = Limits.RPC()
        own.depth = 5
        for (options, depth) in [(RPCOptions(), 3), (RPCOptions(limits: own), 5)] {
            let service = RPCService(
                RPCEndpoint(),
                options: options,
                limits: applications,
                scheduler: ManualScheduler(),
                logger: LogRecorder().logger
            )
            let client = Client(service)
            for (levels, isTooDeep) in [(depth - 1, false), (depth, true)] {
                let nested = String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
                let answer = client.exchange(#"{"id":1,"method":"none","params":\#(nested)}"#).last
                #expect(answer?.contains("-32700") == isTooDeep)
            }
        }
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
        var limits = Limits.RPC()
        limits.outbox.bytes = 1000
        let client = Harness(rpc, RPCOptions(limits: limits)).connect()
        // `{"id":1,"result":{"value":"","sessionId":"…"},"jsonrpc":"2.0"}` has 87 bytes.
        let one = #"{"jsonrpc":"2.0","method":"fill","params":\#(413 + extra),"id":1}"#
        let other = #"{"jsonrpc":"2.0","method":"fill","params":413,"id":2}"#
        let text = try #require(client.exchange("[\(one),\(other)]").first)
        let answer = try JSON(parsing: text)
        #expect((answer["error"]?["code"]?.int == -32603) == isRefused)
        #expect((answer.array?.count == 2) != isRefused)
    }
}
