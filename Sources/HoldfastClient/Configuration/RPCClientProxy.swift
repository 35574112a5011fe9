// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// An HTTP proxy that a client connects through.
///
/// WebSockets and everything under TLS go through a tunnel (`CONNECT`, RFC 9110 §9.3.6); the proxy sees only host and port. Over
/// plain `http`, the HTTP transports send the proxy ordinary requests, as many proxies allow a tunnel only to port 443.
public struct RPCClientProxy: Sendable, Hashable {
    /// The proxy's host, an IPv6 address without brackets.
    public var host: String
    /// The proxy's port.
    public var port: Int
    /// The user name for proxies that ask for one (Basic, RFC 7617); goes with ``password``.
    public var username: String?
    /// The password; sent in the clear to the proxy.
    public var password: String?

    /// Creates a proxy without credentials.
    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Creates a proxy from a URL such as `http://user:password@proxy.example:3128`, as `http_proxy` variables hold it.
    ///
    /// - Parameter url: Its scheme must be `http`, the default port is 80; user name and password may be percent-encoded.
    /// - Throws: ``RPCClientError`` of kind `configuration` that says what is wrong, without the password.
    public init(_ url: String) throws {
        func fault(_ words: String) -> RPCClientError { RPCClientError(.configuration, "the proxy's URL \(words)") }
        guard url.lowercased().hasPrefix("http://") else {
            throw fault("must begin with http://; TLS to the proxy and SOCKS are not supported")
        }
        var rest = url.dropFirst(7)
        if let end = rest.firstIndex(of: "/") {
            guard rest[end...] == "/" else { throw fault("has a path") }
            rest = rest[..<end]
        }
        if let at = rest.lastIndex(of: "@") {
            let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let decoded = parts.map { $0.removingPercentEncoding }
            guard let name = decoded.first ?? nil, let word = decoded.count > 1 ? decoded[1] : "" else {
                throw fault("has a malformed escape before the @")
            }
            username = name
            password = word
            rest = rest[rest.index(after: at)...]
        }
        let server: ClientURL
        do throws(RPCClientError) {
            server = try ClientURL("http://\(rest)")
        } catch {
            throw RPCClientError(.configuration, "the proxy's URL is wrong: \(error.message)")
        }
        guard server.path == "/", server.query.isEmpty else { throw fault("has a query") }
        host = server.host
        port = server.port
    }

    /// The value of `Proxy-Authorization`; `nil` without credentials.
    var authorization: String? {
        username.map { "Basic " + Data("\($0):\(password ?? "")".utf8).base64EncodedString() }
    }
}
