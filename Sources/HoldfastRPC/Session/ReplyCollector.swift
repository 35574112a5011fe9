// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport
internal import NIOCore
internal import Synchronization

/// Gathers the replies to a batch, or to an HTTP request, until all are there.
final class ReplyCollector: Sendable {
    typealias Completion = @Sendable (ByteBuffer?) -> Void

    private struct State {
        var replies: [ByteBuffer?] = []
        var missing = 0
        var isAbandoned = false
        var completion: Completion?
        var afterwards: [@Sendable () -> Void] = []
    }

    private let isBatch: Bool
    private let byteLimit: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - isBatch: whether the replies are put into an array.
    ///   - byteLimit: the most bytes of the array; beyond, an error takes its place.
    init(isBatch: Bool, byteLimit: Int = .max) {
        self.isBatch = isBatch
        self.byteLimit = byteLimit
    }

    /// Keeps a place for a reply.
    func reserve() -> Int {
        state.withLock { state in
            state.replies.append(nil)
            state.missing += 1
            return state.replies.count - 1
        }
    }

    /// Puts a reply in its place; only the first one counts.
    func fill(_ index: Int, with reply: ByteBuffer) {
        state.withLock { state in
            guard state.replies.indices.contains(index), state.replies[index] == nil else { return }
            state.replies[index] = reply
            state.missing -= 1
        }
        finishIfComplete()
    }

    /// Does something after the answer has been given.
    func whenDone(_ action: @escaping @Sendable () -> Void) {
        state.withLock { $0.afterwards.append(action) }
    }

    /// No more places will be asked for; gives the whole answer to `completion` when all replies are there, or `nil` when
    /// there is nothing to answer.
    func seal(_ completion: @escaping Completion) {
        let isAbandoned = state.withLock { state in
            if !state.isAbandoned { state.completion = completion }
            return state.isAbandoned
        }
        if isAbandoned { completion(nil) } else { finishIfComplete() }
    }

    /// Nobody waits for the replies any more: there is nothing to answer.
    func abandon() {
        let completion = state.withLock { state in
            state.isAbandoned = true
            return state.completion.take()
        }
        completion?(nil)
    }

    private func finishIfComplete() {
        let complete = state.withLock { state -> ([ByteBuffer], Completion, [@Sendable () -> Void])? in
            guard state.missing == 0, let completion = state.completion.take() else { return nil }
            return (state.replies.compactMap { $0 }, completion, state.afterwards)
        }
        guard let (replies, completion, afterwards) = complete else { return }
        completion(answer(replies))
        for action in afterwards { action() }
    }

    private func answer(_ replies: [ByteBuffer]) -> ByteBuffer? {
        guard isBatch else { return replies.first }
        guard !replies.isEmpty else { return nil }
        guard replies.reduce(0, { $0 + $1.readableBytes }) <= byteLimit else {
            return ReplyWriter.error(.internalError.with("the answers of the batch are too large"), to: nil)
        }
        return EnvelopeWriter.batch(replies)
    }
}
