// SPDX-License-Identifier: Apache-2.0

import HoldfastWebSocket
import NIOCore
import Testing

@Suite("RFC 6455 §7 closing")
struct RFC6455CloseTests {
    static let allowed: [UInt16] = Array(1000...1003) + Array(1007...1014) + [3000, 3999, 4000, 4408, 4999]
    static let forbidden: [UInt16] = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535]

    // §7.4
    @Test("a close with an allowed code is answered with that code", arguments: allowed)
    func allowedCodes(code: UInt16) {
        #expect(CloseStatus.isAllowedOnWire(code))
        var server = WebSocketStateMachine(server: .init())
        let actions = server.feed(.close(code, Array("bye".utf8)))
        #expect(actions == [.peerClosed(CloseStatus(code: code, reason: "bye"), reply: CloseStatus(code: code))])
        #expect(!server.isOpen)
        #expect(server.transportClosed() == CloseStatus(code: code, reason: "bye"))
    }

    @Test("a close with any other code is a protocol error", arguments: forbidden)
    func forbiddenCodes(code: UInt16) {
        #expect(!CloseStatus.isAllowedOnWire(code))
        var server = WebSocketStateMachine(server: .init())
        #expect(server.feed(.close(code)).first?.failureCode == 1002)
    }

    // §7.1.5: "If this Close control frame contains no status code, [it] is considered to be 1005."
    @Test("an empty close means 1005 and gets an empty answer")
    func emptyClose() throws {
        var server = WebSocketStateMachine(server: .init())
        let actions = server.feed(RawFrame(first: 0x88))
        #expect(actions == [.peerClosed(.noStatus, reply: .noStatus)])
        #expect(CloseStatus.noStatus.payload.readableBytes == 0)
        #expect(try CloseStatus(payload: ByteBuffer()).code == 1005)
    }

    // §5.5.1: "the first two bytes of the body MUST be a 2-byte unsigned integer"
    @Test("a close payload of one byte is a protocol error")
    func oneByte() {
        var server = WebSocketStateMachine(server: .init())
        #expect(server.feed(RawFrame(first: 0x88, payload: [3])).first?.failureCode == 1002)
    }

    @Test("a reason of 123 bytes passes, 124 do not fit into a control frame")
    func reasonSize() {
        for size in [122, 123, 124] {
            var server = WebSocketStateMachine(server: .init())
            let action = server.feed(.close(1000, Array(repeating: 0x61, count: size))).first
            #expect((action?.failureCode == 1002) == (size == 124))
        }
    }

    @Test(
        "a reason that is not UTF-8 fails the connection",
        arguments: [[0xFF], [0x61, 0xC3], [0xED, 0xA0, 0x80], [0xC0, 0xAF]] as [[UInt8]]
    )
    func invalidReason(reason: [UInt8]) {
        var server = WebSocketStateMachine(server: .init())
        #expect(server.feed(.close(1000, reason)).first?.failureCode == 1007)
    }

    @Test("a close may be split at every byte")
    func split() {
        let bytes = RawFrame.close(1001, Array("going".utf8)).bytes
        for split in 1..<bytes.count {
            var server = WebSocketStateMachine(server: .init())
            #expect(
                server.feed(bytes[..<split]) + server.feed(bytes[split...])
                    == [.peerClosed(CloseStatus(code: 1001, reason: "going"), reply: CloseStatus(code: 1001))]
            )
        }
    }

    // §5.5.1: "An endpoint MAY discard any further data received."
    @Test("whatever follows the peer's close is dropped")
    func bytesAfterClose() {
        var server = WebSocketStateMachine(server: .init())
        let actions = server.feed(.close(1000), .text("late"), RawFrame(first: 0x89), RawFrame(first: 0xFF))
        #expect(actions == [.peerClosed(CloseStatus(code: 1000), reply: CloseStatus(code: 1000))])
        #expect(server.close(CloseStatus(code: 1001), now: .zero) == nil)
    }

    @Test("bytes after a failure are dropped and it is reported once")
    func bytesAfterFailure() {
        var server = WebSocketStateMachine(server: .init())
        let actions = server.feed(RawFrame(first: 0x83), .text("late"), .close(1000))
        #expect(actions.map(\.failureCode) == [1002])
        guard case .fail(let status, sendFrame: true) = actions.first else {
            Issue.record("a close frame should be sent")
            return
        }
        #expect(server.transportClosed() == status)
    }

    // §7.1.2
    @Test("after a local close, data is dropped until the peer's close, which is not answered again")
    func localClose() {
        var server = WebSocketStateMachine(server: .init())
        let status = CloseStatus(code: 1001, reason: "restart")
        #expect(server.close(status, now: .zero) == .sendClose(status))
        #expect(server.close(status, now: .zero) == nil)
        #expect(!server.isOpen)
        let bytes = [
            RawFrame.text("late"),
            RawFrame(first: 0x01, payload: Array(repeating: 0xFF, count: 300)),
            RawFrame(first: 0x89, payload: [1]),
            RawFrame(first: 0x80),
            RawFrame.close(1001),
        ].flatMap(\.bytes)
        for split in 0...bytes.count {
            var copy = server
            #expect(
                copy.feed(bytes[..<split]) + copy.feed(bytes[split...])
                    == [.peerClosed(CloseStatus(code: 1001), reply: nil)],
                "at \(split)"
            )
        }
    }

    @Test("a local close in the middle of any frame still finds the peer's close")
    func localCloseMidway() {
        let bytes = [
            RawFrame.text("frag", isFinal: false),
            RawFrame(first: 0x89, payload: Array("ping".utf8)),
            RawFrame(first: 0x80, payload: Array("ment".utf8)),
            RawFrame.close(1000, Array("reason".utf8)),
        ].flatMap(\.bytes)
        for split in 0..<bytes.count {
            var server = WebSocketStateMachine(server: .init())
            _ = server.feed(bytes[..<split])
            #expect(server.close(CloseStatus(code: 1000), now: .zero) != nil)
            #expect(
                server.feed(bytes[split...]) == [.peerClosed(CloseStatus(code: 1000, reason: "reason"), reply: nil)],
                "at \(split)"
            )
        }
    }

    @Test("an error after a local close sends no second close frame")
    func errorAfterLocalClose() {
        for bad in [RawFrame(first: 0x83), RawFrame(first: 0xC1), .close(1005), RawFrame(first: 0x81, mask: nil)] {
            var server = WebSocketStateMachine(server: .init())
            _ = server.close(CloseStatus(code: 1000), now: .zero)
            guard case .fail(let status, sendFrame: false) = server.feed(bad).first else {
                Issue.record("no failure")
                continue
            }
            #expect(status.code == 1002)
        }
    }

    // §7.1.5: 1006 when there was no Close frame
    @Test("a transport that ends without a close means 1006")
    func lostTransport() {
        var server = WebSocketStateMachine(server: .init())
        #expect(server.transportClosed().code == 1006)
        #expect(server.nextDeadline == nil)
        #expect(server.feed(.text("late")) == [])
        server = WebSocketStateMachine(server: .init())
        _ = server.close(CloseStatus(code: 1000), now: .zero)
        #expect(server.transportClosed().code == 1006, "the peer did not answer our close")
    }

    @Test("a reason for the wire is cut at 123 bytes, at the end of a character")
    func longReason() throws {
        let cases: [(String, Int)] = [
            (String(repeating: "a", count: 122), 122),
            (String(repeating: "a", count: 123), 123),
            (String(repeating: "a", count: 124), 123),
            (String(repeating: "é", count: 62), 122),
            (String(repeating: "漢", count: 42), 123),
            (String(repeating: "😀", count: 31), 120),
        ]
        for (reason, expected) in cases {
            let payload = CloseStatus(code: 4000, reason: reason).payload
            #expect(payload.readableBytes == expected + 2)
            #expect(reason.hasPrefix(try CloseStatus(payload: payload).reason))
        }
    }

    @Test("a code that may not be sent becomes an empty close", arguments: forbidden)
    func unsendable(code: UInt16) {
        #expect(CloseStatus(code: code, reason: "x").payload.readableBytes == 0)
    }

    @Test("an encoded close reads back")
    func encoded() {
        var output = ByteBuffer()
        FrameEncoder.write(close: CloseStatus(code: 4408, reason: "slow"), maskKey: MaskKey(1, 2, 3, 4), into: &output)
        var server = WebSocketStateMachine(server: .init())
        #expect(
            server.feed(output.readableBytesView)
                == [.peerClosed(CloseStatus(code: 4408, reason: "slow"), reply: CloseStatus(code: 4408))]
        )
    }
}
