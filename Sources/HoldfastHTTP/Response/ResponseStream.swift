// SPDX-License-Identifier: Apache-2.0
package import NIOCore
import Synchronization

/// A response body while it is written, piece by piece, from any thread.
///
/// Pieces keep the order of the calls of one thread. Each piece is one chunk, flushed at once.
package final class ResponseStream: Sendable {
    /// How a stream ended.
    package enum End: Sendable {
        /// ``finish()`` was called and everything is on its way.
        case finished
        /// The client left, or the connection broke.
        case broken
    }

    /// The connection's side.
    package protocol Sink: Sendable {
        func write(_ bytes: ByteBuffer)
        func finish()
        func abort()
    }

    private struct State {
        var writable = true
        var end: End?
        var finishing = false
        var onEnd: (@Sendable (End) -> Void)?
        var inputEnded = false
        var onInputEnd: (@Sendable () -> Void)?
        var onWritable: (@Sendable () -> Void)?
        var waiters: [UInt64: CheckedContinuation<Void, any Error>] = [:]
        var nextID: UInt64 = 0
    }

    private let sink: any Sink
    /// The loop the connection lives on.
    package let eventLoop: any EventLoop
    /// Whether the stream breaks when its client sends no more, because it has no end that the client could wait for.
    package let endsWithInput: Bool
    private let state = Mutex(State())

    package init(sink: any Sink, eventLoop: any EventLoop, endsWithInput: Bool = false) {
        self.sink = sink
        self.endsWithInput = endsWithInput
        self.eventLoop = eventLoop
    }

    /// Whether the client is still there and nothing has ended the stream.
    package var isOpen: Bool { state.withLock { $0.end == nil && !$0.finishing } }

    /// Whether the client keeps up; when not, ``onWritable(_:)`` tells when it does again.
    package var isWritable: Bool { state.withLock { $0.writable } }

    /// Sends a piece; dropped after the end.
    package func write(_ bytes: ByteBuffer) {
        guard isOpen, bytes.readableBytes > 0 else { return }
        sink.write(bytes)
    }

    /// Ends the body after what was written.
    package func finish() {
        let first = state.withLock { state in
            defer { state.finishing = true }
            return !state.finishing && state.end == nil
        }
        if first { sink.finish() }
    }

    /// Cuts the connection, so that the client sees the body is not whole.
    package func abort() {
        let first = state.withLock { state in
            defer { state.finishing = true }
            return !state.finishing && state.end == nil
        }
        if first { sink.abort() }
    }

    /// Runs `action` once when the stream ends, at once if it has.
    package func onEnd(_ action: @escaping @Sendable (End) -> Void) {
        let end = state.withLock { state in
            if state.end == nil { state.onEnd = action }
            return state.end
        }
        if let end { action(end) }
    }

    /// Runs `action` once when the client sends no more but may still read, at once if that has happened.
    package func onInputEnd(_ action: @escaping @Sendable () -> Void) {
        let ended = state.withLock { state in
            if !state.inputEnded, state.end == nil { state.onInputEnd = action }
            return state.inputEnded
        }
        if ended { action() }
    }

    /// Runs `action` on the loop each time the client, having been behind, keeps up again.
    package func onWritable(_ action: @escaping @Sendable () -> Void) {
        state.withLock { $0.onWritable = action }
    }

    /// Waits until the client keeps up.
    package func waitForRoom() async throws {
        let (ready, id) = state.withLock { state in
            state.nextID += 1
            return (state.writable && state.end == nil, state.nextID)
        }
        if ready { return }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let cancelled = Task.isCancelled
                let result = state.withLock { state -> Result<Void, any Error>? in
                    if cancelled || state.end != nil { return .failure(CancellationError()) }
                    if state.writable { return .success(()) }
                    state.waiters[id] = continuation
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            let waiter = state.withLock { $0.waiters.removeValue(forKey: id) }
            waiter?.resume(throwing: CancellationError())
        }
    }

    // MARK: The connection's reports, on its loop

    package func setWritable(_ writable: Bool) {
        let (action, waiters) = state.withLock {
            state -> ((@Sendable () -> Void)?, [CheckedContinuation<Void, any Error>]) in
            let changed = state.writable != writable
            state.writable = writable
            guard changed, writable else { return (nil, []) }
            defer { state.waiters = [:] }
            return (state.onWritable, Array(state.waiters.values))
        }
        for waiter in waiters { waiter.resume() }
        action?()
    }

    package func inputEnded() {
        let action = state.withLock { state in
            state.inputEnded = true
            return state.onInputEnd.take()
        }
        action?()
    }

    package func ended(_ end: End) {
        let (action, waiters) = state.withLock {
            state -> ((@Sendable (End) -> Void)?, [CheckedContinuation<Void, any Error>]) in
            guard state.end == nil else { return (nil, []) }
            state.end = end
            defer {
                state.waiters = [:]
                state.onEnd = nil
                state.onInputEnd = nil
                state.onWritable = nil
            }
            return (state.onEnd, Array(state.waiters.values))
        }
        for waiter in waiters { waiter.resume(throwing: CancellationError()) }
        action?(end)
    }
}
