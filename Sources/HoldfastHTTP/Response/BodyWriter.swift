// SPDX-License-Identifier: Apache-2.0
package import NIOCore

/// Writes a streamed response body.
public struct BodyWriter: Sendable {
    package let stream: ResponseStream

    package init(stream: ResponseStream) {
        self.stream = stream
    }

    /// Writes bytes and waits while the client is behind.
    ///
    /// - Throws: `CancellationError` when the client has left.
    public func write(_ bytes: some Sequence<UInt8>) async throws {
        try await write(buffer: ByteBuffer(bytes: bytes))
    }

    /// Writes text and waits while the client is behind.
    ///
    /// - Throws: `CancellationError` when the client has left.
    public func write(_ text: String) async throws {
        try await write(buffer: ByteBuffer(string: text))
    }

    /// Writes bytes without a copy and waits while the client is behind.
    package func write(buffer: ByteBuffer) async throws {
        try Task.checkCancellation()
        stream.write(buffer)
        try await stream.waitForRoom()
    }
}
