// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport
internal import NIOCore

/// Carries the connection's calls to the session's loop.
final class XHRLink: MessageLink {
    let session: NIOLoopBoundBox<XHRSession?>
    private let loopExecutor: LoopExecutor

    init(_ eventLoop: any EventLoop) {
        loopExecutor = LoopExecutor.shared(by: eventLoop)
        session = .makeEmptyBox(valueType: XHRSession.self, eventLoop: eventLoop)
    }

    var executor: (any TaskExecutor)? { loopExecutor }

    func outboundReady() {
        onLoop { $0.drain() }
    }

    /// A client's messages all go to its receiver, which never makes the peer wait.
    func setReading(_ reading: Bool) {}

    func onLoop(_ action: @escaping @Sendable (XHRSession) -> Void) {
        let session = session
        if loopExecutor.eventLoop.inEventLoop {
            if let session = session.value { action(session) }
        } else {
            loopExecutor.eventLoop.execute {
                if let session = session.value { action(session) }
            }
        }
    }
}
