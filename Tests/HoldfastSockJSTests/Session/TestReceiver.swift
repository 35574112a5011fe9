// SPDX-License-Identifier: Apache-2.0
import HoldfastSockJS
import NIOCore
import NIOEmbedded
import Synchronization

/// A receiver that keeps what it is given.
final class TestReceiver: FrameReceiver {
    private struct State {
        var written: [String] = []
        var isOpen = true
        var onBroken: (@Sendable () -> Void)?
        var onInputEnd: (@Sendable () -> Void)?
    }

    let id: ReceiverID
    let mode: SessionStateMachine.ReceiverMode
    let eventLoop: any EventLoop
    private let state = Mutex(State())

    init(_ id: UInt64, _ mode: SessionStateMachine.ReceiverMode, on eventLoop: any EventLoop) {
        self.id = ReceiverID(id)
        self.mode = mode
        self.eventLoop = eventLoop
    }

    /// The pieces written, `<prelude>` and `<end>` included.
    var written: [String] { state.withLock { $0.written } }

    var isOpen: Bool { state.withLock { $0.isOpen } }

    func whenBroken(_ action: @escaping @Sendable () -> Void) {
        state.withLock { $0.onBroken = action }
    }

    func whenInputEnds(_ action: @escaping @Sendable () -> Void) {
        state.withLock { $0.onInputEnd = action }
    }

    func writePrelude() {
        state.withLock { $0.written.append("<prelude>") }
    }

    func write(_ frame: Frame) -> Int {
        var buffer = ByteBuffer()
        frame.write(into: &buffer)
        let text = String(buffer: buffer)
        state.withLock { $0.written.append(text) }
        return buffer.readableBytes + 1
    }

    func end() {
        state.withLock { state in
            state.written.append("<end>")
            state.isOpen = false
        }
    }

    /// The client sends no more.
    func stopSending() {
        state.withLock { $0.onInputEnd }?()
    }

    /// The client leaves, and this is noticed unless `silently`.
    func leave(silently: Bool = false) {
        let action = state.withLock { state in
            state.isOpen = false
            return silently ? nil : state.onBroken
        }
        action?()
    }
}
