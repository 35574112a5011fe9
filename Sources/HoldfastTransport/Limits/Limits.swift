// SPDX-License-Identifier: Apache-2.0

/// Every bound the framework enforces, with its default, in one value.
///
/// All limits are finite; a time of more than a hundred years is kept as a hundred years. Each is enforced with an answer to the
/// client that names what was exceeded, and most can be changed for a single route or endpoint.
public struct Limits: Sendable, Hashable {
    /// Connections and HTTP/1.1 requests.
    public var http = HTTP()
    /// WebSocket frames, messages and liveness.
    public var webSocket = WebSocket()
    /// JSON-RPC messages and sessions.
    public var rpc = RPC()

    /// The defaults.
    public init() {}

    /// Fails with a description of the first value that makes no sense, such as a negative size.
    public func validate() throws {
        try http.validate()
        try webSocket.validate()
        try rpc.validate()
    }
}

/// A limit set to a value that makes no sense.
public struct InvalidLimit: Error, Sendable, Hashable, CustomStringConvertible {
    /// The limit's name, such as `http.body`.
    public var name: String
    /// Whether the limit may be zero.
    public var allowsZero: Bool

    /// Names the limit and says what it may be.
    public var description: String {
        "the limit \(name) must \(allowsZero ? "not be negative" : "be greater than zero")"
    }
}

/// Throws unless every named value is over its zero; one of −1 lets zero itself pass.
package func requirePositive<each Value: Comparable>(
    _ scope: String,
    _ entries: repeat (String, each Value, zero: each Value)
)
    throws
{
    func check<Entry: Comparable>(_ entry: (String, Entry, zero: Entry)) throws {
        guard entry.1 > entry.zero else {
            throw InvalidLimit(name: "\(scope).\(entry.0)", allowsZero: entry.zero as? Int == -1)
        }
    }
    repeat try check(each entries)
}
