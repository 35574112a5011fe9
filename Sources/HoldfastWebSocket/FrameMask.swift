// SPDX-License-Identifier: Apache-2.0

/// The key a client XORs its payloads with, and the transformation itself (RFC 6455 §5.3).
///
/// The same operation masks and unmasks. `advance(by:)` turns the key for a payload that arrives in pieces.
package struct MaskKey: Sendable, Hashable {
    /// Byte *i* of the key is `bits >> (8 * i)`, whatever the machine's byte order.
    private(set) var bits: UInt32

    package init(_ first: UInt8, _ second: UInt8, _ third: UInt8, _ fourth: UInt8) {
        bits = UInt32(first) | UInt32(second) << 8 | UInt32(third) << 16 | UInt32(fourth) << 24
    }

    /// A key from four random bytes; clients need a fresh, unpredictable one for every frame.
    package init(random bits: UInt32) {
        self.bits = bits
    }

    /// Turns the key so that it fits the byte `count` places further on.
    package mutating func advance(by count: Int) {
        let shift = UInt32(truncatingIfNeeded: count & 3) &* 8
        guard shift != 0 else { return }
        bits = bits &>> shift | bits &<< (32 &- shift)
    }

    /// XORs `source` into `destination`, eight bytes at a time.
    ///
    /// - Parameters:
    ///   - source: the bytes to read; may be the same memory as `destination`.
    ///   - destination: room for at least `source.count` bytes.
    /// - Returns: whether every byte written is ASCII, which saves text a second pass.
    func apply(from source: UnsafeRawBufferPointer, to destination: UnsafeMutableRawBufferPointer) -> Bool {
        precondition(destination.count >= source.count)
        guard let input = source.baseAddress, let output = destination.baseAddress else { return true }
        // Every offset below stays under `source.count`, which both regions cover.
        let count = source.count
        let word = UInt64(bits) | UInt64(bits) << 32
        var seen: UInt64 = 0
        var offset = 0
        while count &- offset >= 8 {
            let value = UInt64(littleEndian: input.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) ^ word
            output.storeBytes(of: value.littleEndian, toByteOffset: offset, as: UInt64.self)
            seen |= value
            offset &+= 8
        }
        if count &- offset >= 4 {
            let value = UInt32(littleEndian: input.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) ^ bits
            output.storeBytes(of: value.littleEndian, toByteOffset: offset, as: UInt32.self)
            seen |= UInt64(value)
            offset &+= 4
        }
        // The offset is a multiple of four here, so the key needs no turning.
        var tail = bits
        while offset < count {
            let value = input.load(fromByteOffset: offset, as: UInt8.self) ^ UInt8(truncatingIfNeeded: tail)
            output.storeBytes(of: value, toByteOffset: offset, as: UInt8.self)
            seen |= UInt64(value)
            tail &>>= 8
            offset &+= 1
        }
        return seen & 0x8080_8080_8080_8080 == 0
    }
}
