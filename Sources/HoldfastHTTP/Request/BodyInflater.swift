// SPDX-License-Identifier: Apache-2.0
import CHoldfastZlib
import HTTPTypes
package import NIOCore

/// Decompresses a request body piece by piece, within bounds of size and ratio (RFC 9110 §8.4.1).
package final class BodyInflater {
    /// Why a body was refused.
    package enum Failure: Error, Sendable, Hashable {
        /// The bytes are not what the coding promises.
        case malformed
        /// More than the body limit, or than the ratio allows.
        case tooLarge
    }

    private var stream = z_stream()
    private let limit: Int
    private let ratio: Int
    private var produced = 0
    private var hasEnded = false
    /// What the ratio leaves alone: tiny bodies compress well and harm nobody.
    private static let freeOutput = 64 << 10

    /// `nil` when the coding is not one of gzip, x-gzip and deflate.
    package init?(coding: String, limit: Int, ratio: Int) {
        let window: Int32
        switch coding.lowercased() {
        // 15 bits of window; 16 more ask for the gzip wrapper.
        case "gzip", "x-gzip": window = 15 + 16
        case "deflate": window = 15
        default: return nil
        }
        self.limit = limit
        self.ratio = ratio
        guard inflateInit2_(&stream, window, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            return nil
        }
    }

    deinit {
        inflateEnd(&stream)
    }

    /// Whether the compressed data came to its end; a body that stops earlier is cut short.
    package var isComplete: Bool { hasEnded }

    /// Decompresses one piece.
    package func inflate(_ piece: ByteBuffer) throws(Failure) -> ByteBuffer {
        var output = ByteBuffer()
        var failure: Failure?
        var input = piece
        input.withUnsafeMutableReadableBytes { bytes in
            // zlib keeps the pointers only for the duration of this closure: they are cleared at its end.
            stream.next_in = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.avail_in = UInt32(clamping: bytes.count)
            defer {
                stream.next_in = nil
                stream.avail_in = 0
            }
            while stream.avail_in > 0 || stream.avail_out == 0 {
                if hasEnded {
                    // Bytes behind the end belong to no body.
                    if stream.avail_in > 0 { failure = .malformed }
                    return
                }
                let before = stream.avail_in
                let result = step(into: &output)
                if let result {
                    failure = result
                    return
                }
                if stream.avail_in == before, stream.avail_out > 0 { return }
            }
        }
        if let failure { throw failure }
        return output
    }

    /// Fills some output and checks the bounds, so that a bomb is noticed before it unfolds.
    private func step(into output: inout ByteBuffer) -> Failure? {
        var status = Z_OK
        let size = 16 << 10
        let written = output.writeWithUnsafeMutableBytes(minimumWritableBytes: size) { room in
            stream.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.avail_out = UInt32(clamping: size)
            status = CHoldfastZlib.inflate(&stream, Z_NO_FLUSH)
            stream.next_out = nil
            return size - Int(stream.avail_out)
        }
        produced += written
        switch status {
        case Z_STREAM_END: hasEnded = true
        case Z_OK, Z_BUF_ERROR: break
        default: return .malformed
        }
        if produced > limit { return .tooLarge }
        if produced > Self.freeOutput, produced / ratio > Int(clamping: stream.total_in) { return .tooLarge }
        return nil
    }
}
