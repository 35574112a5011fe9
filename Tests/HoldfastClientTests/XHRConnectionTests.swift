// SPDX-License-Identifier: Apache-2.0
import Holdfast
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Synchronization
import Testing

@testable import HoldfastClient

/// Remembers from where requests came.
private final class Sources: Middleware {
    let seen = Mutex<Set<String>>([])

    func handle(_ request: Request, _ context: RequestContext, next: Handler) async throws -> Response {
        seen.withLock { _ = $0.insert(request.remoteAddress ?? "") }
        return try await next(request, context)
    }
}

@Suite(.timeLimit(.minutes(1))) struct XHRConnectionTests {
    @Test(arguments: [Transport.xhrStreaming, .xhrPolling], [nil, 1])
    func `Under TLS requests share two connections, unless the server wants one each`(
        transport: Transport,
        limit: Int?
    ) async throws {
        let files = try TLSFixture()
        defer { files.remove() }
        let sources = Sources()
        let setLimit = { @Sendable (configuration: inout ApplicationConfiguration) in
            configuration.limits.http.requestsPerConnection = limit
        }
        let tls = TLSOptions(certificate: files.certificate, key: files.key)
        try await withLiveServer(tls: tls, limits: setLimit, configure: { $0.use(sources) }) { port in
            var configuration = RPCClientConfiguration()
            configuration.logger.logLevel = .critical
            configuration.transports = [transport]
            configuration.tls.trustRoots = files.authority
            try await withRPCClient(to: "https://localhost:\(port)/rpc", configuration: configuration) { client in
                for number in 0..<20 {
                    let sum: Int = try await client.call("sum", Sum(a: number, b: 1))
                    #expect(sum == number + 1)
                }
            }
        }
        let count = sources.seen.withLock { $0.count }
        if limit == nil { #expect(count == 2) } else { #expect(count > 20) }
    }

    /// A connection in memory whose first request has been answered.
    private func idle(keeps: Bool = true, _ fields: String = "") throws -> (XHRConnection, EmbeddedChannel, kept: Bool)
    {
        let kept = Atomic(false)
        let news = Mutex<[String]>([])
        let connection = XHRConnection(first: request(keeps: keeps) { new in news.withLock { $0.append("\(new)") } }) {
            _ in
            kept.store(true, ordering: .relaxed)
        }
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHTTPClientHandlers()
        try channel.pipeline.syncOperations.addHandler(connection)
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        try channel.writeInbound(ByteBuffer(string: "HTTP/1.1 204 No Content\r\n\(fields)\r\n"))
        #expect(news.withLock { $0 } == ["status(204)", "end"])
        return (connection, channel, kept.load(ordering: .relaxed))
    }

    private func request(keeps: Bool = true, _ report: @escaping @Sendable (XHRNews) -> Void = { _ in }) -> XHRRequest {
        XHRRequest(
            target: "/",
            authority: "h",
            fields: [:],
            body: ByteBuffer(string: "[]"),
            keepsConnection: keeps,
            report: report
        )
    }

    @Test func `A connection is used again for a few seconds only`() throws {
        for (seconds, isUsed) in [(3, true), (4, false)] {
            let (connection, channel, kept) = try idle()
            #expect(kept)
            channel.embeddedEventLoop.advanceTime(by: .seconds(Int64(seconds)))
            #expect((connection.send(request()) != nil) == isUsed)
            #expect(channel.isActive == isUsed)
            _ = try? channel.finish()
        }
    }

    @Test func `A connection that the server closes is not used again`() throws {
        let (closing, channel, kept) = try idle("Connection: close\r\n")
        #expect(!kept)
        #expect(closing.send(request()) == nil)
        #expect(!channel.isActive)
        let (single, _, singleKept) = try idle(keeps: false)
        #expect(!singleKept)
        #expect(single.send(request()) == nil)
        let (closed, other, _) = try idle()
        other.close(promise: nil)
        #expect(closed.send(request()) == nil)
    }

    @Test func `A connection that ends during its second request says so once`() throws {
        let (connection, channel, _) = try idle()
        let news = Mutex<[String]>([])
        #expect(connection.send(request { new in news.withLock { $0.append("\(new)") } }) != nil)
        #expect(connection.send(request()) == nil)
        channel.close(promise: nil)
        channel.embeddedEventLoop.run()
        #expect(news.withLock { $0 } == [#"lost("the server closed the connection")"#])
    }
}
