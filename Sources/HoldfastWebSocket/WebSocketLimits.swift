// SPDX-License-Identifier: Apache-2.0

/// What one WebSocket connection may use; every value is finite.
package struct WebSocketLimits: Sendable {
    /// The largest message, in bytes after unmasking; a larger one ends the connection with 1009 as soon as its length
    /// is declared.
    package var maxMessageBytes: Int
    /// The largest payload of one frame, in bytes; ends the connection with 1009.
    package var maxFrameBytes: Int
    /// The most frames one message may have, empty ones included; ends the connection with 1008.
    package var maxFragments: Int
    /// How long a message or a frame may take from its first byte to its last; ends the connection with 1008.
    package var messageDeadline: Duration
    /// How many pings and pongs a second the peer may send on average; more end the connection with 1008.
    package var controlFramesPerSecond: Int
    /// How many pings and pongs the peer may send at once.
    package var controlBurst: Int
    /// The silence of the peer after which it is sent a ping.
    package var pingAfterSilence: Duration
    /// How long after that ping any byte must arrive before the peer counts as dead (1001).
    package var pongTimeout: Duration
    /// How long the peer may take to answer a Close frame, and then to close the transport.
    package var closeTimeout: Duration

    package init(
        maxMessageBytes: Int = 1 << 20,
        maxFrameBytes: Int = 1 << 20,
        maxFragments: Int = 4096,
        messageDeadline: Duration = .seconds(30),
        controlFramesPerSecond: Int = 20,
        controlBurst: Int = 40,
        pingAfterSilence: Duration = .seconds(25),
        pongTimeout: Duration = .seconds(20),
        closeTimeout: Duration = .seconds(5),
    ) {
        self.maxMessageBytes = maxMessageBytes
        self.maxFrameBytes = maxFrameBytes
        self.maxFragments = maxFragments
        self.messageDeadline = messageDeadline
        self.controlFramesPerSecond = controlFramesPerSecond
        self.controlBurst = controlBurst
        self.pingAfterSilence = pingAfterSilence
        self.pongTimeout = pongTimeout
        self.closeTimeout = closeTimeout
    }
}
