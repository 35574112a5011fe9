// SPDX-License-Identifier: Apache-2.0

import HoldfastTransport
import Testing

@testable import HoldfastWebSocket

@Suite("SHA-1 and base64")
struct DigestTests {
    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    // FIPS 180-4 and RFC 3174 §7.3
    @Test(
        "SHA-1 gives the published digests",
        arguments: [
            ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
            ),
            (
                "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqr"
                    + "lmnopqrsmnopqrstnopqrstu",
                "a49b2446a02c645bf419f995b67091253a04a259"
            ),
            (
                String(repeating: "0123456701234567012345670123456701234567012345670123456701234567", count: 10),
                "dea356a2cddd90c7a7ecedc5ebb563934f460452"
            ),
        ]
    )
    func vectors(text: String, expected: String) {
        #expect(Self.hex(SHA1.digest(Array(text.utf8))) == expected)
    }

    @Test("SHA-1 pads inputs around the block size correctly")
    func padding() {
        let expected: [(Int, String)] = [
            (55, "c1c8bbdc22796e28c0e15163d20899b65621d65a"),
            (56, "c2db330f6083854c99d4b5bfb6e8f29f201be699"),
            (63, "03f09f5b158a7a8cdad920bddc29b81c18a551f5"),
            (64, "0098ba824b5c16427bd7a1122a5a442a25ec644d"),
            (65, "11655326c708d70319be2610e8a57d9a5b959d3b"),
        ]
        for (count, digest) in expected {
            #expect(Self.hex(SHA1.digest(Array(repeating: UInt8(ascii: "a"), count: count))) == digest)
        }
    }

    // RFC 4648 §10
    @Test(
        "base64 gives the published encodings",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ]
    )
    func base64(text: String, expected: String) {
        let encoded = Base64.encode(Array(text.utf8))
        #expect(encoded == expected)
        let count = text.utf8.count
        #expect(Base64.isEncoding(encoded, ofByteCount: count))
        #expect(!Base64.isEncoding(encoded, ofByteCount: count + 1))
        #expect(!Base64.isEncoding(encoded + "=", ofByteCount: count))
    }

    @Test("every value of six bits has its character")
    func alphabet() {
        let bytes: [UInt8] = [0xFB, 0xEF, 0xBE, 0xFF, 0xFF, 0xFF, 0x00, 0x10, 0x83]
        #expect(Base64.encode(bytes) == "++++////ABCD")
    }

    @Test("a bucket gives its burst, then one token an interval, and never more than its burst")
    func tokenBucket() {
        var bucket = TokenBucket(ratePerSecond: 2, burst: 3)
        let first = (0..<4).map { _ in bucket.take(now: .seconds(5)) }
        #expect(first == [true, true, true, false])
        let later = [bucket.take(now: .milliseconds(5499)), bucket.take(now: .milliseconds(5500))]
        #expect(later == [false, true])
        let muchLater = (0..<4).map { _ in bucket.take(now: .seconds(1000)) }
        #expect(muchLater == [true, true, true, false])
    }
}
