// SPDX-License-Identifier: Apache-2.0

/// The messages that arrive on a ``MessageConnection``, in order.
public struct Messages: AsyncSequence, Sendable {
    /// One message.
    public typealias Element = Message

    let connection: MessageConnection

    /// Starts receiving; one task at a time may do so.
    public func makeAsyncIterator() -> Iterator {
        Iterator(connection: connection)
    }

    /// Takes the messages one by one.
    public struct Iterator: AsyncIteratorProtocol {
        let connection: MessageConnection

        /// Waits for the next message; `nil` after a clean close.
        ///
        /// - Throws: ``ConnectionClosed`` when the connection was lost, `CancellationError` when the task is cancelled.
        public mutating func next() async throws -> Message? {
            try await connection.next()
        }

        /// Waits for the next message on the caller's actor; see ``next()``.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> Message? {
            try await connection.next()
        }
    }
}
