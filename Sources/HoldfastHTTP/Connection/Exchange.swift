// SPDX-License-Identifier: Apache-2.0
import NIOCore

/// One request and its response on a connection.
final class Exchange {
    /// How the body of a streamed response is delimited.
    enum StreamFraming {
        case chunked
        /// As many bytes as the head announced.
        case length(remaining: Int)
        /// Until the connection closes (HTTP/1.0).
        case untilClose
        /// The response to HEAD: its body is not sent.
        case none
    }

    let id: UInt64
    let head: RequestHead
    let route: CompiledRoute
    let parameters: Parameters
    /// The body's first piece, for a body that is here before its handler starts is often no more than that.
    var firstPiece: ByteBuffer?
    /// The body while it arrives, once it is more than its first piece or the handler has started.
    var body: BodyStream?
    /// Whether the request has been read to its end.
    var bodyComplete: Bool
    var started = false
    /// Decompresses the body, when it is compressed and the route takes that.
    var inflater: BodyInflater?
    /// A `100 Continue` is owed once the handler asks for the body.
    var owesContinue: Bool
    var task: Task<Void, Never>?
    /// The final response's head has been written.
    var responded = false
    /// The response has been written to its end.
    var responseComplete = false
    /// Whether the connection goes on after this exchange.
    var keepAlive: Bool
    var stream: ResponseStream?
    var streamFraming = StreamFraming.none

    init(id: UInt64, head: RequestHead, route: CompiledRoute, parameters: Parameters) {
        self.id = id
        self.head = head
        self.route = route
        self.parameters = parameters
        self.bodyComplete = head.framing == .none
        self.owesContinue = head.expectContinue && head.framing != .none
        self.keepAlive = head.keepAlive
    }
}

@available(*, unavailable)
extension Exchange: Sendable {}
