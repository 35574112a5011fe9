// SPDX-License-Identifier: Apache-2.0

import HoldfastWebSocket
import NIOCore
import Testing

@Suite("RFC 6455 §5.5 control frames")
struct RFC6455ControlTests {
    @Test("a ping is answered with its payload", arguments: [0, 1, 124, 125])
    func ping(size: Int) {
        let payload = (0..<size).map { UInt8($0) }
        let bytes = RawFrame(first: 0x89, payload: payload).bytes
        for split in 0...bytes.count {
            var server = WebSocketStateMachine(server: .init())
            let actions = server.feed(bytes[..<split]) + server.feed(bytes[split...])
            #expect(actions == [.sendPong(payload: ByteBuffer(bytes: payload))])
        }
    }

    // "All control frames MUST have a payload length of 125 bytes or less"
    @Test("a control frame over 125 bytes fails at its second byte", arguments: [0x88, 0x89, 0x8A] as [UInt8])
    func tooLong(first: UInt8) {
        for length in [0xFE, 0xFF] as [UInt8] {
            var server = WebSocketStateMachine(server: .init())
            #expect(server.feed([first, length]).first?.failureCode == 1002)
        }
        var server = WebSocketStateMachine(server: .init())
        #expect(
            server.feed(RawFrame(first: first, payload: Array(repeating: 0x61, count: 126))).first?.failureCode == 1002
        )
    }

    // "and MUST NOT be fragmented"
    @Test("a fragmented control frame fails at its first byte", arguments: [0x08, 0x09, 0x0A] as [UInt8])
    func fragmented(first: UInt8) {
        var server = WebSocketStateMachine(server: .init())
        #expect(server.feed([first]).first?.failureCode == 1002)
    }

    // "A Pong frame MAY be sent unsolicited"
    @Test("an unsolicited pong is ignored")
    func unsolicitedPong() {
        var server = WebSocketStateMachine(server: .init())
        #expect(server.feed(RawFrame(first: 0x8A, payload: [1, 2, 3]), .text("on")) == [.text("on")])
    }

    @Test("every ping is answered while the transport is writable, in order")
    func allPings() {
        var server = WebSocketStateMachine(server: .init())
        let bytes = (0..<10).flatMap { RawFrame(first: 0x89, payload: Array("\($0)".utf8)).bytes }
        #expect(server.feed(bytes) == (0..<10).map { .pong("\($0)") })
    }

    // "If an endpoint receives a Ping frame and has not yet sent Pong frame(s) in response to previous Ping frame(s),
    // the endpoint MAY elect to send a Pong frame for only the most recently processed Ping frame."
    @Test("only the newest ping is answered once the transport is writable again")
    func newestPing() {
        var server = WebSocketStateMachine(server: .init())
        #expect(server.writabilityChanged(false) == nil)
        let bytes = (0..<10).flatMap { RawFrame(first: 0x89, payload: Array("\($0)".utf8)).bytes }
        #expect(server.feed(bytes) == [])
        #expect(server.feed(.text("goes on")) == [.text("goes on")])
        #expect(server.writabilityChanged(true) == .pong("9"))
        #expect(server.writabilityChanged(true) == nil)
        #expect(server.feed(RawFrame(first: 0x89)) == [.pong("")])
    }

    @Test("no pong follows a close")
    func noPongAfterClose() {
        var server = WebSocketStateMachine(server: .init())
        #expect(server.writabilityChanged(false) == nil)
        #expect(server.feed(RawFrame(first: 0x89)) == [])
        #expect(server.close(CloseStatus(code: 1000), now: .zero) == .sendClose(CloseStatus(code: 1000)))
        #expect(server.writabilityChanged(true) == nil)
        #expect(server.feed(RawFrame(first: 0x89)) == [])
    }
}
