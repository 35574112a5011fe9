// SPDX-License-Identifier: Apache-2.0

/// What a frame is for (RFC 6455 §5.2).
///
/// Every other value is reserved and fails the connection.
package enum FrameOpcode: UInt8, Sendable {
    case continuation = 0x0
    case text = 0x1
    case binary = 0x2
    case close = 0x8
    case ping = 0x9
    case pong = 0xA

    /// Control frames may stand between the fragments of a message (§5.5).
    package var isControl: Bool { rawValue & 0x8 != 0 }
}

/// The three reserved bits of a frame, which extensions give a meaning (§5.2, §9.1).
package struct FrameReservedBits: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Marks the first frame of a compressed message when permessage-deflate is in use (RFC 7692 §6).
    package static let rsv1 = FrameReservedBits(rawValue: 0x40)
    package static let rsv2 = FrameReservedBits(rawValue: 0x20)
    package static let rsv3 = FrameReservedBits(rawValue: 0x10)
}

/// The parsed head of one frame (§5.2).
package struct FrameHeader: Sendable, Equatable {
    package var isFinal: Bool
    package var reserved: FrameReservedBits
    package var opcode: FrameOpcode
    package var maskKey: MaskKey?
    package var payloadLength: Int

    package init(
        isFinal: Bool = true,
        reserved: FrameReservedBits = [],
        opcode: FrameOpcode,
        maskKey: MaskKey? = nil,
        payloadLength: Int,
    ) {
        self.isFinal = isFinal
        self.reserved = reserved
        self.opcode = opcode
        self.maskKey = maskKey
        self.payloadLength = payloadLength
    }

    /// The largest head: two bytes, a 64-bit length and a mask key.
    static let maxEncodedSize = 14
    /// The most a control frame may carry (§5.5).
    package static let maxControlPayload = 125
}
