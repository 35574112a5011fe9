// SPDX-License-Identifier: Apache-2.0

import HoldfastWebSocket
import NIOCore
import Testing

@Suite("Timers of a WebSocket connection")
struct WebSocketTimerTests {
    static let justBefore = Duration.nanoseconds(1)

    @Test("a silent peer gets a ping after 25 s and is dead 20 s later")
    func deadPeer() {
        var server = WebSocketStateMachine(server: .init())
        #expect(server.nextDeadline == .seconds(25))
        #expect(server.tick(now: .seconds(25) - Self.justBefore) == nil)
        #expect(server.tick(now: .seconds(25)) == .sendPing(payload: ByteBuffer()))
        #expect(server.tick(now: .seconds(25)) == nil)
        #expect(server.nextDeadline == .seconds(45))
        #expect(server.tick(now: .seconds(45) - Self.justBefore) == nil)
        #expect(server.tick(now: .seconds(45))?.failureCode == 1001)
        #expect(server.nextDeadline == .seconds(50))
        #expect(server.tick(now: .seconds(50) - Self.justBefore) == nil)
        #expect(server.tick(now: .seconds(50)) == .closeTransport)
        #expect(server.nextDeadline == nil)
        #expect(server.tick(now: .seconds(100)) == nil)
        #expect(server.transportClosed().code == 1001)
    }

    @Test("any byte shows that the peer lives")
    func livingPeer() {
        var server = WebSocketStateMachine(server: .init())
        #expect(server.tick(now: .seconds(25)) == .sendPing(payload: ByteBuffer()))
        #expect(server.feed(RawFrame(first: 0x8A), now: .seconds(44)) == [])
        #expect(server.nextDeadline == .seconds(69))
        #expect(server.tick(now: .seconds(45)) == nil)
        #expect(server.tick(now: .seconds(69)) == .sendPing(payload: ByteBuffer()))
        #expect(server.feed([0x81], now: .seconds(80)) == [])
        #expect(server.tick(now: .seconds(89)) == nil)
    }

    @Test("traffic keeps pings away")
    func traffic() {
        var server = WebSocketStateMachine(server: .init())
        for second in 1...100 {
            #expect(server.feed(.text("x"), now: .seconds(second)) == [.text("x")])
            #expect(server.tick(now: .seconds(second)) == nil)
        }
        #expect(server.nextDeadline == .seconds(125))
    }

    @Test(
        "an incomplete frame or message has 30 s from its first byte",
        arguments: [
            RawFrame.text("fragment", isFinal: false).bytes,
            RawFrame.text("", isFinal: false).bytes,
            Array(RawFrame.text("part of a frame").bytes.dropLast()),
            Array(RawFrame(first: 0x89, payload: [1, 2]).bytes.dropLast()),
            [0x81],
            RawFrame.text("fragment", isFinal: false).bytes + RawFrame(first: 0x89).bytes,
            RawFrame.text("whole").bytes + [0x81],
        ]
    )
    func slowMessage(bytes: [UInt8]) {
        var server = WebSocketStateMachine(server: .init())
        _ = server.feed(bytes, now: .seconds(10))
        #expect(server.tick(now: .seconds(35)) == .sendPing(payload: ByteBuffer()))
        #expect(server.nextDeadline == .seconds(40))
        #expect(server.tick(now: .seconds(40) - Self.justBefore) == nil)
        #expect(server.tick(now: .seconds(40))?.failureCode == 1008)
    }

    @Test("control frames inside a slow message do not give it more time")
    func slowMessageWithPings() {
        var server = WebSocketStateMachine(server: .init())
        #expect(server.feed(.text("fragment", isFinal: false), now: .zero) == [])
        for second in 1..<30 {
            #expect(server.feed(RawFrame(first: 0x89), RawFrame(first: 0x00), now: .seconds(second)) == [.pong("")])
            #expect(server.tick(now: .seconds(second)) == nil)
        }
        #expect(server.tick(now: .seconds(30))?.failureCode == 1008)
    }

    @Test("a complete message ends the deadline, and the next has its own")
    func deadlinePerMessage() {
        var server = WebSocketStateMachine(server: .init())
        #expect(server.feed(.text("a", isFinal: false), now: .zero) == [])
        #expect(server.feed(RawFrame(first: 0x80), now: .seconds(29)) == [.text("a")])
        #expect(server.nextDeadline == .seconds(54))
        let half = RawFrame(first: 0x80, payload: Array("b".utf8)).bytes
        #expect(server.feed(.text("b", isFinal: false), now: .seconds(40)) == [])
        #expect(server.feed(half[..<3], now: .seconds(60)) == [])
        #expect(server.nextDeadline == .seconds(70))
        #expect(server.feed(half[3...] + RawFrame.text("c").bytes, now: .seconds(69)) == [.text("bb"), .text("c")])
        #expect(server.nextDeadline == .seconds(94))
    }

    @Test("a peer that does not answer our close loses the transport after 5 s")
    func closeTimeout() {
        var server = WebSocketStateMachine(server: .init())
        _ = server.close(CloseStatus(code: 1000), now: .seconds(3))
        #expect(server.nextDeadline == .seconds(8))
        #expect(server.feed(.text("late"), RawFrame(first: 0x89), now: .seconds(7)) == [])
        #expect(server.tick(now: .seconds(8) - Self.justBefore) == nil)
        #expect(server.tick(now: .seconds(8)) == .closeTransport)
        #expect(server.transportClosed().code == 1006)
    }

    @Test("a transport that stays open after the close handshake is closed after 5 s")
    func lingering() {
        var client = WebSocketStateMachine(client: .init())
        let close = RawFrame(first: 0x88, payload: [0x03, 0xE8], mask: nil)
        #expect(
            client.feed(close, now: .seconds(2)) == [
                .peerClosed(CloseStatus(code: 1000), reply: CloseStatus(code: 1000))
            ]
        )
        #expect(client.nextDeadline == .seconds(7))
        #expect(client.tick(now: .seconds(7)) == .closeTransport)
        #expect(client.tick(now: .seconds(20)) == nil)
    }

    @Test("while the caller does not read, silence and slowness are not the peer's fault")
    func pausedReading() {
        var server = WebSocketStateMachine(server: .init())
        #expect(server.feed(.text("a", isFinal: false), now: .seconds(10)) == [])
        server.readingChanged(false, now: .seconds(20))
        server.readingChanged(false, now: .seconds(21))
        #expect(server.nextDeadline == nil)
        #expect(server.tick(now: .seconds(1000)) == nil)
        server.readingChanged(true, now: .seconds(1000))
        #expect(server.nextDeadline == .seconds(1020))
        #expect(server.tick(now: .seconds(1020))?.failureCode == 1008)
    }

    @Test("a pause does not stop the close timeout")
    func pausedWhileClosing() {
        var server = WebSocketStateMachine(server: .init())
        server.readingChanged(false, now: .zero)
        _ = server.close(CloseStatus(code: 1000), now: .zero)
        #expect(server.tick(now: .seconds(5)) == .closeTransport)
    }
}
