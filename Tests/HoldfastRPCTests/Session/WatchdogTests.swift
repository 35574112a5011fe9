// SPDX-License-Identifier: Apache-2.0
import HoldfastRPC
import HoldfastTransport
import Testing

@Suite struct WatchdogTests {
    private static let reason = CloseReason(.normalClosure, "Close for not receive ping from client")

    private func ping(_ interval: String? = nil) -> String {
        let params = interval.map { #","params":{"interval":\#($0)}"# } ?? ""
        return #"{"jsonrpc":"2.0","method":"ping"\#(params),"id":0}"#
    }

    private func harness(_ notes: Notes = Notes(), isOn: Bool = true) -> Harness {
        let rpc = RPCEndpoint()
        rpc.onClose { _, reason in notes.add("\(reason)") }
        rpc.method("other") { _ in }
        return Harness(rpc, .init(pingWatchdog: isOn))
    }

    @Test func aClientThatStopsPingingIsClosedOnceAfterThreeIntervals() {
        let harness = harness()
        let client = harness.connect()
        for _ in 0..<10 {
            client.send(ping("100"))
            harness.scheduler.advance(by: .milliseconds(100))
        }
        harness.scheduler.advance(by: .milliseconds(199))
        #expect(client.closeReason == nil)
        harness.scheduler.advance(by: .milliseconds(1))
        #expect(client.closeReason == Self.reason)
        #expect(harness.scheduler.pendingCount == 0)
    }

    @Test func theSessionThenWaitsForItsClientAndEndsWithThatReason() {
        let notes = Notes()
        let harness = harness(notes)
        let client = harness.connect()
        client.send(SessionLifeTests.connect)
        client.send(ping("1000"))
        harness.scheduler.advance(by: .seconds(3))
        #expect(client.closeReason == Self.reason)
        #expect(harness.service.sessionCount == 1)
        harness.scheduler.advance(by: .seconds(10))
        #expect(notes.all == ["1000 Close for not receive ping from client"])
    }

    @Test func theIntervalIsTwentySecondsWhenNoneIsNamed() {
        let harness = harness()
        let client = harness.connect()
        client.send(ping())
        harness.scheduler.advance(by: .milliseconds(59_999))
        #expect(client.closeReason == nil)
        harness.scheduler.advance(by: .milliseconds(1))
        #expect(client.closeReason == Self.reason)
    }

    @Test func aLaterPingMayNameAnotherInterval() {
        let harness = harness()
        let client = harness.connect()
        client.send(ping("60000"))
        client.send(ping("1000"))
        harness.scheduler.advance(by: .milliseconds(2999))
        client.send(ping())
        harness.scheduler.advance(by: .milliseconds(2999))
        #expect(client.closeReason == nil)
        client.send(ping("10000"))
        harness.scheduler.advance(by: .milliseconds(29_999))
        #expect(client.closeReason == nil)
        harness.scheduler.advance(by: .milliseconds(1))
        #expect(client.closeReason == Self.reason)
    }

    @Test func onlyPingsCount() {
        let harness = harness()
        let client = harness.connect()
        client.send(ping("1000"))
        harness.scheduler.advance(by: .seconds(2))
        client.send(#"{"jsonrpc":"2.0","method":"other","id":1}"#)
        harness.scheduler.advance(by: .seconds(1))
        #expect(client.closeReason == Self.reason)
    }

    @Test func aClientThatNeverPingsIsNeverClosed() {
        let harness = harness()
        let client = harness.connect()
        client.send(#"{"jsonrpc":"2.0","method":"other","id":1}"#)
        harness.scheduler.advance(by: .seconds(10_000))
        #expect(client.closeReason == nil)
    }

    @Test func withoutTheWatchdogNobodyIsClosed() {
        let harness = harness(isOn: false)
        let client = harness.connect()
        client.send(ping("1000"))
        #expect(harness.scheduler.pendingCount == 0)
        harness.scheduler.advance(by: .seconds(10_000))
        #expect(client.closeReason == nil)
    }

    @Test(arguments: [
        ("0", 300), ("-5", 300), ("99", 300), ("100", 300), ("101", 303), ("1e2", 300), ("600000", 1_800_000),
        ("600001", 1_800_000), ("1000000000000", 1_800_000), ("1e308", 1_800_000), ("1e999", 60_000), (#""5""#, 60_000),
    ])
    func theIntervalIsHeldWithinBounds(interval: String, milliseconds: Int) {
        let harness = harness()
        let client = harness.connect()
        client.send(ping(interval))
        #expect(client.take().count == 1)
        harness.scheduler.advance(by: .milliseconds(milliseconds - 1))
        #expect(client.closeReason == nil)
        harness.scheduler.advance(by: .milliseconds(1))
        #expect(client.closeReason == Self.reason)
    }

    @Test func aSessionThatMovesIsWatchedOnItsNewConnectionAtOnce() throws {
        let harness = harness()
        let client = harness.connect()
        let id = try #require(sessionID(in: client.exchange(SessionLifeTests.connect).last))
        client.send(ping("1000"))
        client.cut()
        harness.scheduler.advance(by: .seconds(5))
        let again = harness.connect()
        again.send(SessionLifeTests.connect(id))
        harness.scheduler.advance(by: .milliseconds(2999))
        #expect(again.closeReason == nil)
        harness.scheduler.advance(by: .milliseconds(1))
        #expect(again.closeReason == Self.reason)
    }

    @Test func aLostConnectionIsNoLongerWatched() {
        let harness = harness()
        let client = harness.connect()
        client.send(ping("1000"))
        client.cut()
        #expect(harness.scheduler.pendingCount == 0)
    }
}
