// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport

extension RPCOptions {
    /// How sessions are kept whose clients agree to lose nothing.
    ///
    /// Such a client and the server number their messages and keep each until the other side has it, over every transport. **Within
    /// the window and without overflow every counted message reaches the other application once and in order; when that cannot be kept
    /// the application is told which are missing; a request is started at most once.**
    ///
    /// How much is kept is ``Limits/RPC/outbox``.
    public struct Resume: Sendable {
        /// What happens to a notification for a client that is away and for which the session keeps all it may.
        public enum Overflow: Sendable, Hashable {
            /// The oldest notifications go; both applications are told which, ``RPCEndpoint/onGap(_:)``.
            case gap
            /// The session ends.
            case expire
            /// Sending throws.
            case reject
        }

        /// How long a session waits for its client to come back, unless ``RPCOptions/reconnectionTimeout`` is longer, or zero; default 60 s.
        public var window: Duration { didSet { window = window.bounded } }
        /// What happens when the session keeps no more; default ``Overflow/gap``.
        public var overflow: Overflow
        /// How long a connected client may acknowledge nothing before its connection is closed with 4408, for each 256 KiB begun;
        /// its session stays.
        ///
        /// Default: 30 s.
        public var acknowledgementTimeout: Duration {
            didSet { acknowledgementTimeout = acknowledgementTimeout.bounded }
        }
        /// When clients are to acknowledge.
        package var acknowledgement = AckPolicy()

        /// Creates options; every parameter has the default of its property.
        public init(
            window: Duration = .seconds(60),
            overflow: Overflow = .gap,
            acknowledgementTimeout: Duration = .seconds(30)
        ) {
            self.window = window.bounded
            self.overflow = overflow
            self.acknowledgementTimeout = acknowledgementTimeout.bounded
        }
    }
}

/// What a session sends that its client may do without.
public enum RPCDelivery: Sendable, Hashable {
    /// Kept until the client has it, or named as missing.
    case reliable
    /// For clients that are connected: dropped when none is, and lost with its connection.
    case volatile
    /// Takes the place of the last notification with the same key that has not gone out yet.
    case latest(key: String)
}
