// SPDX-License-Identifier: Apache-2.0

import HoldfastWebSocket
import NIOCore
import Testing

@Suite("Limits of a WebSocket connection")
struct WebSocketLimitsTests {
    @Test("a frame of N bytes passes, N+1 fails as soon as its length is declared", arguments: [99, 100, 101])
    func frameSize(size: Int) {
        var server = WebSocketStateMachine(server: WebSocketLimits(maxMessageBytes: 1000, maxFrameBytes: 100))
        let bytes = RawFrame(first: 0x82, payload: Array(repeating: 1, count: size)).bytes
        #expect(server.feed(bytes[..<6]).first?.failureCode == (size > 100 ? 1009 : nil))
        #expect(server.feed(bytes[6...]).count == (size > 100 ? 0 : 1))
    }

    @Test("a message of N bytes passes in fragments, N+1 fails before its last fragment", arguments: [99, 100, 101])
    func messageSize(size: Int) {
        var server = WebSocketStateMachine(server: WebSocketLimits(maxMessageBytes: 100, maxFrameBytes: 100))
        let last = RawFrame(first: 0x80, payload: Array(repeating: 1, count: size - 60)).bytes
        #expect(server.feed(RawFrame(first: 0x02, payload: Array(repeating: 1, count: 60))) == [])
        #expect(server.feed(last[..<6]).first?.failureCode == (size > 100 ? 1009 : nil))
        #expect(server.feed(last[6...]).count == (size > 100 ? 0 : 1))
    }

    @Test("a whole message over the message limit fails even if a frame could be larger", arguments: [99, 100, 101])
    func messageSizeInOneFrame(size: Int) {
        var server = WebSocketStateMachine(server: WebSocketLimits(maxMessageBytes: 100, maxFrameBytes: 1000))
        let action = server.feed(RawFrame(first: 0x82, payload: Array(repeating: 1, count: size))).first
        #expect(action?.failureCode == (size > 100 ? 1009 : nil))
        #expect(action != nil)
    }

    @Test("the default limit is 1 MiB")
    func defaultSize() {
        for (size, code) in [(1 << 20 - 1, nil), (1 << 20, nil), (1 << 20 + 1, 1009)] as [(Int, UInt16?)] {
            var server = WebSocketStateMachine(server: .init())
            let length = [0, 0, 0, 0, 0, UInt8(size >> 16), UInt8(size >> 8 & 0xFF), UInt8(size & 0xFF)]
            let head = RawFrame(first: 0x82, lengthField: [127] + length)
            #expect(server.feed(head).first?.failureCode == code)
        }
    }

    @Test("N fragments pass, N+1 fail, whether they are empty or not", arguments: [9, 10, 11], [0, 1])
    func fragments(count: Int, size: Int) {
        var server = WebSocketStateMachine(server: WebSocketLimits(maxFragments: 10))
        let payload = Array(repeating: UInt8(ascii: "x"), count: size)
        var actions = server.feed(RawFrame(first: 0x01, payload: payload))
        for _ in 2..<count { actions += server.feed(RawFrame(first: 0x00, payload: payload), RawFrame(first: 0x8A)) }
        #expect(actions == [])
        actions = server.feed(RawFrame(first: 0x80, payload: payload))
        if count > 10 {
            #expect(actions.map(\.failureCode) == [1008])
        } else {
            #expect(actions == [.text(String(repeating: "x", count: size * count))])
        }
    }

    @Test("fragments are counted for each message anew")
    func fragmentsPerMessage() {
        var server = WebSocketStateMachine(server: WebSocketLimits(maxFragments: 2))
        for _ in 0..<5 {
            #expect(server.feed(.text("a", isFinal: false), RawFrame(first: 0x80)) == [.text("a")])
            #expect(server.feed(.text("b")) == [.text("b")])
        }
    }

    @Test("a burst of N control frames passes, N+1 fail", arguments: [0x89, 0x8A] as [UInt8])
    func controlBurst(first: UInt8) {
        var server = WebSocketStateMachine(server: .init())
        for _ in 0..<40 { #expect(server.feed(RawFrame(first: first)).count == (first == 0x89 ? 1 : 0)) }
        var flooded = server
        #expect(flooded.feed(RawFrame(first: first)).map(\.failureCode) == [1008])
        #expect(flooded.feed(RawFrame(first: first)) == [])
        #expect(server.feed(RawFrame(first: first), now: .milliseconds(49)).map(\.failureCode) == [1008])
    }

    @Test("control frames come back at the average rate")
    func controlRate() {
        var server = WebSocketStateMachine(server: .init())
        for _ in 0..<40 { _ = server.feed(RawFrame(first: 0x89)) }
        for step in 1...200 {
            #expect(server.feed(RawFrame(first: 0x89), now: .milliseconds(50 * step)) == [.pong("")])
        }
        #expect(server.feed(RawFrame(first: 0x89), now: .milliseconds(50 * 200 + 49)).map(\.failureCode) == [1008])
    }

    @Test("pings and pongs share the budget, a close needs none")
    func sharedBudget() {
        var server = WebSocketStateMachine(server: WebSocketLimits(controlFramesPerSecond: 1, controlBurst: 2))
        #expect(server.feed(RawFrame(first: 0x89), RawFrame(first: 0x8A)) == [.pong("")])
        var closed = server
        #expect(closed.feed(.close(1000)).first?.failureCode == nil)
        #expect(server.feed(RawFrame(first: 0x8A)).map(\.failureCode) == [1008])
    }

    @Test("a flood after the local close ends the connection without another frame")
    func floodWhileClosing() {
        var server = WebSocketStateMachine(server: WebSocketLimits(controlFramesPerSecond: 1, controlBurst: 2))
        _ = server.close(CloseStatus(code: 1000), now: .zero)
        #expect(server.feed(RawFrame(first: 0x89), RawFrame(first: 0x89)) == [])
        guard case .fail(let status, sendFrame: false) = server.feed(RawFrame(first: 0x89)).first else {
            Issue.record("no failure")
            return
        }
        #expect(status.code == 1008)
    }

    @Test("many pings to a peer that does not read cost one pending pong")
    func pingsToStalledReader() {
        var server = WebSocketStateMachine(
            server: WebSocketLimits(controlFramesPerSecond: 1_000_000, controlBurst: 2_000_000)
        )
        _ = server.writabilityChanged(false)
        let pings = Array(repeating: RawFrame(first: 0x89, payload: [7]).bytes, count: 1000).flatMap { $0 }
        for _ in 0..<20 { #expect(server.feed(pings) == []) }
        #expect(server.writabilityChanged(true) == .sendPong(payload: ByteBuffer(bytes: [7])))
        #expect(server.writabilityChanged(true) == nil)
    }
}
