// SPDX-License-Identifier: Apache-2.0
internal import NIOSSL

/// Whom a client trusts under TLS, and how it shows who it is.
public struct RPCClientTLS: Sendable, Hashable {
    /// A PEM file of the roots to trust; `nil` for the system's.
    public var trustRoots: String?
    /// A PEM file of the client's certificate chain, if the server asks for one; goes with ``key``.
    public var certificate: String?
    /// A PEM file of the certificate's private key.
    public var key: String?
    /// Whether any certificate is accepted, self-signed, expired or for another name: for development only.
    ///
    /// The connection is then open to whoever sits between. Default: false.
    public var acceptsAnyCertificate: Bool

    /// Creates options; the defaults trust the system's roots.
    public init(
        trustRoots: String? = nil,
        certificate: String? = nil,
        key: String? = nil,
        acceptsAnyCertificate: Bool = false
    ) {
        self.trustRoots = trustRoots
        self.certificate = certificate
        self.key = key
        self.acceptsAnyCertificate = acceptsAnyCertificate
    }

    /// Loads the files.
    func makeContext() throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        if acceptsAnyCertificate { configuration.certificateVerification = .none }
        do {
            if let trustRoots {
                configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(trustRoots))
            }
            switch (certificate, key) {
            case (let certificate?, let key?):
                let chain = try NIOSSLCertificate.fromPEMFile(certificate)
                configuration.certificateChain = chain.map { .certificate($0) }
                configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
            case (nil, nil): break
            default:
                throw RPCClientError(.configuration, "the client's certificate and key go together; one is missing")
            }
            return try NIOSSLContext(configuration: configuration)
        } catch let error as RPCClientError {
            throw error
        } catch {
            throw RPCClientError(.configuration, "the TLS files cannot be used: \(error)")
        }
    }
}
