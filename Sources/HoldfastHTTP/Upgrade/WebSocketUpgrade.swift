// SPDX-License-Identifier: Apache-2.0
package import HoldfastTransport

/// What turns a connection into a WebSocket once its 101 has been written.
package struct WebSocketUpgrade: Sendable {
    package let limits: Limits.WebSocket
    package let info: ConnectionInfo
    /// Whether the server closes the connection with 1001 when it shuts down; otherwise whoever took the connection does.
    package let closesOnDrain: Bool
    /// Takes the connection, on its loop, before the first message can arrive.
    package let start: @Sendable (MessageConnection) -> Void
}
