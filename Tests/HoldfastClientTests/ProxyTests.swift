// SPDX-License-Identifier: Apache-2.0
import Holdfast
import NIOCore
import NIOEmbedded
import Testing

@testable import HoldfastClient

@Suite(.timeLimit(.minutes(1))) struct ProxyTests {
    private static let transports: [Transport] = [.webSocket, .xhrStreaming, .xhrPolling]

    private func configuration(_ proxy: String, _ transports: [Transport]?) throws -> RPCClientConfiguration {
        var configuration = RPCClientConfiguration()
        configuration.logger.logLevel = .critical
        configuration.proxy = try RPCClientProxy(proxy)
        configuration.transports = transports
        return configuration
    }

    @Test(arguments: transports) func `Every transport goes through a proxy that asks who one is`(
        transport: Transport
    ) async throws {
        try await Tinyproxy.run("BasicAuth user pass.word") { proxy in
            try await withLiveServer { port in
                let configuration = try configuration("http://user:pass%2Eword@127.0.0.1:\(proxy.port)/", [transport])
                try await withRPCClient(to: "http://127.0.0.1:\(port)/rpc", configuration: configuration) {
                    client async throws in
                    #expect(client.transport == transport)
                    #expect(try await client.call("sum", Sum(a: 1, b: 2), as: Int.self) == 3)
                }
                let request =
                    transport == .webSocket
                    ? "CONNECT 127.0.0.1:\(port) HTTP/1.1" : "POST http://127.0.0.1:\(port)/rpc/"
                #expect(proxy.log.contains(request))
            }
        }
    }

    @Test(arguments: transports) func `TLS goes through a tunnel and ends at the server`(transport: Transport)
        async throws
    {
        let files = try TLSFixture()
        defer { files.remove() }
        try await Tinyproxy.run { proxy in
            let tls = TLSOptions(certificate: files.certificate, key: files.key)
            try await withLiveServer(tls: tls) { port in
                var configuration = try configuration("http://127.0.0.1:\(proxy.port)", [transport])
                configuration.tls = RPCClientTLS(trustRoots: files.authority, pinnedKeys: files.certificate)
                try await withRPCClient(to: "https://localhost:\(port)/rpc", configuration: configuration) {
                    client async throws in
                    #expect(try await client.call("sum", Sum(a: 1, b: 2), as: Int.self) == 3)
                }
                #expect(proxy.log.contains("CONNECT localhost:\(port) HTTP/1.1"))
                #expect(!proxy.log.contains("/rpc"))
            }
        }
    }

    @Test func `Where tunnels are allowed to port 443 only, streaming remains`() async throws {
        try await Tinyproxy.run("ConnectPort 443") { proxy in
            try await withLiveServer { port in
                let configuration = try configuration("http://127.0.0.1:\(proxy.port)", nil)
                try await withRPCClient(to: "http://127.0.0.1:\(port)/rpc", configuration: configuration) {
                    client async throws in
                    #expect(client.transport == .xhrStreaming)
                    #expect(try await client.call("sum", Sum(a: 1, b: 2), as: Int.self) == 3)
                }
            }
        }
    }

    @Test func `What a proxy refuses is told`() async throws {
        try await Tinyproxy.run("BasicAuth user word") { proxy in
            let anonymous = try configuration("http://127.0.0.1:\(proxy.port)", nil)
            let client = try RPCClient("ws://127.0.0.1:1/rpc", configuration: anonymous)
            let error = await #expect(throws: RPCClientError.self) { try await client.connect() }
            #expect(error?.kind == .transport)
            #expect(error?.message.hasPrefix("the proxy refused a tunnel with 40") == true)
            let known = try configuration("http://user:word@127.0.0.1:\(proxy.port)", nil)
            let unreachable = try RPCClient("ws://127.0.0.1:1/rpc", configuration: known)
            let failure = await #expect(throws: RPCClientError.self) { try await unreachable.connect() }
            #expect(failure?.message.hasPrefix("the proxy refused a tunnel with 5") == true)
        }
    }

    @Test(arguments: transports) func `A proxy that is not there is named`(transport: Transport) async throws {
        let client = try RPCClient(
            "http://127.0.0.1:2/rpc",
            configuration: configuration("http://127.0.0.1:1", [transport])
        )
        let error = await #expect(throws: RPCClientError.self) { try await client.connect() }
        #expect(error?.message.hasPrefix("cannot connect to the proxy 127.0.0.1:1") == true)
    }

    // MARK: The tunnel

    /// What a proxy's answer, cut at some byte, leads to.
    private func open(_ answer: String, cutAt cut: Int) throws -> (opened: Bool, failure: String?, rest: String) {
        var opened = false
        var failure: String?
        let tunnel = ProxyTunnel(
            authority: "example.com:443",
            authorization: nil,
            onOpen: { _ in opened = true },
            onFailure: { failure = $0.message }
        )
        let channel = EmbeddedChannel(handler: tunnel)
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        let request = try channel.readOutbound(as: ByteBuffer.self)
        #expect(
            request.map { String(buffer: $0) } == "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n"
        )
        let bytes = Array(answer.utf8)
        for piece in [bytes[..<cut], bytes[cut...]] where !piece.isEmpty && channel.isActive {
            try channel.writeInbound(ByteBuffer(bytes: piece))
        }
        var rest = ""
        while let bytes = try channel.readInbound(as: ByteBuffer.self) { rest += String(buffer: bytes) }
        _ = try? channel.finish()
        return (opened, failure, rest)
    }

    @Test func `A tunnel's answer may be cut anywhere, and what follows it is the server's`() throws {
        let answer = "HTTP/1.0 200 Connection established\r\nProxy-agent: x\r\n\r\nserver"
        for cut in 0...answer.utf8.count {
            let result = try open(answer, cutAt: cut)
            #expect(result.opened)
            #expect(result.failure == nil)
            #expect(result.rest == "server")
        }
    }

    @Test(arguments: [
        ("HTTP/1.1 403 Forbidden\r\n\r\n", "the proxy refused a tunnel with 403"),
        (
            "HTTP/1.1 407 Who?\r\nContent-Length: 1\r\n\r\nx",
            "the proxy refused a tunnel with 407; it asks for a user name and a password"
        ),
        ("HTTP/1.1 101 Switching\r\n\r\n", "the proxy refused a tunnel with 101"),
        ("SSH-2.0-proxy\r\n\r\n", "the proxy's answer is no HTTP: malformed"),
        ("HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 17_000), "the proxy's answer is no HTTP: tooLarge"),
        ("HTTP/1.1 200 O", "the proxy closed the connection"),
    ]) func `Any other answer ends the attempt`(answer: String, message: String) throws {
        for cut in Set([0, 1, answer.utf8.count / 2, answer.utf8.count]) {
            let result = try open(answer, cutAt: cut)
            #expect(!result.opened)
            #expect(result.failure == message)
        }
    }

    @Test func `A tunnel that cannot be used is a failure like any other`() throws {
        struct Problem: Error {}
        var failures: [String] = []
        let tunnel = ProxyTunnel(
            authority: "example.com:443",
            authorization: nil,
            onOpen: { _ in throw Problem() },
            onFailure: { failures.append($0.message) }
        )
        let channel = EmbeddedChannel(handler: tunnel)
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        try channel.writeInbound(ByteBuffer(string: "HTTP/1.1 200 OK\r\n\r\n"))
        #expect(failures == ["Problem()"])
        #expect(!channel.isActive)
    }

    // MARK: Its URL

    @Test func `A proxy's URL gives host, port and credentials`() throws {
        #expect(try RPCClientProxy("http://proxy") == RPCClientProxy(host: "proxy", port: 80))
        #expect(try RPCClientProxy("HTTP://[::1]:3128/") == RPCClientProxy(host: "::1", port: 3128))
        let proxy = try RPCClientProxy("http://a%40b:c:d%2F@proxy:3128")
        #expect(proxy.username == "a@b")
        #expect(proxy.password == "c:d/")
        #expect(proxy.authorization == "Basic YUBiOmM6ZC8=")
        #expect(try RPCClientProxy("http://user@proxy").authorization == "Basic dXNlcjo=")
    }

    @Test(arguments: [
        "proxy:3128", "https://proxy", "socks5://proxy", "http://", "http://proxy/path", "http://proxy?q",
        "http://proxy:0",
        "http://us%zzer:secret@proxy", "http://user:secret@", "http://user:secret@pro xy",
    ]) func `A URL that cannot be used is refused, without the password`(url: String) {
        let error = #expect(throws: RPCClientError.self) { try RPCClientProxy(url) }
        #expect(error?.kind == .configuration)
        #expect(error?.message.contains("secret") == false)
    }
}
