// SPDX-License-Identifier: Apache-2.0

import HoldfastWebSocket
import NIOCore
import Testing

@Suite("RFC 6455 §5.1-5.3 framing")
struct RFC6455FramingTests {
    static let sizes = [0, 1, 125, 126, 127, 65535, 65536]

    // §5.7
    @Test("the examples of the RFC are read and written as printed")
    func examples() {
        var server = WebSocketStateMachine(server: .init())
        let masked: [UInt8] = [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58]
        #expect(server.feed(masked) == [.text("Hello")])

        var client = WebSocketStateMachine(client: .init())
        let unmasked: [UInt8] = [0x81, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F]
        #expect(client.feed(unmasked) == [.text("Hello")])
        let fragments: [UInt8] = [0x01, 0x03, 0x48, 0x65, 0x6C, 0x80, 0x02, 0x6C, 0x6F]
        #expect(client.feed(fragments) == [.text("Hello")])
        let ping: [UInt8] = [0x89, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F]
        #expect(client.feed(ping) == [.pong("Hello")])

        var output = ByteBuffer()
        FrameEncoder.write(text: "Hello", into: &output)
        #expect(Array(output.readableBytesView) == unmasked)
        output.clear()
        FrameEncoder.write(text: "Hello", maskKey: MaskKey(0x37, 0xFA, 0x21, 0x3D), into: &output)
        #expect(Array(output.readableBytesView) == masked)
        output.clear()
        FrameEncoder.write(.ping, payload: ByteBuffer(string: "Hello"), into: &output)
        #expect(Array(output.readableBytesView) == ping)
    }

    @Test("every length form carries text and binary, in one read", arguments: sizes)
    func lengthForms(size: Int) {
        let payload = (0..<size).map { UInt8(0x20 + $0 % 0x5F) }
        var server = WebSocketStateMachine(server: .init())
        #expect(server.feed(RawFrame(first: 0x82, payload: payload)) == [.binary(payload)])
        #expect(
            server.feed(RawFrame(first: 0x81, payload: payload)) == [.text(String(decoding: payload, as: UTF8.self))]
        )
        var client = WebSocketStateMachine(client: .init())
        #expect(client.feed(RawFrame(first: 0x82, payload: payload, mask: nil)) == [.binary(payload)])
    }

    @Test("a frame may be split at every byte", arguments: [0, 1, 7, 8, 9, 125, 126, 127])
    func everySplit(size: Int) {
        let payload = (0..<size).map { UInt8(truncatingIfNeeded: $0 * 7) }
        let bytes = RawFrame(first: 0x82, payload: payload).bytes
        for split in 1..<bytes.count {
            var server = WebSocketStateMachine(server: .init())
            #expect(server.feed(bytes[..<split]) + server.feed(bytes[split...]) == [.binary(payload)], "at \(split)")
        }
        for pieces in 1...9 {
            var server = WebSocketStateMachine(server: .init())
            #expect(server.feed(bytes, inPiecesOf: pieces) == [.binary(payload)], "pieces of \(pieces)")
        }
    }

    @Test("a 64-bit length may be split at every byte of the head and anywhere later")
    func splitLargeFrame() {
        let payload = (0..<65536).map { UInt8(truncatingIfNeeded: $0 * 31) }
        let bytes = RawFrame(first: 0x82, payload: payload).bytes
        for split in Array(1...30) + [1000, 32768, 65549] {
            var server = WebSocketStateMachine(server: .init())
            #expect(server.feed(bytes[..<split]) + server.feed(bytes[split...]) == [.binary(payload)], "at \(split)")
        }
    }

    @Test("many frames in one read are delivered in order")
    func manyFrames() {
        var server = WebSocketStateMachine(server: .init())
        let bytes = (0..<200).flatMap { RawFrame.text("message \($0)").bytes }
        #expect(server.feed(bytes) == (0..<200).map { .text("message \($0)") })
    }

    @Test("the encoder writes what the frame's drawing says", arguments: sizes)
    func encoder(size: Int) {
        let payload = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
        let mask: [UInt8] = [1, 0xFE, 3, 0x80]
        for first in [0x82, 0x02, 0xC2] as [UInt8] {
            var plain = ByteBuffer(string: "before")
            var masked = plain
            let isFinal = first & 0x80 != 0
            let reserved = FrameReservedBits(rawValue: first & 0x70)
            FrameEncoder.write(
                .binary,
                payload: ByteBuffer(bytes: payload),
                isFinal: isFinal,
                reserved: reserved,
                into: &plain
            )
            FrameEncoder.write(
                .binary,
                payload: ByteBuffer(bytes: payload),
                isFinal: isFinal,
                reserved: reserved,
                maskKey: MaskKey(1, 0xFE, 3, 0x80),
                into: &masked,
            )
            let before = Array("before".utf8)
            #expect(
                Array(plain.readableBytesView) == before + RawFrame(first: first, payload: payload, mask: nil).bytes
            )
            #expect(
                Array(masked.readableBytesView) == before + RawFrame(first: first, payload: payload, mask: mask).bytes
            )
            #expect(
                FrameEncoder.headerSize(payloadLength: size, masked: true) == masked.readableBytes - before.count - size
            )
        }
    }

    @Test("a head written alone equals the head of a whole frame", arguments: sizes)
    func headAlone(size: Int) {
        var head = ByteBuffer()
        let header = FrameHeader(opcode: .text, maskKey: MaskKey(9, 8, 7, 6), payloadLength: size)
        FrameEncoder.write(header: header, into: &head)
        let whole = RawFrame(first: 0x81, payload: Array(repeating: 0x61, count: size), mask: [9, 8, 7, 6]).bytes
        #expect(Array(head.readableBytesView) == Array(whole.prefix(whole.count - size)))
    }

    // §5.1: "a server MUST close the connection upon receiving a frame that is not masked"
    @Test("a server refuses unmasked frames and a client refuses masked ones, after two bytes")
    func masking() {
        var server = WebSocketStateMachine(server: .init())
        #expect(server.feed([0x81, 0x05]).first?.failureCode == 1002)
        var client = WebSocketStateMachine(client: .init())
        #expect(client.feed([0x81, 0x85]).first?.failureCode == 1002)
    }

    // §5.2: "MUST be 0 unless an extension is negotiated"
    @Test("reserved bits fail the connection, on every opcode", arguments: [0x10, 0x20, 0x40, 0x70] as [UInt8])
    func reservedBits(bits: UInt8) {
        for opcode in [0x1, 0x2, 0x8, 0x9, 0xA] as [UInt8] {
            var server = WebSocketStateMachine(server: .init())
            #expect(server.feed(RawFrame(first: 0x80 | bits | opcode)).first?.failureCode == 1002)
        }
        var server = WebSocketStateMachine(server: .init())
        #expect(
            server.feed(.text("a", isFinal: false), RawFrame(first: 0x80 | bits)).first?.failureCode == 1002,
            "on a continuation"
        )
    }

    // §5.2: "If an unknown opcode is received, the receiving endpoint MUST _Fail the WebSocket Connection_"
    @Test(
        "reserved opcodes fail the connection at their first byte",
        arguments: [0x3, 0x4, 0x5, 0x6, 0x7, 0xB, 0xC, 0xD, 0xE, 0xF] as [UInt8]
    )
    func reservedOpcodes(opcode: UInt8) {
        var server = WebSocketStateMachine(server: .init())
        #expect(server.feed([0x80 | opcode]).first?.failureCode == 1002)
    }

    // §5.2: "the minimal number of bytes MUST be used to encode the length"
    @Test("lengths not in the shortest form are refused, the shortest values of each form are not")
    func shortestForm() {
        for count in [0, 1, 125] {
            var server = WebSocketStateMachine(server: .init())
            let frame = RawFrame(
                first: 0x82,
                payload: Array(repeating: 0, count: count),
                lengthField: [126, 0, UInt8(count)]
            )
            #expect(server.feed(frame).first?.failureCode == 1002)
        }
        for count in [0, 126, 65535] {
            var server = WebSocketStateMachine(server: .init())
            let field: [UInt8] = [127, 0, 0, 0, 0, 0, 0, UInt8(count >> 8), UInt8(count & 0xFF)]
            let frame = RawFrame(first: 0x82, payload: Array(repeating: 0, count: count), lengthField: field)
            #expect(server.feed(frame).first?.failureCode == 1002)
        }
    }

    // §5.2: "the most significant bit MUST be 0"
    @Test("64-bit lengths: top bit set is a protocol error, any other too large one is too big")
    func hugeLengths() {
        let cases: [([UInt8], UInt16)] = [
            ([0x80, 0, 0, 0, 0, 0, 0, 0], 1002),
            ([0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], 1002),
            ([0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], 1009),
            ([0, 0, 0, 1, 0, 0, 0, 0], 1009),
        ]
        for (field, code) in cases {
            var server = WebSocketStateMachine(server: .init())
            #expect(server.feed([0x82, 0xFF] + field + [0, 0, 0, 0]).first?.failureCode == code)
        }
    }

    @Test("nothing is allocated for a length that was only declared")
    func noAllocationByDeclaredLength() {
        var decoder = FrameDecoder(expectsMask: true)
        var input = ByteBuffer(bytes: [0x82, 0xFF, 0, 0, 0, 0, 0, 0x10, 0, 0, 1, 2, 3, 4, 0x61])
        var output = ByteBuffer()
        #expect(throws: Never.self) {
            let header = try decoder.readHeader(from: &input)
            #expect(header?.payloadLength == 1 << 20)
        }
        #expect(decoder.readWholePayload(from: &input) == nil)
        #expect(decoder.readPayload(from: &input, into: &output))
        #expect(output.readableBytes == 1)
        #expect(output.capacity <= 64)
    }

    // §5.3
    @Test("unmasking is right for every key turn, length and alignment")
    func maskTurns() {
        let bytes = (0..<40).map { UInt8($0 * 5) }
        let mask: [UInt8] = [0x11, 0x72, 0xC3, 0xA4]
        for start in 0..<8 {
            for count in 0...(bytes.count - start) {
                let frame = RawFrame(first: 0x82, payload: Array(bytes[start..<start + count]), mask: mask).bytes
                for split in 6...max(6, frame.count) {
                    var server = WebSocketStateMachine(server: .init())
                    let actions = server.feed(frame[..<min(split, frame.count)]) + server.feed(frame.dropFirst(split))
                    guard actions == [.binary(Array(bytes[start..<start + count]))] else {
                        Issue.record("start \(start) count \(count) split \(split)")
                        return
                    }
                }
            }
        }
    }

    @Test("small messages do not keep the read buffer alive, large unmasked ones are slices of it")
    func storage() throws {
        var server = WebSocketStateMachine(server: .init())
        var input = ByteBufferAllocator().buffer(capacity: 65536)
        input.writeBytes(RawFrame.text("small").bytes)
        guard case .message(_, let small) = server.receive(&input, now: .zero) else {
            Issue.record("no message")
            return
        }
        #expect(small.storageCapacity < 64)

        var client = WebSocketStateMachine(client: .init())
        let large = RawFrame(first: 0x82, payload: Array(repeating: 7, count: 60000), mask: nil)
        input = ByteBuffer(bytes: large.bytes)
        let capacity = input.storageCapacity
        guard case .message(_, let slice) = client.receive(&input, now: .zero) else {
            Issue.record("no message")
            return
        }
        #expect(slice.storageCapacity == capacity)
        #expect(slice.readableBytes == 60000)
    }
}
