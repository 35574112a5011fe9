// SPDX-License-Identifier: Apache-2.0
public import Holdfast
public import HoldfastClient

extension TestServer {
    /// Makes a client of one of the server's endpoints; it connects at its first call.
    ///
    /// It is quiet, comes back within milliseconds, and accepts the server's certificate, whatever that is.
    ///
    /// - Parameters:
    ///   - path: Where the endpoint is.
    ///   - transport: What carries its messages; `nil` to let it find out, as it does in earnest.
    ///   - cutter: What lies between the client and the server; `nil` for nothing.
    ///   - configure: Changes the client's configuration.
    public func makeClient(
        to path: String,
        over transport: Transport? = nil,
        through cutter: LinkCutter? = nil,
        _ configure: (inout RPCClientConfiguration) -> Void = { _ in }
    ) throws -> RPCClient {
        var configuration = RPCClientConfiguration()
        configuration.logger.logLevel = .critical
        configuration.transports = transport.map { [$0] }
        configuration.reconnection.initialDelay = .milliseconds(1)
        configuration.reconnection.maximumDelay = .milliseconds(50)
        configuration.tls.acceptsAnyCertificate = true
        configure(&configuration)
        return try RPCClient(cutter?.url(path) ?? url(path), configuration: configuration)
    }

    /// Connects a client to one of the server's endpoints, runs `body`, and closes the client whatever happens.
    ///
    /// See ``makeClient(to:over:through:_:)`` for the parameters.
    /// - Throws: `RPCClientError` when there is no connection, or what `body` throws.
    @discardableResult
    public func withClient<Result>(
        to path: String,
        over transport: Transport? = nil,
        through cutter: LinkCutter? = nil,
        configure: (inout RPCClientConfiguration) -> Void = { _ in },
        _ body: (RPCClient) async throws -> Result
    ) async throws -> Result {
        try await makeClient(to: path, over: transport, through: cutter, configure).connected(body)
    }
}
