// SPDX-License-Identifier: Apache-2.0
import DequeModule
package import NIOCore
import Synchronization

/// A body in transit: the connection appends, the handler takes.
package final class BodyStream: Sendable {
    private enum Phase {
        case open
        case finished
        case failed(any Error)
    }

    private struct State {
        var pieces: Deque<ByteBuffer> = []
        var bytes = 0
        var phase = Phase.open
        var waiter: CheckedContinuation<ByteBuffer?, any Error>?
        var abandoned = false

        mutating func take() -> ByteBuffer? {
            guard let piece = pieces.popFirst() else { return nil }
            bytes -= piece.readableBytes
            return piece
        }
    }

    /// Unread bytes at which the connection stops reading.
    package static let highMark = 64 << 10

    private let state = Mutex(State())
    /// Called when the handler waits for bytes; any thread.
    private let onDemand: @Sendable () -> Void

    package init(onDemand: @escaping @Sendable () -> Void) {
        self.onDemand = onDemand
    }

    package var isFull: Bool { state.withLock { $0.bytes >= Self.highMark } }

    /// Takes everything at once if the whole body is here.
    package func takeWhole() -> ByteBuffer? {
        state.withLock { state in
            guard case .finished = state.phase else { return nil }
            var whole = state.take() ?? ByteBuffer()
            while let piece = state.take() { whole.writeImmutableBuffer(piece) }
            return whole
        }
    }

    package func append(_ piece: ByteBuffer) {
        guard piece.readableBytes > 0 else { return }
        let waiter = state.withLock { state -> CheckedContinuation<ByteBuffer?, any Error>? in
            if let waiter = state.waiter.take() { return waiter }
            guard !state.abandoned else { return nil }
            state.pieces.append(piece)
            state.bytes += piece.readableBytes
            return nil
        }
        waiter?.resume(returning: piece)
    }

    package func finish() {
        let waiter = state.withLock { state in
            if case .open = state.phase { state.phase = .finished }
            return state.waiter.take()
        }
        waiter?.resume(returning: nil)
    }

    package func fail(_ error: any Error) {
        let waiter = state.withLock { state in
            if case .open = state.phase { state.phase = .failed(error) }
            return state.waiter.take()
        }
        waiter?.resume(throwing: error)
    }

    /// The handler is done: further pieces are dropped.
    package func abandon() {
        state.withLock { state in
            state.abandoned = true
            state.pieces.removeAll()
            state.bytes = 0
        }
    }

    package func next() async throws -> ByteBuffer? {
        try Task.checkCancellation()
        let (piece, drained) = state.withLock { state in
            let wasFull = state.bytes >= Self.highMark
            let piece = state.take()
            return (piece, wasFull && state.bytes < Self.highMark)
        }
        if drained { onDemand() }
        if let piece { return piece }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                enum Outcome {
                    case wait
                    case done(Result<ByteBuffer?, any Error>)
                }
                let cancelled = Task.isCancelled
                let outcome = state.withLock { state -> Outcome in
                    if let piece = state.take() { return .done(.success(piece)) }
                    switch state.phase {
                    case .finished: return .done(.success(nil))
                    case .failed(let error): return .done(.failure(error))
                    case .open:
                        if cancelled { return .done(.failure(CancellationError())) }
                        precondition(state.waiter == nil, "one task at a time reads a request's body")
                        state.waiter = continuation
                        return .wait
                    }
                }
                switch outcome {
                case .wait: onDemand()
                case .done(let result): continuation.resume(with: result)
                }
            }
        } onCancel: {
            let waiter = state.withLock { $0.waiter.take() }
            waiter?.resume(throwing: CancellationError())
        }
    }
}
