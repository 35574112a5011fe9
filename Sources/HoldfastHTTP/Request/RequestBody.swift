// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
package import NIOCore

/// A request's body: an asynchronous sequence of the pieces in which it arrives.
///
/// Nothing is read ahead beyond a small buffer: a handler that reads slowly slows its client down. A body can be read once. What a
/// handler leaves unread is discarded, or ends the connection when it is long.
public struct RequestBody: AsyncSequence, Sendable {
    /// Some bytes, never none.
    public typealias Element = [UInt8]

    package enum Storage: Sendable {
        case collected(ByteBuffer)
        case stream(BodyStream)
    }

    package let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// A body that is there already.
    package init(_ bytes: ByteBuffer = ByteBuffer()) {
        self.init(.collected(bytes))
    }

    /// Reads the whole body.
    ///
    /// - Parameter limit: The most bytes to take; `nil` for the route's limit, which holds in any case.
    /// - Throws: ``HTTPError`` 413 when the body is longer, 408 when it arrives too slowly, 400 when it is malformed;
    ///   `CancellationError` when the client leaves.
    public func collect(upTo limit: Int? = nil) async throws -> [UInt8] {
        Array(try await collectBuffer(upTo: limit).readableBytesView)
    }

    /// Reads the whole body as text.
    ///
    /// - Throws: As ``collect(upTo:)``, and ``HTTPError`` 400 when it is not UTF-8.
    public func text(upTo limit: Int? = nil) async throws -> String {
        let bytes = try await collectBuffer(upTo: limit)
        guard let text = String(validating: bytes.readableBytesView, as: UTF8.self) else {
            throw HTTPError(.badRequest, message: "the body is not valid UTF-8")
        }
        return text
    }

    /// Reads the whole body without a copy.
    package func collectBuffer(upTo limit: Int? = nil) async throws -> ByteBuffer {
        var result = ByteBuffer()
        switch storage {
        case .collected(let bytes):
            result = bytes
        case .stream(let stream):
            while let piece = try await stream.next() {
                if result.readableBytes == 0 { result = piece } else { result.writeImmutableBuffer(piece) }
                try check(result, limit)
            }
        }
        try check(result, limit)
        return result
    }

    private func check(_ bytes: ByteBuffer, _ limit: Int?) throws {
        if let limit, bytes.readableBytes > limit {
            throw HTTPError(.contentTooLarge, message: "the body is longer than \(limit) bytes")
        }
    }

    /// Starts reading.
    public func makeAsyncIterator() -> Iterator {
        Iterator(storage: storage)
    }

    /// Takes a body's pieces one by one.
    public struct Iterator: AsyncIteratorProtocol {
        var storage: Storage?

        init(storage: Storage) {
            self.storage = storage
        }

        /// Waits for the next piece; `nil` at the end.
        public mutating func next() async throws -> [UInt8]? {
            switch storage {
            case .collected(let bytes):
                storage = nil
                return bytes.readableBytes > 0 ? Array(bytes.readableBytesView) : nil
            case .stream(let stream):
                return try await stream.next().map { Array($0.readableBytesView) }
            case nil:
                return nil
            }
        }

        /// Waits for the next piece on the caller's actor; see ``next()``.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> [UInt8]? {
            try await next()
        }
    }
}
