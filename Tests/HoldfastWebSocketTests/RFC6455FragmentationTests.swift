// SPDX-License-Identifier: Apache-2.0

import HoldfastWebSocket
import NIOCore
import Testing

@Suite("RFC 6455 §5.4 fragmentation")
struct RFC6455FragmentationTests {
    @Test("fragments make one message of the first frame's type")
    func fragments() {
        var server = WebSocketStateMachine(server: .init())
        #expect(
            server.feed(
                .text("one ", isFinal: false),
                RawFrame(first: 0x00, payload: Array("two ".utf8)),
                RawFrame(first: 0x80, payload: Array("three".utf8))
            ) == [.text("one two three")]
        )
        #expect(
            server.feed(RawFrame(first: 0x02, payload: [0xFF]), RawFrame(first: 0x80, payload: [0xFE]))
                == [.binary([0xFF, 0xFE])]
        )
    }

    @Test("empty fragments are allowed anywhere", arguments: 0..<8)
    func emptyFragments(pattern: Int) {
        let parts = (0..<3).map { pattern >> $0 & 1 == 0 ? "" : "x\($0)" }
        var server = WebSocketStateMachine(server: .init())
        let actions = server.feed(
            .text(parts[0], isFinal: false),
            RawFrame(first: 0x00, payload: Array(parts[1].utf8)),
            RawFrame(first: 0x80, payload: Array(parts[2].utf8))
        )
        #expect(actions == [.text(parts.joined())])
    }

    // "Control frames MAY be injected in the middle of a fragmented message."
    @Test("control frames between fragments are answered at once, wherever the reads are cut")
    func interleavedControl() {
        let bytes = [
            RawFrame.text("frag", isFinal: false),
            RawFrame(first: 0x89, payload: Array("p1".utf8)),
            RawFrame(first: 0x8A, payload: Array("unasked".utf8)),
            RawFrame(first: 0x00, payload: Array("men".utf8)),
            RawFrame(first: 0x89),
            RawFrame(first: 0x80, payload: Array("ted".utf8)),
            RawFrame.text("next"),
        ].flatMap(\.bytes)
        let expected: [WebSocketStateMachine.Action] = [.pong("p1"), .pong(""), .text("fragmented"), .text("next")]
        for split in 0...bytes.count {
            var server = WebSocketStateMachine(server: .init())
            #expect(server.feed(bytes[..<split]) + server.feed(bytes[split...]) == expected, "at \(split)")
        }
        var server = WebSocketStateMachine(server: .init())
        #expect(server.feed(bytes, inPiecesOf: 1) == expected)
    }

    @Test("a close between fragments ends the connection and the message")
    func closeBetweenFragments() {
        var server = WebSocketStateMachine(server: .init())
        let actions = server.feed(.text("frag", isFinal: false), .close(1000), RawFrame(first: 0x80))
        #expect(actions == [.peerClosed(CloseStatus(code: 1000), reply: CloseStatus(code: 1000))])
    }

    // "The fragments of one message MUST NOT be interleaved between the fragments of another message"
    @Test("a new message inside a fragmented one is a protocol error", arguments: [0x81, 0x01, 0x82, 0x02] as [UInt8])
    func newMessageInside(first: UInt8) {
        var server = WebSocketStateMachine(server: .init())
        #expect(server.feed(.text("a", isFinal: false), RawFrame(first: first)).first?.failureCode == 1002)
    }

    @Test("a continuation without a message is a protocol error", arguments: [0x80, 0x00] as [UInt8])
    func continuationAlone(first: UInt8) {
        var server = WebSocketStateMachine(server: .init())
        #expect(server.feed(RawFrame(first: first, payload: [0x61])).first?.failureCode == 1002)
        server = WebSocketStateMachine(server: .init())
        #expect(server.feed(.text("whole"), RawFrame(first: first)).last?.failureCode == 1002, "after a whole message")
        server = WebSocketStateMachine(server: .init())
        let actions = server.feed(.text("a", isFinal: false), RawFrame(first: 0x80), RawFrame(first: first))
        #expect(actions.first == .text("a"))
        #expect(actions.last?.failureCode == 1002, "after a fragmented message")
    }

    @Test("a message that begins with an empty fragment and goes on in pieces is whole")
    func emptyFirstThenPieces() {
        let bytes = RawFrame.text("", isFinal: false).bytes + RawFrame(first: 0x80, payload: Array("rest".utf8)).bytes
        for size in 1...bytes.count {
            var server = WebSocketStateMachine(server: .init())
            #expect(server.feed(bytes, inPiecesOf: size) == [.text("rest")])
        }
    }
}
