// SPDX-License-Identifier: Apache-2.0
import NIOCore

/// What belongs to one request and its response; the phases of both are ``ConnectionStateMachine``'s.
final class Exchange {
    /// How the body of a streamed response is delimited.
    enum StreamFraming {
        case chunked
        /// As many bytes as the head announced.
        case length(remaining: Int)
        /// Until the connection closes (HTTP/1.0).
        case untilClose
    }

    let id: UInt64
    let head: RequestHead
    let route: CompiledRoute
    let parameters: Parameters
    /// The body's first piece, for a body that is here before its handler starts is often no more than that.
    var firstPiece: ByteBuffer?
    /// The body while it arrives, once it is more than its first piece or the handler has started.
    var body: BodyStream?
    /// Decompresses the body, when it is compressed and the route takes that.
    var inflater: BodyInflater?
    /// What runs besides the connection's own task: a handler of the global pool, or the writer of a stream.
    var task: Task<Void, Never>?
    var stream: ResponseStream?
    var streamFraming = StreamFraming.chunked

    init(id: UInt64, head: RequestHead, route: CompiledRoute, parameters: Parameters) {
        self.id = id
        self.head = head
        self.route = route
        self.parameters = parameters
    }

    /// Whether as much of the body waits for the handler as may.
    var isFull: Bool {
        body?.isFull ?? (firstPiece.map { $0.readableBytes >= BodyStream.highMark } ?? false)
    }

    /// The path as it may be logged.
    var loggedPath: String { LogText.path(head.path, parameters) }
}

@available(*, unavailable)
extension Exchange: Sendable {}
