// SPDX-License-Identifier: Apache-2.0
import Foundation
import Holdfast
import HoldfastClient
import Synchronization
import Testing

private final class RequestCount: Middleware {
    let count = Atomic(0)

    func handle(_ request: Request, _ context: RequestContext, next: Handler) async throws -> Response {
        count.add(1, ordering: .relaxed)
        return try await next(request, context)
    }
}

@Suite(.timeLimit(.minutes(1))) struct TLSTests {
    private func withTLSServer(_ body: (Int, TLSFixture) async throws -> Void) async throws {
        let files = try TLSFixture()
        defer { files.remove() }
        try await withLiveServer(tls: TLSOptions(certificate: files.certificate, key: files.key)) { port in
            try await body(port, files)
        }
    }

    private func configuration(_ tls: RPCClientTLS, _ transport: Transport = .webSocket) -> RPCClientConfiguration {
        var configuration = RPCClientConfiguration()
        configuration.logger.logLevel = .critical
        configuration.tls = tls
        configuration.transports = [transport]
        return configuration
    }

    @Test(arguments: [Transport.webSocket, .xhrStreaming, .xhrPolling], ["127.0.0.1", "localhost"])
    func `A root of one's own is trusted for its names`(transport: Transport, host: String) async throws {
        try await withTLSServer { port, files in
            let tls = RPCClientTLS(trustRoots: files.authority)
            try await withRPCClient(to: "https://\(host):\(port)/rpc", configuration: configuration(tls, transport)) {
                client in
                let sum: Int = try await client.call("sum", Sum(a: 1, b: 2))
                #expect(sum == 3)
            }
        }
    }

    @Test func `A certificate that nobody known signed is refused`() async throws {
        try await withTLSServer { port, _ in
            let client = try RPCClient("wss://127.0.0.1:\(port)/rpc", configuration: configuration(RPCClientTLS()))
            let error = await #expect(throws: RPCClientError.self) { try await client.connect() }
            #expect(error?.kind == .transport)
            #expect(error?.message.lowercased().contains("certificate") == true)
        }
    }

    @Test func `The switch for self-signed certificates accepts it`() async throws {
        try await withTLSServer { port, _ in
            let tls = RPCClientTLS(acceptsAnyCertificate: true)
            try await withRPCClient(to: "wss://127.0.0.1:\(port)/rpc", configuration: configuration(tls)) { client in
                #expect(client.isConnected)
            }
        }
    }

    @Test(arguments: [Transport.webSocket, .xhrStreaming], [false, true])
    func `A server with a pinned key is trusted, whoever else is pinned`(transport: Transport, acceptsAny: Bool)
        async throws
    {
        try await withTLSServer { port, files in
            let pins = files.authority + ".pins"
            let texts = try [files.authority, files.certificate].map { try String(contentsOfFile: $0, encoding: .utf8) }
            try texts.joined(separator: "\n").write(toFile: pins, atomically: true, encoding: .utf8)
            let tls = RPCClientTLS(
                trustRoots: acceptsAny ? nil : files.authority,
                pinnedKeys: pins,
                acceptsAnyCertificate: acceptsAny
            )
            try await withRPCClient(to: "https://localhost:\(port)/rpc", configuration: configuration(tls, transport)) {
                client async throws in
                #expect(try await client.call("sum", Sum(a: 1, b: 2), as: Int.self) == 3)
            }
        }
    }

    @Test(arguments: [Transport.webSocket, .xhrStreaming], [false, true])
    func `A trusted server without a pinned key is sent nothing`(transport: Transport, acceptsAny: Bool) async throws {
        let files = try TLSFixture()
        defer { files.remove() }
        let requests = RequestCount()
        try await withLiveServer(
            tls: TLSOptions(certificate: files.certificate, key: files.key),
            configure: { $0.use(requests) }
        ) { port in
            let tls = RPCClientTLS(
                trustRoots: files.authority,
                pinnedKeys: files.authority,
                acceptsAnyCertificate: acceptsAny
            )
            let client = try RPCClient("https://localhost:\(port)/rpc", configuration: configuration(tls, transport))
            let error = await #expect(throws: RPCClientError.self) { try await client.connect() }
            #expect(error == RPCClientError(.transport, "the server's certificate has none of the pinned keys"))
        }
        #expect(requests.count.load(ordering: .relaxed) == 0)
    }

    @Test func `A pinned key does not make an untrusted certificate trusted`() async throws {
        try await withTLSServer { port, files in
            let tls = RPCClientTLS(pinnedKeys: files.certificate)
            let client = try RPCClient("wss://localhost:\(port)/rpc", configuration: configuration(tls))
            let error = await #expect(throws: RPCClientError.self) { try await client.connect() }
            #expect(error?.message.lowercased().contains("certificate") == true)
        }
    }

    @Test func `A server without TLS is told as such`() async throws {
        try await withLiveServer { port in
            let client = try RPCClient("wss://127.0.0.1:\(port)/rpc", configuration: configuration(RPCClientTLS()))
            let error = await #expect(throws: RPCClientError.self) { try await client.connect() }
            #expect(error?.kind == .transport)
        }
    }

    @Test func `Files that cannot be used are reported when the client is made`() throws {
        let files = try TLSFixture()
        defer { files.remove() }
        #expect(throws: Never.self) {
            try RPCClient(
                "wss://localhost/",
                configuration: configuration(RPCClientTLS(certificate: files.certificate, key: files.key))
            )
        }
        for tls in [
            RPCClientTLS(trustRoots: files.authority + ".missing"), RPCClientTLS(certificate: files.certificate),
            RPCClientTLS(certificate: files.key, key: files.certificate), RPCClientTLS(pinnedKeys: files.key),
        ] {
            let error = #expect(throws: RPCClientError.self) {
                try RPCClient("wss://localhost/", configuration: configuration(tls))
            }
            #expect(error?.kind == .configuration)
        }
    }
}
