// SPDX-License-Identifier: Apache-2.0

/// Why a message could not be given to a session's client.
public struct RPCSessionError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure; more may come.
    public struct Code: Sendable, Hashable {
        private let name: String

        private init(_ name: String) {
            self.name = name
        }

        /// The session has ended.
        public static let ended = Code("the session has ended")
        /// The client is away or slow, and the session keeps no more messages for it.
        public static let outboxFull = Code("the session keeps no more messages for a client that is away or slow")
        /// The client did not answer a call in time.
        public static let callTimedOut = Code("the client did not answer in time")
        /// The timeout of a call is zero or less.
        public static let invalidTimeout = Code("the timeout of a call must be more than zero")
        /// The session has ended, and whether the client took the call cannot be known.
        public static let outcomeUnknown = Code("the session has ended, and the call may have been taken")
        /// Too many calls wait for an answer.
        public static let tooManyCalls = Code("too many calls wait for an answer")
        /// A plain HTTP request has no session, so there is nobody to send to.
        public static let noSession = Code("the request belongs to no session")
        /// The request has been answered already.
        public static let alreadyAnswered = Code("the request has been answered already")

        var words: String { name }
    }

    /// What went wrong.
    public var code: Code

    init(_ code: Code) {
        self.code = code
    }

    /// What went wrong, in words.
    public var description: String { code.words }
}
