// SPDX-License-Identifier: Apache-2.0
public import HoldfastTransport

/// How a route accepts WebSockets.
public struct WebSocketOptions: Sendable {
    /// The pages whose browsers may connect; the server's own by default.
    ///
    /// A client that sends no `Origin` is not a browser and may.
    public var allowedOrigins: OriginPolicy
    /// The subprotocols the route speaks, the preferred one first (RFC 6455 §1.9).
    public var subprotocols: [String]
    /// The route's limits; `nil` for the application's.
    public var limits: Limits.WebSocket?

    /// Creates options.
    ///
    /// - Parameters:
    ///   - allowedOrigins: The pages that may connect, such as `["https://example.com"]`; the server's own unless given.
    ///   - subprotocols: What the route speaks; the first that the client offers is agreed on.
    ///   - limits: The route's own limits.
    public init(
        allowedOrigins: OriginPolicy = .sameOrigin,
        subprotocols: [String] = [],
        limits: Limits.WebSocket? = nil
    ) {
        self.allowedOrigins = allowedOrigins
        self.subprotocols = subprotocols
        self.limits = limits
    }

    /// What keeps an application from starting.
    var problems: [String] {
        var problems = [allowedOrigins.problem].compactMap(\.self)
        do { try limits?.validate() } catch { problems.append("\(error)") }
        return problems
    }
}
