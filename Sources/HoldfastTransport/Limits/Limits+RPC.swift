// SPDX-License-Identifier: Apache-2.0

extension Limits {
    /// Bounds of JSON-RPC messages and sessions.
    public struct RPC: Sendable, Hashable {
        /// The deepest nesting of a message, default 64; beyond: −32700.
        public var depth = 64
        /// The most elements of a batch, default 50; beyond: one −32600.
        public var batch = 50
        /// Requests of one session that run at once, default 64.
        public var running = 64
        /// Requests of one session that wait, default 256; beyond: −32051.
        public var waiting = 256
        /// Bytes of one session's requests that run or wait, default 4 MiB; beyond: −32051.
        ///
        /// A single one may be larger.
        public var requestBytes = 4 << 20
        /// Bytes of all requests that run or wait in the process, default 256 MiB; beyond: −32051.
        public var totalRequestBytes = 256 << 20
        /// Messages and bytes a session keeps for a client that is away or slow, default 1,024 and 1 MiB; beyond, sending throws.
        public var outbox = QueueLimits()
        /// Bytes that all sessions of the process keep for clients that are away, slow or have not acknowledged them, default 256 MiB.
        ///
        /// Beyond, the sessions whose clients have been away longest lose what they keep, and tell so when the client is back; those
        /// whose clients cannot be told end.
        public var totalOutboxBytes = 256 << 20
        /// Sessions of an endpoint that are remembered after their end, for five minutes, so that a client can tell what was accepted
        /// from what was not; default 10,000.
        public var endedSessions = 10_000
        /// The time a client has to say something on a new connection before it is closed with 1008, default 60 s.
        public var firstMessageTimeout = Duration.seconds(60) {
            didSet { firstMessageTimeout = firstMessageTimeout.bounded }
        }
        /// The time a client has to answer the server's call, default 10 s.
        public var callTimeout = Duration.seconds(10) { didSet { callTimeout = callTimeout.bounded } }
        /// Server calls of one session that wait for an answer, default 256; beyond, `call` throws.
        public var pendingCalls = 256
        /// Answers to no call that a session may send in a minute, default 100; beyond: close 4400.
        public var strayAnswers = 100
        /// The most sessions of an endpoint, default 100,000; beyond, new ones are refused with −32053.
        ///
        /// Those whose clients are away take at most half: beyond, the ones that have waited longest end.
        public var sessions = 100_000

        /// How fast a session's client may send messages; default `nil`, as fast as they are taken.
        ///
        /// Beyond, requests are answered −32051 and notifications dropped; a client that sends on for as much as a burst is closed
        /// with 4429. Its session stays.
        public var rate: MessageRate?

        /// The defaults.
        public init() {}

        package func validate() throws {
            try rate?.validate("rpc.rate")
            try requirePositive(
                "rpc",
                ("depth", depth, zero: 0),
                ("batch", batch, zero: 0),
                ("running", running, zero: 0),
                ("waiting", waiting, zero: -1),
                ("requestBytes", requestBytes, zero: 0),
                ("totalRequestBytes", totalRequestBytes, zero: 0),
                ("outbox.messages", outbox.messages, zero: 0),
                ("outbox.bytes", outbox.bytes, zero: 0),
                ("totalOutboxBytes", totalOutboxBytes, zero: 0),
                ("endedSessions", endedSessions, zero: -1),
                ("firstMessageTimeout", firstMessageTimeout, zero: .zero),
                ("callTimeout", callTimeout, zero: .zero),
                ("pendingCalls", pendingCalls, zero: 0),
                ("strayAnswers", strayAnswers, zero: 0),
                ("sessions", sessions, zero: 0)
            )
        }
    }
}
