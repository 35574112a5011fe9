// SPDX-License-Identifier: Apache-2.0
import HoldfastHTTP
import NIOCore

/// A streamed response as the receiver of a session.
final class ResponseReceiver: FrameReceiver {
    let id: ReceiverID
    let mode: SessionStateMachine.ReceiverMode
    private let wrapping: FrameWrapping
    private let stream: ResponseStream

    init(id: ReceiverID, mode: SessionStateMachine.ReceiverMode, wrapping: FrameWrapping, stream: ResponseStream) {
        self.id = id
        self.mode = mode
        self.wrapping = wrapping
        self.stream = stream
    }

    var eventLoop: any EventLoop { stream.eventLoop }

    var isOpen: Bool { stream.isOpen }

    func whenBroken(_ action: @escaping @Sendable () -> Void) {
        stream.onEnd { end in
            if case .broken = end { action() }
        }
    }

    func whenInputEnds(_ action: @escaping @Sendable () -> Void) {
        stream.onInputEnd(action)
    }

    func writePrelude() {
        if let prelude = wrapping.prelude { stream.write(prelude) }
    }

    func write(_ frame: Frame) -> Int {
        let piece = wrapping.wrap(frame)
        stream.write(piece)
        return piece.readableBytes
    }

    func end() {
        stream.finish()
    }
}
