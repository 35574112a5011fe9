// SPDX-License-Identifier: Apache-2.0

import HoldfastWebSocket
import NIOCore
import Testing

@Suite("Random WebSocket traffic")
struct WebSocketFuzzTests {
    /// A message, and its frames as the sender writes them.
    private static func randomMessage(
        _ role: WebSocketRole,
        into output: inout ByteBuffer,
        using generator: inout SeededGenerator,
    ) -> WebSocketStateMachine.Action {
        let sizes = [0, 1, 20, 125, 126, 127, 300, 5000, 65535, 65536]
        let isText = Bool.random(using: &generator)
        let size = sizes[Int.random(in: 0..<sizes.count, using: &generator)]
        let payload: [UInt8]
        if isText {
            let alphabet = ["a", "é", "漢", "😀"]
            payload = (0..<size / 3).flatMap { _ in
                Array(alphabet[Int.random(in: 0..<4, using: &generator)].utf8)
            }
        } else {
            payload = (0..<size).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        }
        var rest = payload[...]
        var opcode: FrameOpcode = isText ? .text : .binary
        repeat {
            let size =
                Bool.random(using: &generator) ? payload.count : Int.random(in: 0...payload.count, using: &generator)
            let piece = rest.prefix(size)
            rest = rest.dropFirst(piece.count)
            FrameEncoder.write(
                opcode,
                payload: ByteBuffer(bytes: piece),
                isFinal: rest.isEmpty,
                maskKey: role == .client ? MaskKey(random: UInt32.random(in: .min ... .max, using: &generator)) : nil,
                into: &output,
            )
            opcode = .continuation
        } while !rest.isEmpty
        return isText ? .text(String(decoding: payload, as: UTF8.self)) : .binary(payload)
    }

    @Test(
        "what one role encodes the other decodes, however it is cut",
        arguments: [.client, .server] as [WebSocketRole]
    )
    func roundTrip(sender: WebSocketRole) {
        var generator = SeededGenerator(seed: 6455)
        for _ in 0..<40 {
            var wire = ByteBuffer()
            var expected: [WebSocketStateMachine.Action] = []
            for _ in 0..<8 { expected.append(Self.randomMessage(sender, into: &wire, using: &generator)) }
            var receiver = WebSocketStateMachine(role: sender == .client ? .server : .client, now: .zero)
            var received: [WebSocketStateMachine.Action] = []
            while wire.readableBytes > 0 {
                let count = min(wire.readableBytes, Int.random(in: 1...9000, using: &generator))
                var piece = wire.readSlice(length: count) ?? ByteBuffer()
                while let action = receiver.receive(&piece, now: .zero) { received.append(action) }
            }
            #expect(received == expected)
        }
    }

    /// One to four frames with random heads and payloads, often damaged; sometimes no frames at all.
    private static func garbage(_ round: Int, using generator: inout SeededGenerator) -> [UInt8] {
        func byte(_ range: ClosedRange<UInt8> = .min ... .max) -> UInt8 { .random(in: range, using: &generator) }

        guard round % 7 != 0 else { return (0..<64).map { _ in byte() } }
        var bytes: [UInt8] = []
        for _ in 0...byte(0...3) {
            let opcodes: [UInt8] = [0, 1, 2, 8, 9, 10, byte(0...15)]
            let opcode = opcodes.randomElement(using: &generator) ?? 0
            var frame = RawFrame(first: (Bool.random(using: &generator) ? 0x80 : 0) | opcode)
            frame.payload = (0..<byte(0...140)).map { _ in byte(0...(round % 2 == 0 ? 0x7F : 0xFF)) }
            bytes += frame.bytes
        }
        if round % 3 == 0 { bytes[Int.random(in: 0..<bytes.count, using: &generator)] = byte() }
        return bytes
    }

    @Test("garbage never traps, ends in at most one failure, and is judged the same however it is cut")
    func garbage() {
        var generator = SeededGenerator(seed: 1)
        for round in 0..<4000 {
            let bytes = Self.garbage(round, using: &generator)
            let limits = WebSocketLimits(maxMessageBytes: 200, maxFrameBytes: 130, maxFragments: 3)
            var whole = WebSocketStateMachine(server: limits)
            let actions = whole.feed(bytes)
            #expect(actions.count { $0.failureCode != nil } <= 1)
            for size in [1, 3, 17] {
                var cut = WebSocketStateMachine(server: limits)
                // Which of several errors is found first may depend on the cut; that there is one may not, and what
                // was delivered before it may not either.
                let cutActions = cut.feed(bytes, inPiecesOf: size)
                #expect(cutActions.filter { $0.failureCode == nil } == actions.filter { $0.failureCode == nil })
                #expect(cut.isOpen == whole.isOpen)
            }
        }
    }

    @Test("random calls in any order never trap and end the connection for good")
    func randomCalls() {
        var generator = SeededGenerator(seed: 99)
        for _ in 0..<500 {
            var machine = WebSocketStateMachine(server: .init())
            var now = Duration.zero
            var hasEnded = false
            for _ in 0..<60 {
                now += .milliseconds(Int.random(in: 0...4000, using: &generator))
                switch Int.random(in: 0..<8, using: &generator) {
                case 0: _ = machine.tick(now: now)
                case 1: _ = machine.writabilityChanged(Bool.random(using: &generator))
                case 2: machine.readingChanged(Bool.random(using: &generator), now: now)
                case 3 where Int.random(in: 0..<5, using: &generator) == 0:
                    _ = machine.close(CloseStatus(code: 1000), now: now)
                case 4: _ = machine.feed(RawFrame(first: 0x89), now: now)
                case 5:
                    let count = Int.random(in: 1...9, using: &generator)
                    _ = machine.feed(RawFrame.text("abc").bytes.prefix(count), now: now)
                default: _ = machine.feed(.text("whole"), now: now)
                }
                if hasEnded { #expect(!machine.isOpen) }
                hasEnded = !machine.isOpen
            }
            _ = machine.transportClosed()
            #expect(machine.nextDeadline == nil)
            #expect(machine.feed(.text("late"), now: now) == [])
        }
    }
}
