// SPDX-License-Identifier: Apache-2.0
public import HoldfastRPC

/// Why a client could not do what it was asked to.
public struct RPCClientError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of failure.
    public enum Kind: Sendable, Hashable {
        /// The URL or the configuration cannot be used.
        case configuration
        /// No connection could be made, or it was lost and not made again.
        case transport
        /// The answer did not come in time.
        case timeout
        /// The server answered with an error; see ``RPCClientError/remote``.
        case remote
        /// The client was closed.
        case closed
        /// The server forgot the session before it answered; whether it served the call is unknown.
        case sessionLost
        /// The call was sent in a session that loses nothing, which ended all the same: the server may have served it, and no answer
        /// will come. Calls that it has not taken are made again in the next session and do not fail.
        case outcomeUnknown
        /// More calls wait than the configuration allows.
        case overloaded
        /// The result is not of the type asked for.
        case invalidResult
    }

    /// The kind of failure.
    public var kind: Kind
    /// What happened, in words.
    public var message: String
    /// The server's error with its code, message and data, if it is one.
    public var remote: RPCError?

    /// Creates an error.
    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    /// Wraps an error that the server answered with.
    public init(remote: RPCError) {
        self.kind = .remote
        self.message = remote.description
        self.remote = remote
    }

    /// The kind and the words.
    public var description: String { "\(kind): \(message)" }

    static let closed = RPCClientError(.closed, "the client is closed")
}
