// SPDX-License-Identifier: Apache-2.0
internal import NIOSSL

/// What a client's connections need for TLS, loaded once.
struct ClientTLS: Sendable {
    let context: NIOSSLContext
    /// The keys of which the server must have one, as DER SubjectPublicKeyInfo (RFC 5280 §4.1.2.7); nil for any.
    let pinnedKeys: Set<[UInt8]>?

    func makeHandler(host: String) throws -> NIOSSLClientHandler {
        do {
            return try NIOSSLClientHandler(context: context, serverHostname: host)
        } catch let error as NIOSSLExtraError where error == .cannotUseIPAddressInSNI {
            // Server name indication is for names only (RFC 6066 §3); the certificate is checked against the address.
            return try NIOSSLClientHandler(context: context, serverHostname: nil)
        }
    }
}
