// SPDX-License-Identifier: Apache-2.0
package import NIOCore

/// How a receiving response carries frames.
package enum FrameWrapping: Sendable, Hashable {
    case xhr
    case xhrStreaming
    case eventSource
    case htmlFile(callback: String)
    case jsonp(callback: String)

    /// What the response begins with, a piece of its own; `nil` for nothing.
    package var prelude: ByteBuffer? {
        switch self {
        case .xhr, .jsonp: nil
        case .xhrStreaming: Self.xhrStreamingPrelude
        case .eventSource: Self.eventSourcePrelude
        case .htmlFile(let callback): HTMLFilePage.head(callback: callback)
        }
    }

    // Browsers of the past show nothing of a response before its first 2 KiB.
    private static let xhrStreamingPrelude = ByteBuffer(string: String(repeating: "h", count: 2048) + "\n")
    private static let eventSourcePrelude = ByteBuffer(string: "\r\n")

    /// Makes the one piece of the response that carries `frame`.
    package func wrap(_ frame: Frame) -> ByteBuffer {
        var piece = ByteBuffer()
        switch self {
        case .xhr, .xhrStreaming:
            frame.write(into: &piece)
            piece.writeStaticString("\n")
        case .eventSource:
            piece.writeStaticString("data: ")
            piece.writeEventData(frame.bytes)
            piece.writeStaticString("\r\n\r\n")
        case .htmlFile:
            piece.writeStaticString("<script>\np(")
            piece.writeScriptString(frame.bytes)
            piece.writeStaticString(");\n</script>\r\n")
        case .jsonp(let callback):
            // The comment keeps the callback from being the first bytes of what might be taken for another type of content.
            piece.writeStaticString("/**/")
            piece.writeString(callback)
            piece.writeStaticString("(")
            piece.writeScriptString(frame.bytes)
            piece.writeStaticString(");\r\n")
        }
        return piece
    }
}

extension Frame {
    fileprivate var bytes: ByteBufferView {
        var buffer = ByteBuffer()
        write(into: &buffer)
        return buffer.readableBytesView
    }
}

extension ByteBuffer {
    /// Writes a frame as the data of a server-sent event.
    ///
    /// Line ends would end the event. `%` is escaped because clients decode the data as a URL.
    fileprivate mutating func writeEventData(_ frame: ByteBufferView) {
        var copied = frame.startIndex
        for index in frame.indices {
            let escape: StaticString
            switch frame[index] {
            case UInt8(ascii: "%"): escape = "%25"
            case UInt8(ascii: "\r"): escape = "%0D"
            case UInt8(ascii: "\n"): escape = "%0A"
            case 0: escape = "%00"
            default: continue
            }
            writeBytes(frame[copied..<index])
            writeStaticString(escape)
            copied = index + 1
        }
        writeBytes(frame[copied...])
    }
}
