// SPDX-License-Identifier: Apache-2.0
internal import NIOCore

/// Which web pages may talk to an endpoint, judged by the `Origin` field that browsers send (RFC 6454).
///
/// It protects users of browsers from pages of other sites that would act in their name (cross-site WebSocket
/// hijacking); it does not authenticate anyone, since other programs send whatever they like.
///
/// Scheme, host and port are compared as a whole, after default ports are filled in and letters are put in lower case.
///
/// An array literal is a list: `allowedOrigins: ["https://example.com"]`.
public struct OriginPolicy: Sendable, Hashable, ExpressibleByArrayLiteral {
    private enum Rule: Sendable, Hashable {
        case any
        case sameOrigin(or: Set<WebOrigin>)
    }

    private let rule: Rule

    /// The entries of a list that are no origin of any page and therefore never match; they keep an application from starting.
    public let unusableEntries: [String]

    /// Whether a request without an `Origin` field passes; true by default.
    ///
    /// Programs that are no browsers send none, and browsers omit it on same-origin `GET` requests.
    public var allowsAbsentOrigin = true

    /// Allows pages that come from this server itself: same scheme, host and port as the request's.
    public static let sameOrigin = OriginPolicy(rule: .sameOrigin(or: []))

    /// Allows every page, also those whose origin is `null`.
    public static let any = OriginPolicy(rule: .any)

    /// Allows this server's own pages and those of the listed origins.
    ///
    /// - Parameter origins: origins as a browser writes them, like `https://example.com` or `http://localhost:3000`.
    ///   There are no wildcards, and `null` cannot be listed because any page can get that origin. An application with an entry
    ///   that is none does not start.
    public static func list(_ origins: [String]) -> OriginPolicy {
        var parsed: Set<WebOrigin> = []
        var unusable: [String] = []
        for origin in origins {
            if let value = WebOrigin(origin) { parsed.insert(value) } else { unusable.append(origin) }
        }
        return OriginPolicy(rule: .sameOrigin(or: parsed), unusableEntries: unusable)
    }

    /// Allows this server's own pages and those of the listed origins; see ``list(_:)``.
    public init(arrayLiteral origins: String...) {
        self = .list(origins)
    }

    /// Whether every page is allowed.
    package var allowsAnyPage: Bool { rule == .any }

    /// The same without what never matches, for where that is reported elsewhere.
    package var usable: OriginPolicy {
        var policy = OriginPolicy(rule: rule)
        policy.allowsAbsentOrigin = allowsAbsentOrigin
        return policy
    }

    /// What is wrong with a list, in one line; nil if nothing is.
    package var problem: String? {
        guard !unusableEntries.isEmpty else { return nil }
        let entries = unusableEntries.map { entry in
            // What came from a file may end its line.
            let text = entry.unicodeScalars.prefix(80).map { $0.value < 0x20 ? $0.escaped(asASCII: true) : String($0) }
            return "“\(text.joined())”"
        }.joined(separator: ", ")
        return "no page has the origin \(entries): an origin is a scheme, a host and a port if need be, like "
            + "https://example.com" + (unusableEntries.contains("*") ? "; .any allows every page" : "")
    }

    private init(rule: Rule, unusableEntries: [String] = []) {
        self.rule = rule
        self.unusableEntries = unusableEntries
    }

    /// Judges one request.
    ///
    /// - Parameters:
    ///   - origins: all values of the `Origin` field; more than one is refused.
    ///   - host: the value of the `Host` field, or the target's authority.
    ///   - isSecure: whether the client uses TLS. Behind a proxy that ends TLS this must say what the client sees,
    ///     otherwise the server's own pages are refused.
    /// - Returns: whether the request may go on; answer 403 otherwise.
    public func allows(origins: [String], host: String?, isSecure: Bool) -> Bool {
        guard let origin = origins.first else { return allowsAbsentOrigin }
        guard origins.count == 1 else { return false }
        switch rule {
        case .any:
            return true
        case .sameOrigin(or: let others):
            guard let origin = WebOrigin(origin) else { return false }
            if others.contains(origin) { return true }
            guard let host, let own = WebOrigin("\(isSecure ? "https" : "http")://\(host)") else { return false }
            return origin == own
        }
    }
}

/// A scheme, a host and a port, in the one spelling that can be compared.
private struct WebOrigin: Sendable, Hashable {
    var scheme: String
    var host: String
    /// Nil for a scheme without a default port, when none is written.
    var port: UInt16?

    /// Parses `scheme://host` or `scheme://host:port`; anything more, such as a path or a user, is no origin, and neither is what no
    /// browser would write, such as the address of a WebSocket.
    init?(_ text: String) {
        guard text.utf8.count <= 512, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        let lowercase = text.lowercased()
        guard let colon = lowercase.firstIndex(of: ":") else { return nil }
        let scheme = lowercase[..<colon]
        guard let first = scheme.utf8.first, Self.isLetter(first),
            scheme.utf8.allSatisfy({ Self.isLetter($0) || Self.isDigit($0) || "+-.".utf8.contains($0) }),
            lowercase[colon...].hasPrefix("://"), !["ws", "wss", "file"].contains(scheme)
        else { return nil }
        let authority = lowercase[colon...].dropFirst(3)

        let host: String
        let rest: Substring
        if authority.first == "[" {
            guard let bracket = authority.firstIndex(of: "]") else { return nil }
            rest = authority[authority.index(after: bracket)...]
            // One address has many spellings; browsers write the shortest.
            guard let address = Self.address(authority[..<bracket].dropFirst()), address.contains(":") else {
                return nil
            }
            host = "[\(address)]"
        } else {
            let name = authority.prefix { $0 != ":" }
            rest = authority[name.endIndex...]
            guard !name.isEmpty,
                name.utf8.allSatisfy({ Self.isLetter($0) || Self.isDigit($0) || "-._~".utf8.contains($0) })
            else { return nil }
            // Browsers write what ends in a number as four decimal ones (URL Standard, host parser).
            let end = name.split(separator: ".").last ?? ""
            let isAddress =
                end.utf8.allSatisfy(Self.isDigit)
                || end.hasPrefix("0x") && end.utf8.dropFirst(2).allSatisfy(Self.isHexDigit)
            guard !isAddress || Self.address(name) == String(name) else { return nil }
            host = String(name)
        }

        self.scheme = String(scheme)
        self.host = host
        switch (rest.isEmpty, self.scheme) {
        case (false, _):
            guard let port = Self.port(rest) else { return nil }
            self.port = port
        case (true, "http"):
            port = 80
        case (true, "https"):
            port = 443
        case (true, _):
            port = nil
        }
    }

    /// Reads `:` and one to five digits, the first not zero.
    private static func port(_ text: Substring) -> UInt16? {
        let digits = text.dropFirst()
        guard text.first == ":", digits.first != "0", (1...5).contains(digits.utf8.count),
            digits.utf8.allSatisfy(isDigit)
        else {
            return nil
        }
        return UInt16(digits)
    }

    /// An IP address in its shortest spelling.
    private static func address(_ text: Substring) -> String? {
        guard text.utf8.allSatisfy({ isHexDigit($0) || ":.".utf8.contains($0) }) else { return nil }
        return try? SocketAddress(ipAddress: String(text), port: 0).ipAddress
    }

    /// Lower case only; the text was lowered before.
    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isHexDigit(_ byte: UInt8) -> Bool { isDigit(byte) || (0x61...0x66).contains(byte) }
}
