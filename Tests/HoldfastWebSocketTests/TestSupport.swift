// SPDX-License-Identifier: Apache-2.0

import HoldfastWebSocket
import NIOCore

/// SplitMix64: the same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}

/// A frame written byte by byte as RFC 6455 §5.2 draws it, independent of the encoder under test.
struct RawFrame {
    var first: UInt8
    var payload: [UInt8] = []
    var mask: [UInt8]? = [0x37, 0xFA, 0x21, 0x3D]
    /// Overrides the length field: the 7-bit value and the bytes after it.
    var lengthField: [UInt8]?

    static func text(_ text: String, isFinal: Bool = true, mask: [UInt8]? = [0x37, 0xFA, 0x21, 0x3D]) -> RawFrame {
        RawFrame(first: isFinal ? 0x81 : 0x01, payload: Array(text.utf8), mask: mask)
    }

    static func close(_ code: UInt16, _ reason: [UInt8] = []) -> RawFrame {
        RawFrame(first: 0x88, payload: [UInt8(code >> 8), UInt8(code & 0xFF)] + reason)
    }

    var bytes: [UInt8] {
        var length = lengthField ?? []
        if length.isEmpty {
            let count = payload.count
            if count < 126 {
                length = [UInt8(count)]
            } else if count < 65536 {
                length = [126, UInt8(count >> 8), UInt8(count & 0xFF)]
            } else {
                length = [127] + stride(from: 56, through: 0, by: -8).map { UInt8(count >> $0 & 0xFF) }
            }
        }
        if mask != nil { length[0] |= 0x80 }
        guard let mask else { return [first] + length + payload }
        return [first] + length + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] }
    }
}

extension WebSocketStateMachine {
    init(server limits: WebSocketLimits = WebSocketLimits()) {
        self.init(role: .server, limits: limits, now: .zero)
    }

    init(client limits: WebSocketLimits = WebSocketLimits()) {
        self.init(role: .client, limits: limits, now: .zero)
    }

    /// Feeds one read and collects the actions.
    mutating func feed(_ bytes: some Sequence<UInt8>, now: Duration = .zero) -> [Action] {
        var buffer = ByteBuffer(bytes: bytes)
        var actions: [Action] = []
        while let action = receive(&buffer, now: now) { actions.append(action) }
        precondition(buffer.readableBytes == 0)
        return actions
    }

    mutating func feed(_ frames: RawFrame..., now: Duration = .zero) -> [Action] {
        feed(frames.flatMap(\.bytes), now: now)
    }

    /// Feeds pieces of the given size.
    mutating func feed(_ bytes: [UInt8], inPiecesOf size: Int, now: Duration = .zero) -> [Action] {
        stride(from: 0, to: bytes.count, by: size).flatMap { start in
            feed(bytes[start..<min(start + size, bytes.count)], now: now)
        }
    }
}

extension WebSocketStateMachine.Action {
    static func text(_ text: String) -> Self {
        .message(text: true, payload: ByteBuffer(string: text))
    }

    static func binary(_ bytes: [UInt8]) -> Self {
        .message(text: false, payload: ByteBuffer(bytes: bytes))
    }

    static func pong(_ text: String) -> Self {
        .sendPong(payload: ByteBuffer(string: text))
    }

    /// The code the connection failed with here, if it did.
    var failureCode: UInt16? {
        if case .fail(let status, _) = self { status.code } else { nil }
    }
}
