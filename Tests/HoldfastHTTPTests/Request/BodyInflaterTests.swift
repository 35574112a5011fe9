// SPDX-License-Identifier: Apache-2.0
import CHoldfastZlib
import HoldfastHTTP
import NIOCore
import Testing

@Suite("Decompression of request bodies")
struct BodyInflaterTests {
    /// The zlib form of some bytes, which HTTP calls deflate.
    private func deflated(_ bytes: [UInt8]) throws -> ByteBuffer {
        var size = compressBound(UInt(bytes.count))
        var output = [UInt8](repeating: 0, count: Int(size))
        try #require(compress2(&output, &size, bytes, UInt(bytes.count), 9) == Z_OK)
        return ByteBuffer(bytes: output.prefix(Int(size)))
    }

    /// `hello` as gzip.
    private let gzipped: [UInt8] = [
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x86,
        0xa6, 0x10, 0x36, 0x05, 0x00, 0x00, 0x00,
    ]

    @Test("A gzip body is decompressed, wherever it is split")
    func everySplit() throws {
        for split in 0...gzipped.count {
            let inflater = try #require(BodyInflater(coding: "gzip", limit: 5, ratio: 100))
            var text = String(buffer: try inflater.inflate(ByteBuffer(bytes: gzipped.prefix(split))))
            #expect(inflater.isComplete == (split == gzipped.count))
            text += String(buffer: try inflater.inflate(ByteBuffer(bytes: gzipped.dropFirst(split))))
            #expect(text == "hello")
            #expect(inflater.isComplete)
        }
    }

    @Test("The limit counts what comes out", arguments: [(100_000, true), (99_999, false)])
    func limit(_ limit: Int, _ fits: Bool) throws {
        // Hard to compress, so that only the limit can be at fault.
        var state: UInt64 = 1
        let bytes = (0..<100_000).map { _ -> UInt8 in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 33)
        }
        let inflater = try #require(BodyInflater(coding: "deflate", limit: limit, ratio: 100))
        let body = try deflated(bytes)
        if fits {
            #expect(try inflater.inflate(body).readableBytes == 100_000)
        } else {
            #expect(throws: BodyInflater.Failure.tooLarge) { try inflater.inflate(body) }
        }
    }

    @Test("A bomb is refused by its ratio")
    func bomb() throws {
        let inflater = try #require(BodyInflater(coding: "deflate", limit: .max, ratio: 100))
        let body = try deflated([UInt8](repeating: 0, count: 10 << 20))
        #expect(throws: BodyInflater.Failure.tooLarge) { try inflater.inflate(body) }
    }

    @Test("Garbage, and bytes behind the end, are malformed")
    func malformed() throws {
        let first = try #require(BodyInflater(coding: "gzip", limit: 100, ratio: 100))
        #expect(throws: BodyInflater.Failure.malformed) { try first.inflate(ByteBuffer(string: "not gzip at all")) }
        let second = try #require(BodyInflater(coding: "x-gzip", limit: 100, ratio: 100))
        #expect(throws: BodyInflater.Failure.malformed) { try second.inflate(ByteBuffer(bytes: gzipped + [0])) }
    }

    @Test("Other codings are unknown", arguments: ["br", "gzip, gzip", ""])
    func unknown(_ coding: String) {
        #expect(BodyInflater(coding: coding, limit: 1, ratio: 1) == nil)
    }
}
