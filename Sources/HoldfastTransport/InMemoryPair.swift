// SPDX-License-Identifier: Apache-2.0
import Synchronization

/// Two connections joined in memory: what one sends, the other receives, at once and on the sender's thread.
package struct InMemoryPair: Sendable {
    /// The end given to the code under test.
    package let server: MessageConnection
    /// The end that plays the client.
    package let client: MessageConnection

    package init(
        info: ConnectionInfo = .init(),
        transport: Transport = .inMemory,
        outbound: QueueLimits = .init(),
        inbound: QueueLimits = .init(messages: 64, bytes: 1 << 18),
        executor: (any TaskExecutor)? = nil
    ) {
        let serverEnd = InMemoryLink(executor)
        let clientEnd = InMemoryLink(nil)
        server = MessageConnection(
            transport: transport,
            info: info,
            link: serverEnd,
            outbound: outbound,
            inbound: inbound
        )
        client = MessageConnection(transport: transport, info: info, link: clientEnd)
        serverEnd.join(own: server, peer: client, peerLink: clientEnd)
        clientEnd.join(own: client, peer: server, peerLink: serverEnd)
    }

    /// Breaks the link without a close, as a lost network does.
    package func cut() {
        server.linkClosed(CloseReason(.abnormalClosure))
        client.linkClosed(CloseReason(.abnormalClosure))
    }
}

/// One end of an in-memory pair.
private final class InMemoryLink: MessageLink {
    private struct Ends: Sendable {
        weak var own: MessageConnection?
        weak var peer: MessageConnection?
        weak var peerLink: InMemoryLink?
    }

    private struct State: Sendable {
        var ends = Ends()
        var draining = false
        var again = false
        var peerReads = true
    }

    private let state = Mutex(State())

    let executor: (any TaskExecutor)?

    init(_ executor: (any TaskExecutor)?) {
        self.executor = executor
    }

    func join(own: MessageConnection, peer: MessageConnection, peerLink: InMemoryLink) {
        state.withLock { $0.ends = Ends(own: own, peer: peer, peerLink: peerLink) }
    }

    func setReading(_ reading: Bool) {
        guard let peerLink = state.withLock({ $0.ends.peerLink }) else { return }
        peerLink.state.withLock { $0.peerReads = reading }
        if reading { peerLink.outboundReady() }
    }

    func outboundReady() {
        let ends = state.withLock { state -> Ends? in
            // One thread drains at a time, so that messages keep their order.
            if state.draining {
                state.again = true
                return nil
            }
            state.draining = true
            return state.ends
        }
        guard let ends, let own = ends.own else { return }
        repeat {
            drain(own, ends.peer)
        } while state.withLock { state in
            defer { state.again = false }
            if !state.again { state.draining = false }
            return state.again
        }
    }

    private func drain(_ own: MessageConnection, _ peer: MessageConnection?) {
        while state.withLock({ $0.peerReads }) {
            switch own.takeOutbound() {
            case .message(let message):
                peer?.receive(message)
            case .close(let reason):
                own.linkClosed(reason)
                peer?.linkClosed(reason)
                return
            case .idle:
                return
            }
        }
    }
}
