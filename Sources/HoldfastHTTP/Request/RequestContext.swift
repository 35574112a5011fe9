// SPDX-License-Identifier: Apache-2.0
package import HoldfastTransport
public import Logging

/// What goes with a request through middleware to its handler.
public struct RequestContext: Sendable {
    /// The values of the route's path parameters.
    public var parameters: Parameters
    /// The application's logger.
    public var logger: Logger
    package let server: ServerContext
    private var values: [ObjectIdentifier: any Sendable]?

    package init(parameters: Parameters, server: ServerContext) {
        self.parameters = parameters
        self.logger = server.logger
        self.server = server
    }

    /// A value that middleware left for what comes after it.
    public subscript<Key: RequestContextKey>(_ key: Key.Type) -> Key.Value? {
        get { values?[ObjectIdentifier(key)] as? Key.Value }
        set { values = (values ?? [:]).merging([ObjectIdentifier(key): newValue as any Sendable]) { $1 } }
    }
}

/// Names a value kept in a ``RequestContext``, such as the authenticated user.
public protocol RequestContextKey {
    /// The value's type.
    associatedtype Value: Sendable
}

/// What every request of a server shares.
package final class ServerContext: Sendable {
    package let limits: Limits
    package let logger: Logger

    package init(limits: Limits, logger: Logger) {
        self.limits = limits
        self.logger = logger
    }
}
