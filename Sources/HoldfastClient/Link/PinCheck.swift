// SPDX-License-Identifier: Apache-2.0
internal import NIOCore
internal import NIOSSL
internal import NIOTLS

/// Waits for the end of the TLS handshake and lets nothing be sent to a server without a pinned key.
final class PinCheck: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let keys: Set<[UInt8]>
    private let onPass: (any Channel) throws -> Void
    private var onFailure: ((RPCClientError) -> Void)?

    /// - Parameters:
    ///   - keys: the pinned keys as DER SubjectPublicKeyInfo.
    ///   - onPass: adds the handlers that speak to the server.
    ///   - onFailure: called at most once, and not after `onPass` has returned.
    init(
        _ keys: Set<[UInt8]>,
        onPass: @escaping (any Channel) throws -> Void,
        onFailure: @escaping (RPCClientError) -> Void
    ) {
        self.keys = keys
        self.onPass = onPass
        self.onFailure = onFailure
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted? = event as? TLSUserEvent { check(context) }
        context.fireUserInboundEventTriggered(event)
    }

    private func check(_ context: ChannelHandlerContext) {
        do {
            let certificate = try context.pipeline.syncOperations.nioSSL_peerCertificate()
            guard let key = try certificate?.extractPublicKey().toSPKIBytes(), keys.contains(key) else {
                return fail("the server's certificate has none of the pinned keys", context)
            }
        } catch {
            return fail("the server's certificate cannot be compared with the pinned keys: \(error)", context)
        }
        do {
            try onPass(context.channel)
        } catch {
            return fail(ConnectFailure.words(for: error), context)
        }
        onFailure = nil
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail("the server closed the connection during the TLS handshake", context)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard onFailure != nil else { return context.fireErrorCaught(error) }
        fail(ConnectFailure.words(for: error), context)
    }

    private func fail(_ words: String, _ context: ChannelHandlerContext) {
        onFailure?(RPCClientError(.transport, words))
        onFailure = nil
        context.close(promise: nil)
    }
}

@available(*, unavailable)
extension PinCheck: Sendable {}
