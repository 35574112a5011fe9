// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// Why a connection ends: the code and reason of a Close frame (RFC 6455 §5.5.1, §7.4).
package struct CloseStatus: Error, Sendable, Hashable {
    package var code: UInt16
    /// At most 123 bytes reach the wire.
    package var reason: String

    package init(code: UInt16, reason: String = "") {
        self.code = code
        self.reason = reason
    }

    /// The peer's Close frame carried no code; stands for an empty payload and is never sent (§7.4.1).
    package static let noStatus = CloseStatus(code: 1005)

    static func protocolError(_ reason: String) -> CloseStatus { CloseStatus(code: 1002, reason: reason) }
    static func invalidPayload(_ reason: String) -> CloseStatus { CloseStatus(code: 1007, reason: reason) }
    static func policyViolation(_ reason: String) -> CloseStatus { CloseStatus(code: 1008, reason: reason) }
    static func tooBig(_ reason: String) -> CloseStatus { CloseStatus(code: 1009, reason: reason) }

    /// The connection ended without a Close frame (§7.4.1); never sent.
    static let abnormal = CloseStatus(code: 1006, reason: "connection lost")

    /// Whether a code may stand in a Close frame: registered for the wire, or 3000...4999 (§7.4).
    package static func isAllowedOnWire(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }

    /// Reads the payload of a Close frame.
    package init(payload: ByteBuffer) throws(CloseStatus) {
        guard payload.readableBytes > 0 else {
            self = .noStatus
            return
        }
        var payload = payload
        guard let code = payload.readInteger(as: UInt16.self) else {
            throw .protocolError("close payload of one byte")
        }
        guard Self.isAllowedOnWire(code) else { throw .protocolError("close code not allowed") }
        var validator = UTF8Validator()
        guard validator.append(payload), validator.isComplete else {
            throw .invalidPayload("close reason is not UTF-8")
        }
        self.init(code: code, reason: String(buffer: payload))
    }

    /// The payload of a Close frame: empty for a code that may not be sent, the reason cut at a character's end.
    package var payload: ByteBuffer {
        guard Self.isAllowedOnWire(code) else { return ByteBuffer() }
        var text = Substring(reason).unicodeScalars
        var room = FrameHeader.maxControlPayload - 2
        var end = text.startIndex
        while end < text.endIndex {
            let size = UTF8.width(text[end])
            guard size <= room else { break }
            room -= size
            end = text.index(after: end)
        }
        text = text[..<end]
        var buffer = ByteBuffer()
        buffer.writeInteger(code)
        buffer.writeSubstring(Substring(text))
        return buffer
    }
}
