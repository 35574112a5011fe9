// SPDX-License-Identifier: Apache-2.0

/// What a ``LinkCutter`` does to the links that go through it.
public struct LinkConditions: Sendable, Hashable {
    /// Whether new links are reset at once, as by a server that is not there.
    public var refusesLinks = false
    /// Whether a request to upgrade is answered with 403, as by a proxy that knows no WebSockets; looked for in the first request of
    /// a link.
    public var forbidsUpgrades = false
    /// Whether a streamed response is held back until it is complete, as by a buffering proxy.
    public var buffersResponses = false
    /// Whether nothing gets through any more while the links stay open, as on a network that swallows packets.
    public var isHeld = false
    /// How long everything takes on its way, each way.
    public var delay = Duration.zero
    /// How many bytes a second get through, for each link and direction; `nil` for any number, more than zero.
    public var bytesPerSecond: Int?

    /// A good link.
    public init() {}
}

/// A way through a ``LinkCutter``.
public enum LinkDirection: Sendable, Hashable, CaseIterable {
    /// From the client to the server.
    case toServer
    /// From the server to the client.
    case toClient
}
