// SPDX-License-Identifier: Apache-2.0
internal import NIOCore

/// Refuses a TLS client that offers application protocols of which the server has none (RFC 7301 §3.2).
///
/// The TLS library would go on as if the client had offered none, and a client of another protocol be served HTTP/1.1. So the
/// hello is read before the library gets it, and the alert sent in its place; at this point it is not encrypted.
final class ProtocolNegotiationHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// What is offered to clients, the first choice first.
    static let protocols = ["http/1.1", "http/1.0"]

    /// A fatal `no_application_protocol` (120) in a record of its own.
    private static let alert: [UInt8] = [21, 3, 3, 0, 2, 2, 120]

    private var hello = ClientHello()
    private var held = ByteBuffer()

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        let offer = hello.offer(bytes)
        held.writeBuffer(&bytes)
        switch offer {
        case .incomplete:
            break
        case .protocols(let names) where !names.contains(where: { Self.protocols.map { Array($0.utf8) }.contains($0) }):
            held.clear()
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: Self.alert)), promise: nil)
            context.close(promise: nil)
        case .protocols, .none:
            context.fireChannelRead(wrapInboundOut(held))
            held = ByteBuffer()
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        }
    }
}
