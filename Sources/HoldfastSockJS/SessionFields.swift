// SPDX-License-Identifier: Apache-2.0
package import HTTPTypes
import HoldfastHTTP

/// The header fields of the answers below a session's URL; what does not depend on the request is made once.
package struct SessionFields: Sendable {
    private let options: SockJSOptions
    private let common: HTTPFields
    /// With what pages may read, for requests that name no origin.
    private let readable: HTTPFields

    package init(options: SockJSOptions) {
        self.options = options
        var fields = HTTPFields()
        fields.setNoCache()
        common = fields
        fields.setCORS(origin: nil, requestedHeaders: nil, options: options)
        readable = fields
    }

    /// The fields for one request.
    ///
    /// - Parameters:
    ///   - cors: Whether the page itself reads the answer.
    ///   - field: The value of a field of the request.
    package func callAsFunction(cors: Bool, for field: (HTTPField.Name) -> String?) -> HTTPFields {
        var fields = common
        if cors {
            let origin = field(.origin)
            let requestedHeaders = field(.accessControlRequestHeaders)
            if origin == nil, requestedHeaders == nil {
                fields = readable
            } else {
                fields.setCORS(origin: origin, requestedHeaders: requestedHeaders, options: options)
            }
        }
        if options.cookieNeeded { fields.setStickyCookie(cookies: field(.cookie), options: options) }
        return fields
    }
}
