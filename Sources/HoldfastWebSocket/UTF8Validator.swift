// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Checks UTF-8 as it arrives, in pieces cut anywhere (RFC 6455 §8.1, Unicode table 3-7).
///
/// An error is found at the first byte that no valid text could have there, not at the end of the message.
package struct UTF8Validator: Sendable {
    /// How many continuation bytes the current character still needs.
    private var needed: UInt8 = 0
    /// The range the next continuation byte must lie in; narrower than 80...BF only after E0, ED, F0 and F4.
    private var lower: UInt8 = 0x80
    private var upper: UInt8 = 0xBF

    package init() {}

    /// Whether the bytes so far end at the end of a character.
    package var isComplete: Bool { needed == 0 }

    /// Takes the next bytes.
    ///
    /// - Returns: false when the text is invalid; the validator must not be used any more then.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let base = bytes.baseAddress else { return true }
        // Every offset below stays under `count`.
        let count = bytes.count
        var offset = 0
        while offset < count {
            if needed == 0 {
                offset = Self.skipCommon(base, from: offset, to: count)
                guard offset < count else { return true }
            }
            let byte = base.load(fromByteOffset: offset, as: UInt8.self)
            offset &+= 1
            if needed != 0 {
                guard byte >= lower, byte <= upper else { return false }
                needed &-= 1
                lower = 0x80
                upper = 0xBF
            } else if byte >= 0x80 {
                guard begin(with: byte) else { return false }
            }
        }
        return true
    }

    /// Skips what needs no state: ASCII eight bytes at a time, and whole characters of two or three bytes whose first
    /// byte does not narrow the second.
    ///
    /// - Returns: the offset of the first byte to look at closely, at most `end`.
    private static func skipCommon(_ base: UnsafeRawPointer, from start: Int, to end: Int) -> Int {
        // Every load below ends at or before `end`.
        var offset = start
        while end &- offset >= 8 {
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            if word & 0x8080_8080_8080_8080 == 0 {
                offset &+= 8
            } else if word & 0x80 == 0 {
                offset &+= 1
            } else if word & 0xC0F0 == 0x80E0, word & 0xC0_0000 == 0x80_0000, word & 0x0F != 0, word & 0x0F != 0x0D {
                offset &+= 3
            } else if word & 0xC0E0 == 0x80C0, word & 0x1E != 0 {
                offset &+= 2
            } else {
                break
            }
        }
        return offset
    }

    /// Takes the readable bytes of a buffer.
    package mutating func append(_ buffer: ByteBuffer) -> Bool {
        buffer.withUnsafeReadableBytes { append($0) }
    }

    /// Starts a character of two to four bytes.
    private mutating func begin(with byte: UInt8) -> Bool {
        switch byte {
        case 0xC2...0xDF:
            needed = 1
        case 0xE0...0xEF:
            needed = 2
            // Not in the long form of a shorter character, nor in the surrogates.
            if byte == 0xE0 { lower = 0xA0 } else if byte == 0xED { upper = 0x9F }
        case 0xF0...0xF4:
            needed = 3
            // Not in the long form of a shorter character, nor above U+10FFFF.
            if byte == 0xF0 { lower = 0x90 } else if byte == 0xF4 { upper = 0x8F }
        default:
            return false
        }
        return true
    }
}
