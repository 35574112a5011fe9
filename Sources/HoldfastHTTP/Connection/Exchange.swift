// SPDX-License-Identifier: Apache-2.0

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
    let route: RoutedRequest
    /// The body while it arrives; `nil` when the request has none.
    let body: BodyStream?
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

    init(id: UInt64, head: RequestHead, route: RoutedRequest, body: BodyStream?) {
        self.id = id
        self.head = head
        self.route = route
        self.body = body
        self.bodyComplete = body == nil
        self.owesContinue = head.expectContinue && body != nil
        self.keepAlive = head.keepAlive
    }
}

@available(*, unavailable)
extension Exchange: Sendable {}
