// SPDX-License-Identifier: Apache-2.0
import NIOCore
import NIOEmbedded
import TestSupport
import Testing

@testable import HoldfastHTTP

@Suite struct ClientHelloTests {
    /// A hello with these extensions, in records of at most so many bytes.
    private func hello(_ extensions: [(UInt16, [UInt8])], record: Int = 16_384) -> [UInt8] {
        func vector(_ bytes: [UInt8], _ width: Int) -> [UInt8] {
            (0..<width).reversed().map { UInt8(truncatingIfNeeded: bytes.count >> ($0 * 8)) } + bytes
        }
        let all = extensions.flatMap { [UInt8($0.0 >> 8), UInt8($0.0 & 255)] + vector($0.1, 2) }
        let body: [UInt8] =
            [3, 3] + [UInt8](repeating: 9, count: 32) + vector([1, 2, 3], 1) + vector([0x13, 1, 0x13, 2], 2)
            + vector([0], 1) + vector(all, 2)
        let message = [1] + vector(body, 3)
        return stride(from: 0, to: message.count, by: record).flatMap { start in
            [22, 3, 1] + vector(Array(message[start..<min(start + record, message.count)]), 2)
        }
    }

    private func protocols(_ names: String...) -> (UInt16, [UInt8]) {
        let list = names.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) }
        return (16, [UInt8(list.count >> 8), UInt8(list.count & 255)] + list)
    }

    private let others: [(UInt16, [UInt8])] = [(0, Array("server name".utf8)), (10, [0, 2, 0, 29]), (0x0A0A, [])]

    private func names(_ offer: ClientHello.Offer) -> [String]? {
        guard case .protocols(let names) = offer else { return nil }
        return names.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(arguments: [16_384, 100, 7, 1])
    func `the offer is found, however it is cut into records and pieces`(record: Int) {
        let bytes = hello(others + [protocols("h2", "http/1.1")] + others, record: record)
        for size in [bytes.count, 50, 1] {
            var reader = ClientHello()
            for start in stride(from: 0, to: bytes.count, by: size) {
                let end = min(start + size, bytes.count)
                let offer = reader.offer(ByteBuffer(bytes: bytes[start..<end]))
                #expect(names(offer) == (end < bytes.count ? nil : ["h2", "http/1.1"]))
                #expect((offer == .incomplete) == (end < bytes.count))
            }
        }
    }

    @Test func `no offer is one, and so is what is no hello`() {
        let request = Array("GET / HTTP/1.1\r\n\r\n".utf8)
        var oversized = hello(others)
        oversized[6] = 1
        for bytes in [
            hello(others), hello([]), request, [22, 3, 1, 0, 0], [22, 3, 1, 0, 4, 2, 0, 0, 0], [22, 3, 1, 0xFF, 0xFF],
        ] {
            var reader = ClientHello()
            #expect(reader.offer(ByteBuffer(bytes: bytes)) == .none, "\(bytes.prefix(10))")
        }
        var reader = ClientHello()
        // A megabyte is announced, and that much need not be waited for.
        var offer = reader.offer(ByteBuffer(bytes: oversized))
        for _ in 0..<10 where offer == .incomplete {
            offer = reader.offer(ByteBuffer(bytes: [22, 3, 1, 0x10, 0] + [UInt8](repeating: 0, count: 4096)))
        }
        #expect(offer == .none)
    }

    @Test func `no change and no cut traps`() {
        var generator = Seeded(state: 5)
        let whole = hello(others + [protocols("h2")], record: 60)
        for _ in 0..<5000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            var reader = ClientHello()
            _ = reader.offer(ByteBuffer(bytes: bytes.prefix(Int.random(in: 0...bytes.count, using: &generator))))
        }
    }

    // MARK: The handler

    private func pass(_ bytes: [UInt8], by size: Int) throws -> (inbound: [UInt8], outbound: [UInt8], isOpen: Bool) {
        let channel = EmbeddedChannel(handler: ProtocolNegotiationHandler())
        try channel.connect(to: SocketAddress(ipAddress: "192.0.2.2", port: 443)).wait()
        for start in stride(from: 0, to: bytes.count, by: size) {
            let piece = ByteBuffer(bytes: bytes[start..<min(start + size, bytes.count)])
            if channel.isActive { try channel.writeInbound(piece) }
        }
        var inbound: [UInt8] = []
        var outbound: [UInt8] = []
        while let buffer = try channel.readInbound(as: ByteBuffer.self) { inbound += buffer.readableBytesView }
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) { outbound += buffer.readableBytesView }
        defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
        return (inbound, outbound, channel.isActive)
    }

    @Test(arguments: [1, 64, 10_000])
    func `a client without a protocol of ours gets the alert, and the library nothing`(size: Int) throws {
        let result = try pass(hello([protocols("h2", "spdy/3")]), by: size)
        #expect(result.inbound.isEmpty)
        #expect(result.outbound == [21, 3, 3, 0, 2, 2, 120])
        #expect(!result.isOpen)
    }

    @Test(arguments: [1, 64, 10_000])
    func `every other client's bytes pass as they are`(size: Int) throws {
        for first in [
            hello([]), hello([protocols("h2", "http/1.1")]), hello([protocols("http/1.0")]),
            Array("GET / HTTP/1.1\r\n\r\n".utf8),
        ] {
            let bytes = first + [20, 3, 3, 0, 1, 1]
            let result = try pass(bytes, by: size)
            #expect(result.inbound == bytes)
            #expect(result.outbound.isEmpty)
            #expect(result.isOpen)
        }
    }
}
