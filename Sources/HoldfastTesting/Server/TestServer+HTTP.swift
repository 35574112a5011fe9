// SPDX-License-Identifier: Apache-2.0
public import HTTPTypes
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

extension TestServer {
    /// How long an answer may take.
    private static let timeout = TimeAmount.seconds(30)

    /// Sends a request over a connection of its own and returns the answer.
    ///
    /// Redirects are not followed. Under TLS any certificate is accepted.
    ///
    /// - Parameters:
    ///   - method: The method; default GET.
    ///   - path: The path, with its query.
    ///   - fields: Header fields beside `Host`, `Content-Length` and `Connection`.
    ///   - body: The body; `nil` for none.
    /// - Throws: ``TestServerError`` when there is no answer within 30 s.
    public func request(
        _ method: HTTPRequest.Method = .get,
        _ path: String,
        fields: HTTPFields = [:],
        body: String? = nil
    ) async throws -> TestResponse {
        var headers = HTTPHeaders([("Host", "127.0.0.1:\(port)"), ("Connection", "close")])
        for field in fields { headers.add(name: field.name.rawName, value: field.value) }
        if let body { headers.add(name: "Content-Length", value: "\(body.utf8.count)") }
        let head = HTTPRequestHead(
            version: .http1_1,
            method: HTTPMethod(rawValue: method.rawValue),
            uri: path,
            headers: headers
        )
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let answer = eventLoop.makePromise(of: TestResponse.self)
        let isSecure = tls != nil
        let channel = ClientBootstrap(group: eventLoop).channelInitializer { channel in
            channel.eventLoop.makeCompletedFuture {
                let pipeline = channel.pipeline.syncOperations
                if isSecure {
                    var configuration = TLSConfiguration.makeClientConfiguration()
                    configuration.certificateVerification = .none
                    let context = try NIOSSLContext(configuration: configuration)
                    try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: nil))
                }
                try pipeline.addHTTPClientHandlers()
                try pipeline.addHandler(Exchange(head: head, body: body.map { ByteBuffer(string: $0) }, answer))
            }
        }.connect(host: "127.0.0.1", port: port)
        channel.whenFailure { answer.fail(TestServerError("cannot connect to port \(self.port): \($0)")) }
        let deadline = eventLoop.scheduleTask(in: Self.timeout) {
            answer.fail(TestServerError("no answer to \(method) \(path) within 30 s"))
        }
        defer {
            deadline.cancel()
            channel.whenSuccess { $0.close(promise: nil) }
        }
        return try await answer.futureResult.get()
    }

    /// Sends a GET; see ``request(_:_:fields:body:)``.
    public func get(_ path: String, fields: HTTPFields = [:]) async throws -> TestResponse {
        try await request(.get, path, fields: fields)
    }

    /// Sends a POST; see ``request(_:_:fields:body:)``.
    public func post(_ path: String, fields: HTTPFields = [:], body: String) async throws -> TestResponse {
        try await request(.post, path, fields: fields, body: body)
    }
}

/// Sends one request and collects its answer.
private final class Exchange: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let head: HTTPRequestHead
    private let body: ByteBuffer?
    private let answer: EventLoopPromise<TestResponse>
    private var received: HTTPResponseHead?
    private var receivedBody = ByteBuffer()

    init(head: HTTPRequestHead, body: ByteBuffer?, _ answer: EventLoopPromise<TestResponse>) {
        self.head = head
        self.body = body
        self.answer = answer
    }

    func channelActive(context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if let body { context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): received = head
        case .body(var bytes): receivedBody.writeBuffer(&bytes)
        case .end: succeed()
        }
    }

    private func succeed() {
        guard let received else { return }
        var fields = HTTPFields()
        for (name, value) in received.headers {
            if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
        }
        answer.succeed(
            TestResponse(
                status: HTTPResponse.Status(
                    code: Int(received.status.code),
                    reasonPhrase: received.status.reasonPhrase
                ),
                fields: fields,
                body: Array(receivedBody.readableBytesView)
            )
        )
    }

    func channelInactive(context: ChannelHandlerContext) {
        answer.fail(TestServerError("the server closed the connection before the end of its answer"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        answer.fail(TestServerError("\(error)"))
        context.close(promise: nil)
    }
}

@available(*, unavailable)
extension Exchange: Sendable {}
