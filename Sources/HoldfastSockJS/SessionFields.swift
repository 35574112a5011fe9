// SPDX-License-Identifier: Apache-2.0
package import HTTPTypes
import HoldfastHTTP
import Synchronization

/// The header fields of the answers below a session's URL; those that many requests get are made once.
package final class SessionFields: Sendable {
    private let options: SockJSOptions
    private let common: HTTPFields
    /// With what lets pages read the answer, for requests that name no origin.
    private let readable: HTTPFields
    /// The same for the last origin that was named: most endpoints have one.
    private let readableFromOrigin = Mutex<(origin: String, fields: HTTPFields)?>(nil)

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
    ///   - origin: The request's `Origin`.
    ///   - field: The value of another field of the request.
    package func make(cors: Bool, origin: String?, _ field: (HTTPField.Name) -> String?) -> HTTPFields {
        var fields = common
        if cors {
            let requestedHeaders = field(.accessControlRequestHeaders)
            if requestedHeaders == nil {
                fields = readable(from: origin)
            } else {
                fields.setCORS(origin: origin, requestedHeaders: requestedHeaders, options: options)
            }
        }
        if options.cookieNeeded { fields.setStickyCookie(cookies: field(.cookie), options: options) }
        return fields
    }

    private func readable(from origin: String?) -> HTTPFields {
        guard let origin else { return readable }
        return readableFromOrigin.withLock { last in
            if let last, last.origin == origin { return last.fields }
            var fields = common
            fields.setCORS(origin: origin, requestedHeaders: nil, options: options)
            last = (origin, fields)
            return fields
        }
    }
}
