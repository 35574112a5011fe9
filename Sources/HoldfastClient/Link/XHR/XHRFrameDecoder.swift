// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport
internal import NIOCore

/// Reads SockJS frames, each on a line of its own, from the bodies of `xhr` and `xhr_streaming` answers.
struct XHRFrameDecoder: Sendable {
    /// What the server says.
    enum Frame: Sendable, Hashable {
        case open
        case heartbeat
        case messages([ByteBuffer])
        case close(CloseReason)
    }

    /// Why a body is not SockJS.
    enum Failure: Error, Hashable {
        case malformed
        case tooLarge
    }

    private let messageLimit: Int
    private let frameLimit: Int
    private var buffer = ByteBuffer()
    /// How far the buffer is known to hold no line's end.
    private var searched = 0

    /// - Parameter messageLimit: the most bytes of one message; a frame of several, escaped, may have eight times as many.
    init(messageLimit: Int) {
        self.messageLimit = messageLimit
        frameLimit = messageLimit.multipliedReportingOverflow(by: 8).overflow ? .max : max(messageLimit * 8, 4096)
    }

    mutating func append(_ bytes: ByteBuffer) {
        buffer.writeImmutableBuffer(bytes)
    }

    /// Forgets an unfinished line; a new answer begins.
    mutating func reset() {
        buffer.clear()
        searched = 0
    }

    /// The next frame, or `nil` until there is more.
    mutating func next() throws(Failure) -> Frame? {
        let view = buffer.readableBytesView.dropFirst(searched)
        guard let end = view.firstIndex(of: UInt8(ascii: "\n")) else {
            searched = buffer.readableBytes
            guard searched <= frameLimit else { throw .tooLarge }
            return nil
        }
        searched = 0
        guard let line = buffer.readSlice(length: end - buffer.readerIndex) else { throw .malformed }
        buffer.moveReaderIndex(forwardBy: 1)
        buffer.discardReadBytes()
        guard line.readableBytes <= frameLimit else { throw .tooLarge }
        return try parse(line)
    }

    private func parse(_ line: ByteBuffer) throws(Failure) -> Frame {
        let payload = line.getSlice(at: line.readerIndex + 1, length: line.readableBytes - 1) ?? ByteBuffer()
        switch line.getInteger(at: line.readerIndex, as: UInt8.self) {
        case UInt8(ascii: "o"): return .open
        // A streaming answer begins with a line of many.
        case UInt8(ascii: "h"): return .heartbeat
        case UInt8(ascii: "a"): return .messages(try strings(payload, bare: false))
        case UInt8(ascii: "m"): return .messages(try strings(payload, bare: true))
        case UInt8(ascii: "c"):
            guard let json = try? JSON(parsing: payload), let code = json[0]?.int.flatMap(UInt16.init(exactly:)) else {
                throw .malformed
            }
            return .close(CloseReason(CloseCode(rawValue: code), json[1]?.string ?? ""))
        default: throw .malformed
        }
    }

    private func strings(_ payload: ByteBuffer, bare: Bool) throws(Failure) -> [ByteBuffer] {
        do throws(JSONStringArrayError) {
            return try JSONStringArray.decode(payload, allowsBareString: bare, byteLimit: messageLimit)
        } catch {
            if case .messageTooLong = error { throw .tooLarge }
            throw .malformed
        }
    }
}
