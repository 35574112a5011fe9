// SPDX-License-Identifier: Apache-2.0
package import HTTPTypes
import HoldfastTransport

extension HTTPField.Name {
    static let accelBuffering = literal("X-Accel-Buffering")
    static let frameOptions = literal("X-Frame-Options")
    static let secFetchSite = literal("Sec-Fetch-Site")

    private static func literal(_ name: String) -> HTTPField.Name {
        // Only for the literals above, all of them tokens.
        guard let name = HTTPField.Name(name) else { preconditionFailure("\(name) is no token") }
        return name
    }
}

/// The sets of header fields that the protocol asks for.
extension HTTPFields {
    /// Forbids caches to keep, and proxies to change or hold back, the response.
    package mutating func setNoCache() {
        self[.cacheControl] = "no-store, no-cache, no-transform, must-revalidate, max-age=0"
        self[.accelBuffering] = "no"
    }

    /// Lets caches keep the response for a year.
    ///
    /// - Parameter expires: The date in a year.
    package mutating func setCacheForAYear(expires: String) {
        self[.cacheControl] = "public, max-age=31536000"
        self[.expires] = expires
    }

    /// Lets the page that asked, whose origin has been found to be allowed, read the response.
    ///
    /// - Parameters:
    ///   - origin: The request's `Origin`.
    ///   - requestedHeaders: The request's `Access-Control-Request-Headers`.
    package mutating func setCORS(origin: String?, requestedHeaders: String?, options: SockJSOptions) {
        guard !options.suppressCORS else { return }
        self[.vary] = "Origin"
        if let origin {
            self[.accessControlAllowOrigin] = origin
            self[.accessControlAllowCredentials] = "true"
        } else if options.allowedOrigins.allowsAnyPage {
            self[.accessControlAllowOrigin] = "*"
        }
        if let requestedHeaders, !requestedHeaders.isEmpty {
            self[.accessControlAllowHeaders] = requestedHeaders
        }
    }

    /// Answers a preflight.
    ///
    /// - Parameter methods: The methods allowed, such as `OPTIONS, POST`.
    package mutating func setPreflight(methods: String, expires: String) {
        setCacheForAYear(expires: expires)
        self[.accessControlAllowMethods] = methods
        self[.accessControlMaxAge] = "31536000"
    }

    /// Gives a balancer the cookie to stick to, with the value it had.
    ///
    /// - Parameter cookies: The request's `Cookie`.
    package mutating func setStickyCookie(cookies: String?, options: SockJSOptions) {
        guard options.cookieNeeded else { return }
        let value = cookies.flatMap(Self.sessionCookie) ?? "dummy"
        let attributes = options.cookieAttributes.isEmpty ? "" : "; " + options.cookieAttributes
        self[.setCookie] = "JSESSIONID=\(value); path=/\(attributes)"
    }

    private static func sessionCookie(in cookies: String) -> String? {
        for pair in cookies.split(separator: ";") {
            let pair = pair.drop { $0 == " " || $0 == "\t" }
            // A comma would be several Cookie lines joined, and ends the value as the semicolon does.
            guard pair.hasPrefix("JSESSIONID=") else { continue }
            let value = pair.dropFirst(11).prefix { $0 != "," && $0 != " " && $0 != "\t" }
            return value.isEmpty ? nil : String(value)
        }
        return nil
    }
}
