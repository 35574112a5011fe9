// SPDX-License-Identifier: Apache-2.0
internal import HTTPTypes
internal import NIOCore

/// Writes the head of an HTTP/1.1 request (RFC 9112 §3).
enum RequestHead {
    /// - Parameter groups: the fields, in order; values are free of line ends because `HTTPFields` lets none in.
    static func write(_ method: StaticString, _ target: String, _ authority: String, _ groups: [HTTPFields])
        -> ByteBuffer
    {
        var head = ByteBuffer()
        head.writeStaticString(method)
        head.writeString(" \(target) HTTP/1.1\r\nHost: \(authority)\r\n")
        for field in groups.joined() {
            head.writeString("\(field.name.rawName): \(field.value)\r\n")
        }
        head.writeStaticString("\r\n")
        return head
    }
}
