// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport

/// How a route differs from the server's limits.
public struct RouteOptions: Sendable {
    /// The largest request body in bytes; `nil`, the default, for the server's limit.
    public var bodyLimit: Int?
    /// The time the handler has to answer; `nil`, the default, for the server's limit.
    public var timeout: Duration? { didSet { timeout = timeout?.bounded } }
    /// Whether the route is exempt from the time limits of handlers and of whole bodies, default false.
    ///
    /// For routes that wait for events, or take or send as much as there is. The limits on silence and slowness stay.
    public var streams: Bool
    /// Whether the handler runs on Swift's global pool instead of its connection's event loop, default false.
    ///
    /// For handlers that compute for long: on the loop they would hold up the other connections there.
    public var runsOnGlobalPool: Bool
    /// Whether bodies compressed with gzip or deflate are decompressed, default false: they are refused with 415.
    ///
    /// The body limit then bounds the decompressed size, and ``Limits/HTTP/decompressionRatio`` what a byte may unfold to.
    public var decompressesBody: Bool
    /// Makes of a path, and the end of it that `**` matched, what may be logged, for paths that carry secrets; `nil` logs the path.
    package var loggedPath: (@Sendable (_ path: String, _ rest: String) -> String)?

    /// Creates options.
    public init(
        bodyLimit: Int? = nil,
        timeout: Duration? = nil,
        streams: Bool = false,
        runsOnGlobalPool: Bool = false,
        decompressesBody: Bool = false
    ) {
        self.bodyLimit = bodyLimit
        self.timeout = timeout?.bounded
        self.streams = streams
        self.runsOnGlobalPool = runsOnGlobalPool
        self.decompressesBody = decompressesBody
    }
}
