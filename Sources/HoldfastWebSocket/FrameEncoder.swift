// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Writes frames (RFC 6455 §5.2): a server's is its head and payload appended, nothing else.
package enum FrameEncoder {
    /// The size of a frame's head in bytes.
    package static func headerSize(payloadLength: Int, masked: Bool) -> Int {
        let extended = payloadLength <= 125 ? 0 : payloadLength <= 0xFFFF ? 2 : 8
        return 2 + extended + (masked ? 4 : 0)
    }

    /// Appends a frame's head; the caller appends exactly `payloadLength` bytes, masked if there is a key.
    package static func write(header: FrameHeader, into output: inout ByteBuffer) {
        let size = headerSize(payloadLength: header.payloadLength, masked: header.maskKey != nil)
        output.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { bytes in
            put(header, in: bytes)
            return size
        }
    }

    /// Appends a whole frame.
    ///
    /// - Parameters:
    ///   - opcode: what the frame is for.
    ///   - payload: its bytes; at most 125 in a control frame.
    ///   - isFinal: false when more fragments follow.
    ///   - reserved: bits an extension sets.
    ///   - maskKey: a fresh random key in the client role, nil in the server role.
    ///   - output: where to append.
    package static func write(
        _ opcode: FrameOpcode,
        payload: ByteBuffer,
        isFinal: Bool = true,
        reserved: FrameReservedBits = [],
        maskKey: MaskKey? = nil,
        into output: inout ByteBuffer,
    ) {
        let header = FrameHeader(
            isFinal: isFinal,
            reserved: reserved,
            opcode: opcode,
            maskKey: maskKey,
            payloadLength: payload.readableBytes,
        )
        payload.withUnsafeReadableBytes { write(header, payload: $0, into: &output) }
    }

    /// Appends a whole text message in one frame.
    package static func write(text: String, maskKey: MaskKey? = nil, into output: inout ByteBuffer) {
        var text = text
        text.withUTF8 { bytes in
            let header = FrameHeader(opcode: .text, maskKey: maskKey, payloadLength: bytes.count)
            write(header, payload: UnsafeRawBufferPointer(bytes), into: &output)
        }
    }

    /// Appends a Close frame.
    package static func write(close status: CloseStatus, maskKey: MaskKey? = nil, into output: inout ByteBuffer) {
        write(.close, payload: status.payload, maskKey: maskKey, into: &output)
    }

    /// Appends a head and its `payloadLength` bytes of payload.
    private static func write(
        _ header: FrameHeader,
        payload: UnsafeRawBufferPointer,
        into output: inout ByteBuffer,
    ) {
        let headSize = headerSize(payloadLength: payload.count, masked: header.maskKey != nil)
        output.writeWithUnsafeMutableBytes(minimumWritableBytes: headSize + payload.count) { bytes in
            put(header, in: bytes)
            let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[headSize...])
            if let key = header.maskKey {
                _ = key.apply(from: payload, to: rest)
            } else {
                rest.copyMemory(from: payload)
            }
            return headSize + payload.count
        }
    }

    /// Stores a head at the start of `bytes`, which has room for it.
    private static func put(_ header: FrameHeader, in bytes: UnsafeMutableRawBufferPointer) {
        let length = header.payloadLength
        let maskBit: UInt8 = header.maskKey == nil ? 0 : 0x80
        bytes[0] = (header.isFinal ? 0x80 : 0) | header.reserved.rawValue | header.opcode.rawValue
        var size = 2
        if length <= FrameHeader.maxControlPayload {
            bytes[1] = maskBit | UInt8(truncatingIfNeeded: length)
        } else if length <= 0xFFFF {
            bytes[1] = maskBit | 126
            bytes.storeBytes(of: UInt16(truncatingIfNeeded: length).bigEndian, toByteOffset: 2, as: UInt16.self)
            size = 4
        } else {
            bytes[1] = maskBit | 127
            bytes.storeBytes(of: UInt64(truncatingIfNeeded: length).bigEndian, toByteOffset: 2, as: UInt64.self)
            size = 10
        }
        if let key = header.maskKey {
            bytes.storeBytes(of: key.bits.littleEndian, toByteOffset: size, as: UInt32.self)
        }
    }
}
