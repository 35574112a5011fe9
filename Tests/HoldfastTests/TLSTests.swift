// SPDX-License-Identifier: Apache-2.0
import NIOCore
import NIOPosix
import NIOSSL
import Testing

@testable import Holdfast

/// What the handshake settles before any request.
@Suite(.timeLimit(.minutes(1))) struct TLSTests {
    /// Collects what arrives until the end, and why it ended.
    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let result: EventLoopPromise<String>
        var text = ""

        init(_ result: EventLoopPromise<String>) {
            self.result = result
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            text += String(buffer: unwrapInboundIn(data))
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            text += "\(error)"
            context.close(promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) {
            result.succeed(text)
        }
    }

    /// Asks for a page, and returns what came of it.
    private func get(_ address: BoundAddress, _ change: (inout TLSConfiguration) -> Void) async throws -> String {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(Certificates.certificate))
        change(&configuration)
        let tls = try NIOSSLContext(configuration: configuration)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let result = loop.makePromise(of: String.self)
        let channel = try await ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: "localhost"))
                    try pipeline.addHandler(Collector(result))
                }
            }
            .connect(host: address.host ?? "", port: address.port ?? 0).get()
        let request = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        try? await channel.writeAndFlush(ByteBuffer(string: request))
        return try await result.futureResult.get()
    }

    private func withServer(
        _ minimumVersion: TLSOptions.Version = .tls12,
        _ body: (BoundAddress) async throws -> Void
    ) async throws {
        let tls = TLSOptions(
            certificate: Certificates.certificate,
            key: Certificates.key,
            minimumVersion: minimumVersion
        )
        let app = makeApplication([.tcp("127.0.0.1", port: 0, tls: tls)])
        app.get("/") { _, _ in "served" }
        try await app.withServer { try await body(try #require($0.first)) }
    }

    @Test func `deprecated versions are refused in the handshake`() async throws {
        try await withServer { address in
            for version in [TLSVersion.tlsv1, .tlsv11] {
                let answer = try await get(address) { $0.maximumTLSVersion = version }
                #expect(answer.contains("PROTOCOL_VERSION"), "\(answer)")
            }
            for version in [TLSVersion.tlsv12, .tlsv13] {
                let answer = try await get(address) {
                    $0.minimumTLSVersion = version
                    $0.maximumTLSVersion = version
                }
                #expect(answer.hasSuffix("served"), "\(answer)")
            }
        }
    }

    @Test func `an application may ask for TLS 1·3`() async throws {
        try await withServer(.tls13) { address in
            let old = try await get(address) { $0.maximumTLSVersion = .tlsv12 }
            #expect(old.contains("PROTOCOL_VERSION"), "\(old)")
            #expect(try await get(address) { _ in }.hasSuffix("served"))
        }
    }

    @Test(arguments: [TLSVersion.tlsv12, .tlsv13])
    func `a client of other protocols only is refused in the handshake`(version: TLSVersion) async throws {
        try await withServer { address in
            for protocols in [["h2"], ["h2", "spdy/3.1"], ["HTTP/1.1"], ["http/1.1x"]] {
                let answer = try await get(address) {
                    $0.maximumTLSVersion = version
                    $0.applicationProtocols = protocols
                }
                #expect(answer.contains("NO_APPLICATION_PROTOCOL"), "\(protocols): \(answer)")
            }
            for protocols in [[], ["http/1.1"], ["h2", "http/1.1"], ["http/1.0"]] {
                let answer = try await get(address) {
                    $0.maximumTLSVersion = version
                    $0.applicationProtocols = protocols
                }
                #expect(answer.hasSuffix("served"), "\(protocols): \(answer)")
            }
        }
    }
}
