// SPDX-License-Identifier: Apache-2.0
import HoldfastTransport
package import NIOCore

/// What a response carries: bytes, text, JSON, a stream or a file.
public struct ResponseBody: Sendable {
    package enum Storage: Sendable {
        case empty
        case bytes(ByteBuffer)
        case text(String)
        /// Pieces that a closure writes; chunked when the length is not known.
        case stream(length: Int?, @Sendable (BodyWriter) async throws -> Void)
        /// Pieces that some object writes whenever it has any.
        case driven(isEndless: Bool, @Sendable (ResponseStream) -> Void)
        /// 101, and the connection is a WebSocket from here on.
        case webSocket(WebSocketUpgrade)
    }

    package let storage: Storage
    /// Sent as `Content-Type` unless the response has one.
    package var contentType: String?

    package init(_ storage: Storage, contentType: String? = nil) {
        self.storage = storage
        self.contentType = contentType
    }

    /// No body.
    public static let empty = ResponseBody(.empty)

    /// Text, by default `text/plain; charset=utf-8`.
    public static func text(_ text: String, contentType: String = "text/plain; charset=utf-8") -> ResponseBody {
        ResponseBody(.text(text), contentType: contentType)
    }

    /// Bytes, by default `application/octet-stream`.
    public static func bytes(
        _ bytes: some Sequence<UInt8>,
        contentType: String = "application/octet-stream"
    ) -> ResponseBody {
        ResponseBody(.bytes(ByteBuffer(bytes: bytes)), contentType: contentType)
    }

    /// Bytes that need no copy.
    package static func buffer(_ bytes: ByteBuffer, contentType: String) -> ResponseBody {
        ResponseBody(.bytes(bytes), contentType: contentType)
    }

    /// A value as JSON.
    public static func json(_ value: some Encodable) throws -> ResponseBody {
        var bytes = ByteBuffer()
        try encodeJSON(value, into: &bytes)
        return ResponseBody(.bytes(bytes), contentType: "application/json")
    }

    /// A body that `write` produces piece by piece, after the head has been sent.
    ///
    /// `write` runs on the connection's loop and is cancelled when the client leaves. An error it throws cuts the connection, so that
    /// the client does not take the part for the whole.
    ///
    /// - Parameters:
    ///   - length: The number of bytes when known; otherwise the body is chunked (HTTP/1.1) or ends with the connection (1.0).
    ///   - contentType: The `Content-Type`, by default `application/octet-stream`.
    ///   - write: Writes the body.
    public static func stream(
        length: Int? = nil,
        contentType: String = "application/octet-stream",
        _ write: @escaping @Sendable (BodyWriter) async throws -> Void
    ) -> ResponseBody {
        ResponseBody(.stream(length: length, write), contentType: contentType)
    }

    /// A body written by whoever holds the stream, without a task.
    ///
    /// - Parameters:
    ///   - contentType: The `Content-Type`.
    ///   - isEndless: Whether it has no end that its client could wait for, so that one who sends no more has left. Otherwise
    ///     ``ResponseStream/onInputEnd(_:)`` tells the holder, who decides.
    ///   - start: Takes the stream, on the connection's loop.
    package static func driven(
        contentType: String,
        isEndless: Bool = true,
        _ start: @escaping @Sendable (ResponseStream) -> Void
    ) -> ResponseBody {
        ResponseBody(.driven(isEndless: isEndless, start), contentType: contentType)
    }
}
