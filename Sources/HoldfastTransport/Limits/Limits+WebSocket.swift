// SPDX-License-Identifier: Apache-2.0

extension Limits {
    /// Bounds of WebSocket connections.
    public struct WebSocket: Sendable, Hashable {
        /// The largest message in bytes, default 1 MiB; beyond: close 1009.
        public var message = 1 << 20
        /// The largest frame in bytes, default 1 MiB; beyond: close 1009.
        public var frame = 1 << 20
        /// The most fragments of a message, empty ones counted, default 4,096; beyond: close 1008.
        public var fragments = 4096
        /// The time from a message's first byte to its last, default 30 s; beyond: close 1008.
        public var messageTimeout = Duration.seconds(30) { didSet { messageTimeout = messageTimeout.bounded } }
        /// Control frames a second on average, default 20; beyond: close 1008.
        public var controlFrames = 20
        /// Control frames at once, default 40; beyond: close 1008.
        public var controlBurst = 40
        /// The silence after which the server pings, default 25 s.
        public var pingInterval = Duration.seconds(25) { didSet { pingInterval = pingInterval.bounded } }
        /// The time a ping may go unanswered, default 20 s; beyond, the peer is taken for dead.
        public var pongTimeout = Duration.seconds(20) { didSet { pongTimeout = pongTimeout.bounded } }
        /// The time the peer has to answer a close, default 5 s; then the connection is cut.
        public var closeTimeout = Duration.seconds(5) { didSet { closeTimeout = closeTimeout.bounded } }
        /// Messages and bytes that wait for the peer to read, default 1,024 and 1 MiB; beyond, senders wait.
        public var outbound = QueueLimits()
        /// The time queued messages may make no progress, default 10 s; then close 4408.
        public var sendTimeout = Duration.seconds(10) { didSet { sendTimeout = sendTimeout.bounded } }

        /// How fast the peer may send messages, over any transport that stays open; default `nil`, as fast as they are taken.
        ///
        /// Beyond: close 4429.
        public var rate: MessageRate?

        /// The defaults.
        public init() {}

        package func validate() throws {
            try rate?.validate("webSocket.rate")
            try requirePositive(
                "webSocket",
                ("message", message, zero: 0),
                ("frame", frame, zero: 0),
                ("fragments", fragments, zero: 0),
                ("messageTimeout", messageTimeout, zero: .zero),
                ("controlFrames", controlFrames, zero: 0),
                ("controlBurst", controlBurst, zero: 0),
                ("pingInterval", pingInterval, zero: .zero),
                ("pongTimeout", pongTimeout, zero: .zero),
                ("closeTimeout", closeTimeout, zero: .zero),
                ("outbound.messages", outbound.messages, zero: 0),
                ("outbound.bytes", outbound.bytes, zero: 0),
                ("sendTimeout", sendTimeout, zero: .zero)
            )
        }
    }
}
