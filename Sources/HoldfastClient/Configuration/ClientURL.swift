// SPDX-License-Identifier: Apache-2.0

/// The parts of a server's URL that a client needs.
struct ClientURL: Sendable, Hashable {
    let isSecure: Bool
    /// Whether the scheme is `http` or `https`, which leaves the transport open.
    let isHTTP: Bool
    /// The host without brackets.
    let host: String
    let port: Int
    /// The `Host` field: with brackets, and the port unless it is the scheme's own.
    let authority: String
    /// Host and port as `CONNECT` wants them (RFC 9112 §3.2.3).
    var hostAndPort: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }
    /// Begins with a slash and does not end with one, unless it is only one.
    let path: String
    /// The query with its question mark, or nothing.
    private(set) var query: String

    /// - Throws: ``RPCClientError`` that names the fault, without the URL's query.
    init(_ text: String) throws(RPCClientError) {
        func fault(_ words: String) -> RPCClientError { RPCClientError(.configuration, "the URL \(words)") }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw fault("has spaces, control characters or characters beyond ASCII; escape them")
        }
        guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else {
            throw fault("must begin with ws://, wss://, http:// or https://")
        }
        switch text[..<colon].lowercased() {
        case "ws": (isSecure, isHTTP) = (false, false)
        case "wss": (isSecure, isHTTP) = (true, false)
        case "http": (isSecure, isHTTP) = (false, true)
        case "https": (isSecure, isHTTP) = (true, true)
        default: throw fault("must begin with ws://, wss://, http:// or https://")
        }
        let rest = text[text.index(colon, offsetBy: 3)...]
        guard !rest.contains("#") else { throw fault("has a fragment, which servers never see") }
        let authorityEnd = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let authorityText = rest[..<authorityEnd]
        guard !authorityText.contains("@") else { throw fault("has a user name; send an Authorization field instead") }

        var portText: Substring?
        if authorityText.hasPrefix("[") {
            guard let bracket = authorityText.firstIndex(of: "]") else { throw fault("has an unclosed bracket") }
            host = String(authorityText[authorityText.index(after: authorityText.startIndex)..<bracket])
            let after = authorityText[authorityText.index(after: bracket)...]
            guard after.isEmpty || after.hasPrefix(":") else { throw fault("has something after the host") }
            portText = after.isEmpty ? nil : after.dropFirst()
        } else {
            let parts = authorityText.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            host = parts.first.map(String.init) ?? ""
            portText = parts.count > 1 ? parts[1] : nil
        }
        guard !host.isEmpty else { throw fault("has no host") }
        let usual = isSecure ? 443 : 80
        if let portText, !portText.isEmpty {
            guard let number = Int(portText), (1...65_535).contains(number) else { throw fault("has no valid port") }
            port = number
        } else {
            port = usual
        }
        let name = host.contains(":") ? "[\(host)]" : host
        authority = port == usual ? name : "\(name):\(port)"

        let target = rest[authorityEnd...]
        let mark = target.firstIndex(of: "?") ?? target.endIndex
        var path = String(target[..<mark])
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.path = path.isEmpty ? "/" : path
        query = String(target[mark...])
    }

    /// The same with one more item in its query, unless that is there.
    func adding(_ item: String) -> ClientURL {
        guard !query.dropFirst().split(separator: "&").contains(item[...]) else { return self }
        var url = self
        url.query += (query.isEmpty ? "?" : query.count == 1 ? "" : "&") + item
        return url
    }

    /// What a request asks for: a path below the URL's own, which may have a query, with the URL's query.
    func target(_ suffix: String = "") -> String {
        let target = path == "/" && !suffix.isEmpty ? suffix : path + suffix
        guard target.contains("?"), !query.isEmpty else { return target + query }
        return target + "&" + query.dropFirst()
    }
}
