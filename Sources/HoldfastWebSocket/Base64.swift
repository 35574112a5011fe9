// SPDX-License-Identifier: Apache-2.0

/// The part of RFC 4648 §4 that the handshake needs, without Foundation.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// The padded encoding of `bytes`.
    static func encode(_ bytes: [UInt8]) -> String {
        var output: [UInt8] = []
        output.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            bits <<= UInt32(8 * (3 - group.count))
            for position in 0..<4 {
                let index = bits >> UInt32(18 - 6 * position) & 0x3F
                output.append(position <= group.count ? alphabet[Int(index)] : UInt8(ascii: "="))
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// Whether `text` is the padded encoding of `byteCount` bytes.
    ///
    /// The unused bits of the last character are not looked at: RFC 4648 §3.5 leaves that open and some clients send
    /// arbitrary ones.
    static func isEncoding(_ text: String, ofByteCount byteCount: Int) -> Bool {
        let padding = (3 - byteCount % 3) % 3
        guard text.utf8.count == (byteCount + padding) / 3 * 4 else { return false }
        return text.utf8.dropLast(padding).allSatisfy { isInAlphabet($0) }
            && text.utf8.suffix(padding).allSatisfy { $0 == UInt8(ascii: "=") }
    }

    private static func isInAlphabet(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
            true
        default:
            false
        }
    }
}
