// SPDX-License-Identifier: Apache-2.0

/// Where a server listens.
public struct Listener: Sendable, Hashable, CustomStringConvertible {
    package enum Address: Sendable, Hashable {
        case hostPort(String, Int)
        case unixSocket(String)
    }

    package var address: Address
    package var tls: TLSOptions?

    /// Listens on an IP address or host name.
    ///
    /// - Parameters:
    ///   - host: A name, an IPv4 or an IPv6 address; `::` for all.
    ///   - port: The port; 0 for any, which the server reports once it runs.
    ///   - tls: The certificate and key of `https` and `wss`; `nil` for plain `http`.
    public static func tcp(_ host: String, port: Int, tls: TLSOptions? = nil) -> Listener {
        Listener(address: .hostPort(host, port), tls: tls)
    }

    /// Listens on a Unix domain socket; an existing socket file is replaced.
    public static func unix(_ path: String) -> Listener {
        Listener(address: .unixSocket(path), tls: nil)
    }

    /// The address as people write it.
    public var description: String {
        switch address {
        case .hostPort(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unixSocket(let path): "unix:\(path)"
        }
    }
}

/// A server's certificate and key, in PEM files, and what it asks of clients.
///
/// A client that offers application protocols (ALPN), but neither `http/1.1` nor `http/1.0`, is refused in the handshake.
public struct TLSOptions: Sendable, Hashable {
    /// A version of the protocol.
    public enum Version: Sendable, Hashable {
        /// TLS 1.2 (RFC 5246).
        case tls12
        /// TLS 1.3 (RFC 8446).
        case tls13
    }

    /// The path of the certificate chain, the server's own certificate first.
    public var certificate: String
    /// The path of the private key.
    public var key: String
    /// The oldest version that clients may speak, default 1.2: 1.0 and 1.1 are deprecated (RFC 8996).
    public var minimumVersion: Version

    /// Names the files; they are read when the server starts.
    public init(certificate: String, key: String, minimumVersion: Version = .tls12) {
        self.certificate = certificate
        self.key = key
        self.minimumVersion = minimumVersion
    }
}

/// Where a running server listens.
public struct BoundAddress: Sendable, Hashable, CustomStringConvertible {
    /// The IP address, `nil` for a Unix socket.
    public let host: String?
    /// The port, also when 0 was asked for; `nil` for a Unix socket.
    public let port: Int?
    /// The path of a Unix socket.
    public let path: String?
    /// Whether it speaks TLS.
    public let isSecure: Bool

    /// The URL of the server there.
    public var description: String {
        if let path { return "unix:\(path)" }
        let scheme = isSecure ? "https" : "http"
        let host = host.map { $0.contains(":") ? "[\($0)]" : $0 } ?? ""
        return "\(scheme)://\(host):\(port ?? 0)"
    }
}

/// Why a server could not start, in one line.
public struct StartupError: Error, Sendable, CustomStringConvertible {
    /// What failed, where, and what to do.
    public let description: String

    package init(_ description: String) {
        self.description = description
    }
}
