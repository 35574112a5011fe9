// SPDX-License-Identifier: Apache-2.0

import HoldfastWebSocket
import NIOCore
import Testing

@Suite("RFC 6455 §8.1 UTF-8 in text messages")
struct RFC6455TextTests {
    /// The edges of Unicode table 3-7.
    static let valid: [[UInt8]] = [
        [0x00], [0x7F],
        [0xC2, 0x80], [0xDF, 0xBF],
        [0xE0, 0xA0, 0x80], [0xE0, 0xBF, 0xBF], [0xE1, 0x80, 0x80], [0xEC, 0xBF, 0xBF],
        [0xED, 0x80, 0x80], [0xED, 0x9F, 0xBF], [0xEE, 0x80, 0x80], [0xEF, 0xBF, 0xBF],
        [0xF0, 0x90, 0x80, 0x80], [0xF0, 0xBF, 0xBF, 0xBF], [0xF1, 0x80, 0x80, 0x80], [0xF3, 0xBF, 0xBF, 0xBF],
        [0xF4, 0x80, 0x80, 0x80], [0xF4, 0x8F, 0xBF, 0xBF],
        Array("κόσμε, 漢字, 😀 and ASCII".utf8),
    ]

    /// Invalid sequences, and the number of bytes after which no text can begin so.
    static let invalid: [(bytes: [UInt8], detectedAfter: Int)] = [
        ([0x80], 1), ([0xBF], 1), ([0xC0, 0x80], 1), ([0xC1, 0xBF], 1), ([0xF5, 0x80, 0x80, 0x80], 1), ([0xFE], 1),
        ([0xFF], 1), ([0xC2, 0x7F], 2), ([0xC2, 0xC0], 2), ([0xDF, 0x00], 2),
        ([0xE0, 0x80, 0x80], 2), ([0xE0, 0x9F, 0xBF], 2), ([0xED, 0xA0, 0x80], 2), ([0xED, 0xBF, 0xBF], 2),
        ([0xE1, 0x80, 0x7F], 3), ([0xEF, 0xBF, 0xC0], 3), ([0xE1, 0x41], 2),
        ([0xF0, 0x80, 0x80, 0x80], 2), ([0xF0, 0x8F, 0xBF, 0xBF], 2), ([0xF4, 0x90, 0x80, 0x80], 2),
        ([0xF1, 0x80, 0x80, 0x7F], 4), ([0xF1, 0x80, 0x41], 3), ([0xF4, 0x8F, 0xBF, 0xC0], 4),
    ]

    static let truncated: [[UInt8]] = [
        [0xC2], [0xE1], [0xE1, 0x80], [0xF1], [0xF1, 0x80], [0xF1, 0x80, 0x80], [0xE0, 0xA0], [0xF4, 0x8F, 0xBF],
    ]

    @Test("valid text passes, split into reads and into fragments at every byte", arguments: valid)
    func validText(sequence: [UInt8]) {
        for prefix in 0..<9 {
            let text = Array(repeating: UInt8(ascii: "a"), count: prefix) + sequence + Array("12345678".utf8)
            let expected = [WebSocketStateMachine.Action.text(String(decoding: text, as: UTF8.self))]
            let bytes = RawFrame(first: 0x81, payload: text).bytes
            for split in 0...text.count {
                var server = WebSocketStateMachine(server: .init())
                let fragments = server.feed(
                    RawFrame(first: 0x01, payload: Array(text[..<split])),
                    RawFrame(first: 0x80, payload: Array(text[split...]))
                )
                #expect(fragments == expected)
                server = WebSocketStateMachine(server: .init())
                #expect(server.feed(bytes[..<(split + 6)]) + server.feed(bytes[(split + 6)...]) == expected)
            }
        }
    }

    @Test("invalid text fails with 1007, split into fragments at every byte", arguments: invalid)
    func invalidText(sequence: [UInt8], detectedAfter: Int) {
        for prefix in 0..<9 {
            let text = Array(repeating: UInt8(ascii: "a"), count: prefix) + sequence + Array("12345678".utf8)
            for split in 0...text.count {
                var server = WebSocketStateMachine(server: .init())
                let actions = server.feed(
                    RawFrame(first: 0x01, payload: Array(text[..<split])),
                    RawFrame(first: 0x80, payload: Array(text[split...]))
                )
                #expect(actions.map(\.failureCode) == [1007])
            }
            var server = WebSocketStateMachine(server: .init())
            #expect(server.feed(RawFrame(first: 0x81, payload: text)).map(\.failureCode) == [1007])
        }
    }

    @Test("invalid text fails at the first byte that cannot be, inside an unfinished frame", arguments: invalid)
    func failFast(sequence: [UInt8], detectedAfter: Int) {
        let bytes = RawFrame(first: 0x81, payload: Array("text ".utf8) + sequence + Array("more".utf8)).bytes
        var server = WebSocketStateMachine(server: .init())
        let until = 6 + 5 + detectedAfter
        #expect(server.feed(Array(bytes[..<(until - 1)]), inPiecesOf: 1) == [])
        #expect(server.feed(bytes[(until - 1)..<until]).map(\.failureCode) == [1007])
    }

    @Test("text that ends inside a character fails at its end, not before", arguments: truncated)
    func truncatedText(sequence: [UInt8]) {
        var server = WebSocketStateMachine(server: .init())
        #expect(server.feed(RawFrame(first: 0x81, payload: sequence)).map(\.failureCode) == [1007])
        server = WebSocketStateMachine(server: .init())
        #expect(server.feed(RawFrame(first: 0x01, payload: sequence)) == [])
        #expect(server.feed(RawFrame(first: 0x80)).map(\.failureCode) == [1007])
    }

    @Test("binary messages carry anything", arguments: invalid)
    func binary(sequence: [UInt8], detectedAfter: Int) {
        var server = WebSocketStateMachine(server: .init())
        #expect(
            server.feed(RawFrame(first: 0x02, payload: sequence), RawFrame(first: 0x80, payload: sequence))
                == [.binary(sequence + sequence)]
        )
        #expect(server.feed(.text("é")) == [.text("é")])
    }

    @Test("the validator agrees with the standard library on all short sequences of edge bytes")
    func againstStandardLibrary() {
        let edges: [UInt8] = [
            0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xEF, 0xF0, 0xF1,
            0xF4, 0xF5,
        ]
        var sequence: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0]
        for first in edges {
            for second in edges {
                for third in edges {
                    for fourth in edges {
                        (sequence[0], sequence[1], sequence[2], sequence[3]) = (first, second, third, fourth)
                        var validator = UTF8Validator()
                        let isValid = sequence.withUnsafeBytes { validator.append($0) } && validator.isComplete
                        guard isValid == (String(validating: sequence, as: UTF8.self) != nil) else {
                            Issue.record("\(sequence)")
                            return
                        }
                    }
                }
            }
        }
    }

    @Test("random text with random damage gets the standard library's verdict, however it is cut")
    func randomText() {
        var generator = SeededGenerator(seed: 8)
        for _ in 0..<3000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0...40, using: &generator) {
                let shift = UInt32.random(in: 0...14, using: &generator)
                let scalar = Unicode.Scalar(UInt32.random(in: 0...0x10FFFF, using: &generator) >> shift)
                bytes += Array(String(Character(scalar ?? "x")).utf8)
            }
            if Bool.random(using: &generator), !bytes.isEmpty {
                let damaged = Int.random(in: 0..<bytes.count, using: &generator)
                bytes[damaged] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            }
            var validator = UTF8Validator()
            var isValid = true
            var rest = bytes[...]
            while isValid, !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 1...20, using: &generator))
                rest = rest.dropFirst(piece.count)
                isValid = piece.withUnsafeBytes { validator.append($0) }
            }
            #expect((isValid && validator.isComplete) == (String(validating: bytes, as: UTF8.self) != nil))
        }
    }
}
