// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Cuts a byte stream into frame heads and payload bytes (RFC 6455 §5.2), in pieces cut anywhere.
///
/// It takes every byte it is given: a head split across reads waits in the decoder, payload goes to the caller as it
/// arrives. Nothing is allocated by a length that was only declared.
///
/// Payloads are copied out, unmasked in the same pass. Unmasking in place would be slower: a channel's read buffer is
/// also held by its receive pool, so that writing to it copies the whole buffer first; and a small message that is a
/// slice would keep a read buffer of up to 64 KiB alive.
package struct FrameDecoder: Sendable {
    /// Whether the peer is a client and must mask (§5.1).
    private let expectsMask: Bool
    /// The first bytes of a head that is not complete yet.
    private var partialHead = ByteBuffer()
    /// What is left of the current frame's payload.
    package private(set) var remaining = 0
    /// The mask key, turned to the next payload byte; zero for an unmasked frame, which copies and looks for ASCII in
    /// the same pass.
    private var key = MaskKey(random: 0)

    package init(expectsMask: Bool) {
        self.expectsMask = expectsMask
    }

    /// Whether some, but not all, bytes of a head have arrived.
    package var hasPartialHead: Bool { partialHead.readableBytes > 0 }

    /// Reads the next frame head, after the payload of the previous frame has been taken.
    ///
    /// - Returns: nil when more bytes are needed; `buffer` is then empty.
    package mutating func readHeader(from buffer: inout ByteBuffer) throws(CloseStatus) -> FrameHeader? {
        let header: FrameHeader
        if hasPartialHead {
            guard let completed = try completePartialHead(from: &buffer) else { return nil }
            header = completed
        } else {
            let parsed = try buffer.withUnsafeReadableBytes { bytes throws(CloseStatus) in try parse(bytes) }
            guard let parsed else {
                partialHead.writeBuffer(&buffer)
                return nil
            }
            buffer.moveReaderIndex(forwardBy: parsed.size)
            header = parsed.header
        }
        remaining = header.payloadLength
        key = header.maskKey ?? MaskKey(random: 0)
        return header
    }

    /// Appends to `output` what `buffer` holds of the current payload.
    ///
    /// - Returns: whether all appended bytes are ASCII.
    package mutating func readPayload(from buffer: inout ByteBuffer, into output: inout ByteBuffer) -> Bool {
        let count = min(remaining, buffer.readableBytes)
        guard count > 0 else { return true }
        remaining &-= count
        var isASCII = true
        output.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { destination in
            buffer.withUnsafeReadableBytes { source in
                isASCII = key.apply(from: UnsafeRawBufferPointer(rebasing: source.prefix(count)), to: destination)
            }
            return count
        }
        buffer.moveReaderIndex(forwardBy: count)
        key.advance(by: count)
        return isASCII
    }

    /// Takes the whole payload, if `buffer` holds all of it.
    ///
    /// - Returns: the bytes in a buffer of their own (a large unmasked payload stays a slice), and whether they are
    ///   known to be ASCII; nil when the payload is not complete.
    package mutating func readWholePayload(from buffer: inout ByteBuffer) -> (bytes: ByteBuffer, isASCII: Bool)? {
        guard remaining <= buffer.readableBytes else { return nil }
        guard remaining > 0 else { return (ByteBuffer(), true) }
        if !expectsMask, remaining >= 1024, remaining >= buffer.capacity / 2,
            let slice = buffer.readSlice(length: remaining)
        {
            remaining = 0
            return (slice, false)
        }
        var bytes = ByteBufferAllocator().buffer(capacity: remaining)
        let isASCII = readPayload(from: &buffer, into: &bytes)
        return (bytes, isASCII)
    }

    /// Drops what `buffer` holds of the current payload.
    package mutating func skipPayload(in buffer: inout ByteBuffer) {
        let count = min(remaining, buffer.readableBytes)
        remaining &-= count
        buffer.moveReaderIndex(forwardBy: count)
    }

    /// Adds single bytes to a head that began in an earlier read, so that no payload byte is taken with it.
    private mutating func completePartialHead(from buffer: inout ByteBuffer) throws(CloseStatus) -> FrameHeader? {
        while let byte = buffer.readInteger(as: UInt8.self) {
            partialHead.writeInteger(byte)
            let parsed = try partialHead.withUnsafeReadableBytes { bytes throws(CloseStatus) in try parse(bytes) }
            guard let parsed else { continue }
            partialHead.clear()
            return parsed.header
        }
        return nil
    }

    /// Parses a head at the start of `bytes`; every rule is checked as soon as its byte is there.
    private func parse(_ bytes: UnsafeRawBufferPointer) throws(CloseStatus) -> (header: FrameHeader, size: Int)? {
        guard bytes.count >= 1 else { return nil }
        let first = bytes[0]
        guard let opcode = FrameOpcode(rawValue: first & 0x0F) else { throw .protocolError("reserved opcode") }
        let isFinal = first & 0x80 != 0
        guard isFinal || !opcode.isControl else { throw .protocolError("fragmented control frame") }

        guard bytes.count >= 2 else { return nil }
        let isMasked = bytes[1] & 0x80 != 0
        guard isMasked == expectsMask else {
            throw .protocolError(expectsMask ? "client frame without mask" : "server frame with mask")
        }
        let shortLength = bytes[1] & 0x7F
        guard !opcode.isControl || shortLength <= FrameHeader.maxControlPayload else {
            throw .protocolError("control frame over 125 bytes")
        }

        var size = 2
        let length: Int
        switch shortLength {
        case 126:
            guard bytes.count >= 4 else { return nil }
            length = Int(bytes[2]) << 8 | Int(bytes[3])
            guard length > 125 else { throw .protocolError("length not in shortest form") }
            size = 4
        case 127:
            guard bytes.count >= 10 else { return nil }
            let declared = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt64.self))
            guard declared <= UInt64(Int64.max) else { throw .protocolError("length with its top bit set") }
            guard declared > 0xFFFF else { throw .protocolError("length not in shortest form") }
            guard let value = Int(exactly: declared) else { throw .tooBig("frame too big") }
            length = value
            size = 10
        default:
            length = Int(shortLength)
        }

        var key: MaskKey?
        if isMasked {
            guard bytes.count >= size + 4 else { return nil }
            key = MaskKey(bytes[size], bytes[size + 1], bytes[size + 2], bytes[size + 3])
            size += 4
        }
        let header = FrameHeader(
            isFinal: isFinal,
            reserved: FrameReservedBits(rawValue: first & 0x70),
            opcode: opcode,
            maskKey: key,
            payloadLength: length,
        )
        return (header, size)
    }
}
