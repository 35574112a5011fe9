// SPDX-License-Identifier: Apache-2.0
package import HoldfastTransport
package import NIOCore

/// What a server sends over a session.
package enum Frame: Sendable, Hashable {
    /// `o`: the session is open.
    case open
    /// `h`: the server is there.
    case heartbeat
    /// `a[…]`: messages.
    case messages([ByteBuffer])
    /// `c[…]`: the session is closed.
    case close(CloseReason)

    /// What a second receiver of a session is told.
    package static let busy = Frame.close(CloseReason(2010, "Another connection still open"))

    /// Writes the frame without any wrapping.
    package func write(into buffer: inout ByteBuffer) {
        switch self {
        case .open:
            buffer.writeStaticString("o")
        case .heartbeat:
            buffer.writeStaticString("h")
        case .messages(let messages):
            writeSockJSArrayFrame(messages, into: &buffer)
        case .close(let reason):
            buffer.writeStaticString("c[")
            buffer.writeString(String(reason.code.rawValue))
            buffer.writeStaticString(",")
            buffer.writeJSONString(reason.text, style: .sockJS)
            buffer.writeStaticString("]")
        }
    }
}
