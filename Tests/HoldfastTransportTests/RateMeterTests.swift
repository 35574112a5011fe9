// SPDX-License-Identifier: Apache-2.0
import HoldfastTransport
import Testing

struct RateMeterTests {
    private func verdicts(_ meter: inout RateMeter, _ count: Int, bytes: Int = 1, at time: Duration) -> [RateMeter
        .Verdict]
    {
        (0..<count).map { _ in meter.take(bytes, now: time) }
    }

    @Test func `a burst is allowed, another is refused, and what comes then is too much`() {
        var meter = RateMeter(MessageRate(messages: 3, burst: 2))
        #expect(
            verdicts(&meter, 14, at: .seconds(100))
                == Array(repeating: .allowed, count: 6) + Array(repeating: .over, count: 6) + [.farOver, .farOver]
        )
        // What was refused counts for no more than what it was.
        #expect(verdicts(&meter, 4, at: .seconds(101)) == [.allowed, .allowed, .allowed, .farOver])
        #expect(verdicts(&meter, 7, at: .seconds(110)) == Array(repeating: .allowed, count: 6) + [.over])
    }

    @Test func `bytes are measured too, and a message larger than a burst is as much as one`() {
        var meter = RateMeter(MessageRate(messages: 1000, bytes: 10, burst: 2))
        #expect(verdicts(&meter, 3, bytes: 9, at: .seconds(1)) == [.allowed, .allowed, .over])
        var large = RateMeter(MessageRate(messages: 1000, bytes: 10, burst: 2))
        #expect(verdicts(&large, 2, bytes: 1 << 40, at: .seconds(1)) == [.allowed, .farOver])
    }

    @Test func `the largest rates do not overflow`() {
        var meter = RateMeter(MessageRate(messages: .max, bytes: .max, burst: .max))
        #expect(verdicts(&meter, 3, bytes: .max, at: .seconds(1)) == [.allowed, .allowed, .allowed])
    }

    @Test func `a rate of nothing is none`() {
        var limits = Limits()
        limits.webSocket.rate = MessageRate(messages: 0)
        #expect(throws: InvalidLimit.self) { try limits.validate() }
        limits.webSocket.rate = nil
        limits.rpc.rate = MessageRate(messages: 1, burst: 0)
        #expect(throws: InvalidLimit.self) { try limits.validate() }
    }
}
