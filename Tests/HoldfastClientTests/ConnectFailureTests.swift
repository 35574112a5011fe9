// SPDX-License-Identifier: Apache-2.0
import Holdfast
import HoldfastClient
import Testing

/// What a client says when it cannot connect.
@Suite(.timeLimit(.minutes(1))) struct ConnectFailureTests {
    private func failure(_ url: String, _ transport: Transport) async throws -> RPCClientError? {
        var configuration = RPCClientConfiguration()
        configuration.logger.logLevel = .critical
        configuration.transports = [transport]
        let client = try RPCClient(url, configuration: configuration)
        return await #expect(throws: RPCClientError.self) { try await client.connect() }
    }

    @Test(arguments: [Transport.webSocket, .xhrPolling]) func `A port where nobody listens`(
        transport: Transport
    ) async throws {
        // Nobody listens on port 1 of a machine that runs tests, and no one unprivileged may.
        let error = try await failure("http://127.0.0.1:1/rpc", transport)
        #expect(error == RPCClientError(.transport, "cannot connect to 127.0.0.1:1: Connection refused"))
    }

    @Test func `A name that has no address`() async throws {
        let error = try await failure("ws://host.invalid/rpc", .webSocket)
        #expect(
            error
                == RPCClientError(
                    .transport,
                    "cannot connect to host.invalid: no address is known for host.invalid"
                )
        )
    }

    @Test(arguments: [Transport.webSocket, .xhrPolling]) func `A server that speaks no TLS`(
        transport: Transport
    ) async throws {
        try await withLiveServer { port in
            let error = try await failure("https://127.0.0.1:\(port)/rpc", transport)
            #expect(error == RPCClientError(.transport, "the TLS handshake failed: WRONG_VERSION_NUMBER"))
        }
    }
}
