// SPDX-License-Identifier: Apache-2.0
internal import DequeModule
internal import HoldfastTransport

/// The answers that a session remembers by the ids of their requests, for clients that do not count their messages but send a request
/// again when they have no answer.
///
/// Pure, with the time passed in.
struct AnswerRecords: Sendable {
    /// What is known of a request's id.
    enum Record: Sendable {
        /// Another request had it.
        case other
        case answered(Message)
        /// The answer is kept no more.
        case forgotten
    }

    /// How long an answer is kept, and how many.
    static let time = Duration.seconds(60)
    static let limits = QueueLimits(messages: 256, bytes: 1 << 18)
    /// How many ids are known after their answers have gone.
    static let rememberedIDs = 4096

    private struct Entry: Sendable {
        let request: Int
        var answer: Message?
    }

    private struct Kept: Sendable {
        let id: RPCID
        let until: Duration
        let bytes: Int
    }

    private var entries: [RPCID: Entry] = [:]
    private var kept: Deque<Kept> = []
    private var known: Deque<RPCID> = []
    private var bytes = 0

    /// What is known of a request that has come.
    mutating func record(of request: InboundRequest, _ now: Duration) -> Record? {
        drop(now)
        guard let id = request.id, let entry = entries[id] else { return nil }
        guard entry.request == request.fingerprint else { return .other }
        return entry.answer.map(Record.answered) ?? .forgotten
    }

    /// Remembers an answer.
    mutating func add(_ answer: Message, to request: InboundRequest, _ now: Duration) {
        guard let id = request.id, entries[id] == nil else { return }
        entries[id] = Entry(request: request.fingerprint, answer: answer)
        kept.append(Kept(id: id, until: now + Self.time, bytes: answer.count))
        bytes += answer.count
        drop(now)
    }

    private mutating func drop(_ now: Duration) {
        while let first = kept.first,
            first.until <= now || kept.count > Self.limits.messages || bytes > Self.limits.bytes
        {
            kept.removeFirst()
            bytes -= first.bytes
            entries[first.id]?.answer = nil
            known.append(first.id)
            if known.count > Self.rememberedIDs, let oldest = known.popFirst() { entries[oldest] = nil }
        }
    }
}

extension InboundRequest {
    /// Tells requests with the same id apart.
    var fingerprint: Int {
        var hasher = Hasher()
        hasher.combine(method)
        hasher.combine(params?.text)
        return hasher.finalize()
    }
}
