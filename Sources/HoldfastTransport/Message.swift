// SPDX-License-Identifier: Apache-2.0
package import NIOCore

/// One message of a ``MessageConnection``: text, or binary over a WebSocket.
///
/// A message received is kept as the bytes that arrived; ``text`` makes a `String` only when asked, so echoing one costs no
/// conversion. Text has been checked to be UTF-8.
public struct Message: Sendable, Hashable, ExpressibleByStringInterpolation, CustomStringConvertible {
    /// What a message carries.
    public enum Kind: Sendable, Hashable {
        /// UTF-8 text.
        case text
        /// Bytes without further meaning.
        case binary
    }

    /// Whether this is text or binary.
    public let kind: Kind
    /// The bytes; for text, valid UTF-8.
    package let payload: ByteBuffer

    /// Creates a text message.
    public init(_ text: String) {
        self.init(text: ByteBuffer(string: text))
    }

    /// Creates a text message from a literal.
    public init(stringLiteral value: String) {
        self.init(value)
    }

    /// Creates a binary message.
    public init(binary bytes: some Sequence<UInt8>) {
        self.init(binary: ByteBuffer(bytes: bytes))
    }

    /// Wraps bytes known to be UTF-8.
    package init(text: ByteBuffer) {
        self.kind = .text
        self.payload = text
    }

    /// Wraps bytes.
    package init(binary: ByteBuffer) {
        self.kind = .binary
        self.payload = binary
    }

    /// The message as a string; binary that is not UTF-8 gets replacement characters.
    public var text: String { String(buffer: payload) }

    /// The message's bytes.
    public var bytes: [UInt8] { Array(payload.readableBytesView) }

    /// The number of bytes.
    public var count: Int { payload.readableBytes }

    /// The text, or the length of a binary message.
    public var description: String { kind == .text ? text : "\(count) bytes" }
}
