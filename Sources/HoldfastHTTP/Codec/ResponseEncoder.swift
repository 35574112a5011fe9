// SPDX-License-Identifier: Apache-2.0

package import HTTPTypes
package import NIOCore

/// Writes responses as HTTP/1.1 bytes.
///
/// The framing is ours: fields named Content-Length, Transfer-Encoding, Connection and Keep-Alive given by the
/// application are left out (101 keeps Connection), a Date given by the application replaces ours.
package enum ResponseEncoder {
    /// How the end of a response's body is marked.
    package enum Framing: Sendable, Hashable {
        /// Content-Length. For an answer to HEAD, the length the body would have.
        case length(Int)
        /// Transfer-Encoding: chunked; the body is written with `writeChunk` and `writeLastChunk`.
        case chunked
        /// No body: no framing field where a status has none anyway (1xx, 204, 304), else `Content-Length: 0`.
        case none
        /// The body ends with the connection.
        case untilClose
    }

    /// Appends a response head.
    ///
    /// - Parameters:
    ///   - status: Only its code is used.
    ///   - fields: The application's fields.
    ///   - contentType: The Content-Type when `fields` has none, so that the common answers need no fields.
    ///   - framing: How the body ends; ignored for 1xx, 204 and 304, which have none (RFC 9112 §6.3).
    ///   - keepAlive: What Connection tells the client; nil writes no Connection field.
    ///   - isHTTP10: Whether the request was HTTP/1.0, where keeping the connection must be said.
    ///   - date: The IMF-fixdate of the Date field; nil for none. Never written in 1xx.
    ///   - buffer: Where to append. Unchanged when this throws.
    /// - Throws: ``ResponseEncodingError``.
    package static func writeHead(
        status: HTTPResponse.Status,
        fields: HTTPFields,
        contentType: String? = nil,
        framing: Framing,
        keepAlive: Bool?,
        isHTTP10: Bool,
        date: [UInt8]?,
        into buffer: inout ByteBuffer
    ) throws(ResponseEncodingError) {
        guard status.code >= 100, status.code <= 599 else { throw .invalidStatus(status.code) }
        let isBodyless = status.code < 200 || status.code == 204 || status.code == 304
        var keepAlive = keepAlive
        switch framing {
        case .length(let length) where length < 0:
            throw .negativeLength
        case .chunked where isHTTP10 && !isBodyless:
            throw .chunkedInHTTP10
        case .untilClose where !isBodyless:
            keepAlive = false
        default:
            break
        }
        let head = Head(
            code: status.code,
            contentType: contentType,
            framing: isBodyless ? nil : framing,
            keepAlive: status.code < 200 ? nil : keepAlive,
            isHTTP10: isHTTP10,
            date: status.code < 200 ? nil : date
        )
        // Room for the head without fields (under 256 bytes, see `RawWriter`) and fields of ordinary size.
        var capacity = 320 + 64 * fields.count
        while true {
            var failure: ResponseEncodingError?
            var isTooSmall = false
            buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: capacity) { bytes in
                var writer = RawWriter(bytes)
                failure = head.write(fields, into: &writer)
                isTooSmall = writer.isFull
                return failure == nil && !isTooSmall ? writer.count : 0
            }
            if let failure { throw failure }
            if !isTooSmall { return }
            // Each round doubles the room, so this ends at the head's real size.
            capacity *= 2
        }
    }

    /// Appends `bytes` as one chunk; writes nothing when `bytes` is empty, because an empty chunk ends the body.
    package static func writeChunk(_ bytes: ByteBuffer, into buffer: inout ByteBuffer) {
        guard bytes.readableBytes > 0 else { return }
        writeChunkStart(length: bytes.readableBytes, into: &buffer)
        buffer.writeImmutableBuffer(bytes)
        writeChunkEnd(into: &buffer)
    }

    /// Appends the size line of a chunk whose data (not empty) the caller writes itself.
    package static func writeChunkStart(length: Int, into buffer: inout ByteBuffer) {
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 18) { bytes in
            var writer = RawWriter(bytes)
            writer.write(hex: length)
            writer.write("\r\n")
            return writer.count
        }
    }

    /// Appends the line end behind a chunk's data.
    package static func writeChunkEnd(into buffer: inout ByteBuffer) {
        buffer.writeStaticString("\r\n")
    }

    /// Appends the last chunk, which ends a chunked body without trailers.
    package static func writeLastChunk(into buffer: inout ByteBuffer) {
        buffer.writeStaticString("0\r\n\r\n")
    }

    // MARK: Head

    private struct Head {
        var code: Int
        var contentType: String?
        /// nil writes no framing field.
        var framing: Framing?
        var keepAlive: Bool?
        var isHTTP10: Bool
        var date: [UInt8]?

        @inline(__always)
        func write(_ fields: HTTPFields, into writer: inout RawWriter) -> ResponseEncodingError? {
            if let line = StatusLine.line(code) {
                writer.write(line)
            } else {
                writer.write("HTTP/1.1 ")
                writer.write(decimal: code)
                writer.write(" \r\n")
            }
            var fieldWriter = FieldWriter()
            for field in fields {
                let result = fieldWriter.write(field, code: code, into: &writer)
                if !result { return .invalidFieldValue(name: field.name.rawName) }
            }
            if !fieldWriter.hasContentType, let contentType {
                writer.write("Content-Type: ")
                let start = writer.count
                writer.write(name: contentType)
                writer.write("\r\n")
                if !writer.isFull {
                    let end = start + contentType.utf8.count
                    if ByteScan.firstControl(writer.written, from: start, to: end) < end {
                        return .invalidFieldValue(name: "Content-Type")
                    }
                }
            }
            if !fieldWriter.hasDate, let date {
                writer.write("Date: ")
                writer.write(date)
                writer.write("\r\n")
            }
            if keepAlive == false {
                writer.write("Connection: close\r\n")
            } else if keepAlive == true, isHTTP10 {
                writer.write("Connection: keep-alive\r\n")
            }
            switch framing {
            case .length(let length):
                writer.write("Content-Length: ")
                writer.write(decimal: length)
                writer.write("\r\n\r\n")
            case .some(.none):
                writer.write("Content-Length: 0\r\n\r\n")
            case .chunked:
                writer.write("Transfer-Encoding: chunked\r\n\r\n")
            case .untilClose, nil:
                writer.write("\r\n")
            }
            return nil
        }
    }
}
