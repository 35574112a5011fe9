// SPDX-License-Identifier: Apache-2.0
internal import HTTPTypes
internal import HoldfastTransport

/// A cookie that a response sets (RFC 6265 §4.1), by default for this site's pages only and out of reach of scripts.
public struct SetCookie: Sendable, Hashable {
    /// With which requests from other sites' pages a browser sends a cookie.
    public enum SameSite: String, Sendable, Hashable {
        /// With none.
        case strict = "Strict"
        /// Only when the user follows a link.
        case lax = "Lax"
        /// With all; the cookie must be secure.
        case none = "None"
    }

    /// Why a cookie cannot be set.
    public struct Invalid: Error, Sendable, Hashable, CustomStringConvertible {
        /// What is wrong.
        public var description: String
    }

    /// The value of the `Set-Cookie` field.
    public let fieldValue: String

    /// Creates a cookie.
    ///
    /// - Parameters:
    ///   - name: A token, such as `session`. `__Host-` and `__Secure-` at its start demand what browsers then demand.
    ///   - value: Visible ASCII characters without `"`, `,`, `;` and `\`.
    ///   - maxAge: How long the browser keeps it; `nil`, the default, until it is closed; zero or less removes it.
    ///   - path: The paths it is sent to, `/` unless given.
    ///   - domain: The domain whose hosts it is sent to; `nil`, the default, for this host alone.
    ///   - secure: Whether it is sent over TLS only, default true; browsers take `http://localhost` for TLS.
    ///   - httpOnly: Whether scripts cannot read it, default true.
    ///   - sameSite: Whether it goes with requests from other sites, `lax` unless given.
    /// - Throws: ``Invalid`` for what cannot stand in the field, or what browsers would refuse.
    public init(
        _ name: String,
        _ value: String,
        maxAge: Duration? = nil,
        path: String = "/",
        domain: String? = nil,
        secure: Bool = true,
        httpOnly: Bool = true,
        sameSite: SameSite = .lax
    ) throws {
        guard FieldList.isToken(name) else { throw Invalid(description: "a cookie's name must be a token") }
        guard value.utf8.allSatisfy(Self.isValueByte) else {
            throw Invalid(description: "the value of the cookie \(name) has characters that must be encoded")
        }
        guard path.hasPrefix("/"), path.utf8.allSatisfy(Self.isAttributeByte) else {
            throw Invalid(description: "the path of the cookie \(name) is not valid")
        }
        if let domain {
            guard !domain.isEmpty, domain.utf8.allSatisfy(Self.isDomainByte) else {
                throw Invalid(description: "the domain of the cookie \(name) is not valid")
            }
        }
        guard secure || sameSite != .none, secure || !Self.hasPrefix(name, "__secure-") else {
            throw Invalid(description: "the cookie \(name) must be secure")
        }
        guard !Self.hasPrefix(name, "__host-") || secure && path == "/" && domain == nil else {
            throw Invalid(description: "the cookie \(name) must be secure, for / and without a domain")
        }

        var text = "\(name)=\(value)"
        if let maxAge { text += "; Max-Age=\(max(0, maxAge.bounded.components.seconds))" }
        if let domain { text += "; Domain=\(domain)" }
        text += "; Path=\(path)"
        if secure { text += "; Secure" }
        if httpOnly { text += "; HttpOnly" }
        fieldValue = text + "; SameSite=\(sameSite.rawValue)"
    }

    private static func hasPrefix(_ name: String, _ prefix: String) -> Bool {
        FieldList.isSame(name.prefix(prefix.count), prefix)
    }

    /// RFC 6265 §4.1.1, cookie-octet.
    private static func isValueByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21, 0x23...0x2B, 0x2D...0x3A, 0x3C...0x5B, 0x5D...0x7E: true
        default: false
        }
    }

    private static func isAttributeByte(_ byte: UInt8) -> Bool {
        (0x20...0x7E).contains(byte) && byte != UInt8(ascii: ";")
    }

    private static func isDomainByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."): true
        default: false
        }
    }
}

extension Response {
    /// Adds a cookie to the response.
    public mutating func setCookie(_ cookie: SetCookie) {
        fields.append(HTTPField(name: .setCookie, value: cookie.fieldValue))
    }
}
