// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Foundation
internal import HTTPTypes
internal import HoldfastClient
internal import Logging

/// Where and how the commands that are clients connect.
struct ConnectionOptions: ParsableArguments {
    @Argument(help: "The endpoint: ws://, wss://, http:// or https://; the latter two may fall back to HTTP.")
    var url: String

    @Option(help: "The one transport to use.")
    var transport: TransportName?

    @Option(
        name: .customLong("header"),
        help: ArgumentHelp("A field to send with every HTTP request; may be repeated.", valueName: "Name: value"),
        transform: ArgumentValues.field
    )
    var fields: [HTTPField] = []

    @Option(
        help: ArgumentHelp("Trust these authorities instead of the system's.", valueName: "pem-file"),
        transform: ArgumentValues.readableFile
    )
    var ca: String?

    @Option(
        help: ArgumentHelp("Show this certificate to the server; needs --key.", valueName: "pem-file"),
        transform: ArgumentValues.readableFile
    )
    var cert: String?

    @Option(
        help: ArgumentHelp("The certificate's private key.", valueName: "pem-file"),
        transform: ArgumentValues.readableFile
    )
    var key: String?

    @Option(
        help: ArgumentHelp(
            "Speak only to a server that has the key of one of these certificates.",
            valueName: "pem-file"
        ),
        transform: ArgumentValues.readableFile
    )
    var pin: String?

    @Option(
        help: ArgumentHelp("Connect through this proxy, http://user:password@host:port.", valueName: "url"),
        transform: ArgumentValues.proxy
    )
    var proxy: RPCClientProxy?

    @Flag(help: "Accept any certificate; without --pin, whoever sits between can read and change everything.")
    var insecure = false

    mutating func validate() throws {
        guard (cert == nil) == (key == nil) else { throw ValidationError("--cert and --key go together.") }
        if insecure, ca != nil { throw ValidationError("--insecure trusts everyone, --ca only some; use one.") }
        do {
            _ = try makeClient()
        } catch let error as RPCClientError {
            throw ValidationError(error.message)
        }
    }

    /// Makes a client that is not connected yet.
    ///
    /// - Parameter adjust: sets what a command wants otherwise.
    func makeClient(_ adjust: (inout RPCClientConfiguration) -> Void = { _ in }) throws -> RPCClient {
        var configuration = RPCClientConfiguration()
        configuration.transports = transport.map { [$0.transport] }
        configuration.fields = HTTPFields(fields)
        configuration.tls = RPCClientTLS(
            trustRoots: ca,
            certificate: cert,
            key: key,
            pinnedKeys: pin,
            acceptsAnyCertificate: insecure
        )
        configuration.proxy = proxy
        // The commands tell in their own words what happens.
        configuration.logger.logLevel = .critical
        adjust(&configuration)
        return try RPCClient(url, configuration: configuration)
    }
}
