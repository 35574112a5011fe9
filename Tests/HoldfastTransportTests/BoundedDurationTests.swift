// SPDX-License-Identifier: Apache-2.0
import NIOPosix
import Testing

@testable import HoldfastTransport

@Suite("Times beyond all measure") struct BoundedDurationTests {
    /// Each is more than some type that counts time can hold.
    static let huge: [Duration] = [
        .seconds(Int64.max), .seconds(1e19), .seconds(1.7e20), .longest * 1000, .nanoseconds(Int64.max),
    ]

    @Test("They are a hundred years, and sums and multiples of them can be counted", arguments: huge)
    func bounds(duration: Duration) {
        #expect(duration.bounded == .longest)
        #expect(duration.boundedOrNever == nil)
        #expect((.zero - duration).bounded == .zero - .longest)
        #expect((duration.bounded * 1000 + .seconds(1)).components.seconds > 0)
    }

    @Test("Others stay as they are")
    func keeps() {
        for duration in [Duration.zero, .nanoseconds(1), .seconds(-5), .seconds(86_400), .longest - .nanoseconds(1)] {
            #expect(duration.bounded == duration)
            #expect(duration.boundedOrNever == duration)
        }
    }

    @Test("A limit keeps them as a hundred years", arguments: huge)
    func limits(duration: Duration) throws {
        var limits = Limits()
        limits.http.headTimeout = duration
        limits.webSocket.pongTimeout = duration
        limits.rpc.callTimeout = duration
        try limits.validate()
        for kept in [limits.http.headTimeout, limits.webSocket.pongTimeout, limits.rpc.callTimeout] {
            #expect(kept == .longest)
        }
        limits.http.headTimeout = .zero - duration
        #expect(throws: InvalidLimit(name: "http.headTimeout", allowsZero: false)) { try limits.validate() }
    }

    @Test("A loop's timer of that time does not fire", arguments: huge)
    func timers(duration: Duration) async {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let scheduler = EventLoopScheduler(loop)
        let (fired, continuation) = AsyncStream.makeStream(of: String.self)
        let timer = scheduler.schedule(after: duration) { continuation.yield("never") }
        _ = scheduler.schedule(after: .milliseconds(20)) { continuation.yield("soon") }
        var first: String?
        for await name in fired {
            first = name
            break
        }
        #expect(first == "soon")
        timer.cancel()
    }
}
