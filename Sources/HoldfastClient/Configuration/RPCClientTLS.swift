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
    /// A PEM file of certificates whose keys are pinned: the server's own certificate must have the key of one of them.
    ///
    /// Checked before anything is sent, and beside the usual checks; with ``acceptsAnyCertificate`` instead of them. The keys count,
    /// not the certificates, so one renewed with the same key still fits. Name a spare key too, or losing one means new clients.
    /// `nil` for no pinning.
    public var pinnedKeys: String?
    /// Whether any certificate is accepted, self-signed, expired or for another name: for development only.
    ///
    /// The connection is then open to whoever sits between, unless ``pinnedKeys`` are given. Default: false.
    public var acceptsAnyCertificate: Bool

    /// Creates options; the defaults trust the system's roots.
    public init(
        trustRoots: String? = nil,
        certificate: String? = nil,
        key: String? = nil,
        pinnedKeys: String? = nil,
        acceptsAnyCertificate: Bool = false
    ) {
        self.trustRoots = trustRoots
        self.certificate = certificate
        self.key = key
        self.pinnedKeys = pinnedKeys
        self.acceptsAnyCertificate = acceptsAnyCertificate
    }

    /// Loads the files.
    func load() throws(RPCClientError) -> ClientTLS {
        guard (certificate == nil) == (key == nil) else {
            throw RPCClientError(.configuration, "the client's certificate and key go together; one is missing")
        }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        if acceptsAnyCertificate { configuration.certificateVerification = .none }
        do {
            if let trustRoots {
                configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(trustRoots))
            }
            if let certificate, let key {
                let chain = try NIOSSLCertificate.fromPEMFile(certificate)
                configuration.certificateChain = chain.map { .certificate($0) }
                configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
            }
            let pinned = try pinnedKeys.map { file in
                Set(try NIOSSLCertificate.fromPEMFile(file).map { try $0.extractPublicKey().toSPKIBytes() })
            }
            return ClientTLS(context: try NIOSSLContext(configuration: configuration), pinnedKeys: pinned)
        } catch {
            throw RPCClientError(.configuration, "the TLS files cannot be used: \(error)")
        }
    }
}
