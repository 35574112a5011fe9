// SPDX-License-Identifier: Apache-2.0
// The plainest HTTP server that SwiftNIO's own handlers make: one synchronous handler, one fixed answer.
import BenchmarkSettings
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// Answers every request with `Hello, World!`.
final class Plaintext: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// Whether answers to pipelined requests leave together; off, each leaves at once, as in SwiftNIO's own example server.
    private let batches = Settings.batches
    private let body = ByteBuffer(string: "Hello, World!")
    private var date = ""
    private var dated = NIODeadline.uptimeNanoseconds(0)

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .end = unwrapInboundIn(data) else { return }
        let headers: HTTPHeaders = [
            "Content-Type": "text/plain; charset=utf-8", "Date": currentDate(), "Content-Length": "13",
        ]
        let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.write(wrapOutboundOut(.end(nil)), promise: nil)
        if !batches { context.flush() }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if batches { context.flush() }
    }

    /// The date, made anew once a second as any server does.
    private func currentDate() -> String {
        let now = NIODeadline.now()
        if now - dated >= .seconds(1) {
            dated = now
            date = Self.format.string(from: Date())
        }
        return date
    }

    private static let format: DateFormatter = {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "GMT")
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return format
    }()
}

let group = MultiThreadedEventLoopGroup(numberOfThreads: Settings.threads)
let channel = try await ServerBootstrap(group: group)
    .serverChannelOption(.backlog, value: 1024)
    .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
    .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: true)
            try channel.pipeline.syncOperations.addHandler(Plaintext())
        }
    }
    .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
    .bind(host: Settings.host, port: Settings.port)
    .get()
try await channel.closeFuture.get()
