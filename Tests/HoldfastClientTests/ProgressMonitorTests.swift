// SPDX-License-Identifier: Apache-2.0
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import HoldfastClient

@Suite struct ProgressMonitorTests {
    private func monitored() -> (EmbeddedChannel, @Sendable () -> Int) {
        let count = Counter()
        let channel = EmbeddedChannel(handler: ProgressMonitor { count.value.add(1, ordering: .relaxed) })
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        return (channel, { count.value.load(ordering: .relaxed) })
    }

    private final class Counter: Sendable {
        let value = Atomic(0)
    }

    @Test func `What arrives is reported once in 50 ms and passed on`() throws {
        let (channel, count) = monitored()
        for (wait, reports) in [(0, 1), (49, 1), (1, 2), (50, 3)] {
            channel.embeddedEventLoop.advanceTime(by: .milliseconds(Int64(wait)))
            try channel.writeInbound(ByteBuffer(string: "x"))
            #expect(count() == reports)
            #expect(try channel.readInbound(as: ByteBuffer.self) == ByteBuffer(string: "x"))
        }
        _ = try channel.finish()
    }

    @Test func `A large write goes out in pieces whose ends are reported`() throws {
        let (channel, count) = monitored()
        let bytes = ByteBuffer(repeating: 7, count: 100_000)
        try channel.writeOutbound(bytes)
        var written = ByteBuffer()
        var pieces = 0
        while var piece = try channel.readOutbound(as: ByteBuffer.self) {
            #expect(piece.readableBytes <= 16 << 10)
            written.writeBuffer(&piece)
            pieces += 1
        }
        #expect(pieces == 7)
        #expect(written == bytes)
        #expect(count() == 1)
        _ = try channel.finish()
    }
}
