// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport

/// What a session keeps for a client with which it has agreed to lose nothing (resume version 1).
struct ResumeState: Sendable {
    /// Names this incarnation of the two counters.
    let epoch: String
    /// What the client has to know to come back; a new one with every return.
    private(set) var token: String
    /// Valid until something comes over the connection that was given the new one: the answer with it may be lost.
    private var previousToken: String?
    /// The highest attempt to attach that was accepted.
    private(set) var attempt: UInt64
    var window: ReceiveWindow
    /// What may be unacknowledged.
    let outbox: QueueLimits
    /// The number of the last message that any connection has taken.
    var sent: UInt64 = 0
    /// Since when the client has acknowledged nothing although there is something to acknowledge.
    var progressSince: Duration
    /// Whether the client has been asked to acknowledge.
    var hasAsked = false
    /// Up to here the application knows what is missing.
    var reportedGaps: UInt64 = 0
    /// The answers that are remembered, for a client that does not count.
    var answers: AnswerRecords?

    init(_ offer: ResumeOffer, epoch: String, token: String, limits: QueueLimits, policy: AckPolicy, _ now: Duration) {
        self.epoch = epoch
        self.token = token
        attempt = offer.attempt
        outbox = QueueLimits(
            messages: min(limits.messages, offer.buffer?.messages ?? .max),
            bytes: min(limits.bytes, offer.buffer?.bytes ?? .max)
        )
        window = ReceiveWindow(policy: policy, limits: outbox)
        progressSince = now
        if offer.isDedup { answers = AnswerRecords() }
    }

    /// Whether messages are numbered.
    var isCounting: Bool { answers == nil }

    /// A connection has taken a message.
    mutating func noteSent(_ number: UInt64) {
        sent = max(sent, number)
    }

    func knows(_ back: ResumeOffer.Return) -> Bool {
        back.epoch == epoch && knows(token: back.token)
    }

    func knows(token: String) -> Bool {
        token == self.token || token == previousToken
    }

    /// A client has come back.
    mutating func returned(_ back: ResumeOffer.Return, attempt: UInt64, newToken: String, _ now: Duration) {
        self.attempt = attempt
        // The client may hold either; the other one is of no use any more.
        previousToken = back.token
        token = newToken
        progressSince = now
        hasAsked = false
    }

    /// Something has come over the connection that was given the token.
    mutating func tokenHasArrived() {
        previousToken = nil
    }

    /// What remains of it when the session has ended.
    var tombstone: Tombstone {
        Tombstone(epoch: epoch, tokens: [token, previousToken].compactMap(\.self), received: window.received)
    }
}

/// What is remembered of a session that has ended, so that its client can tell what was accepted from what was not.
struct Tombstone: Sendable {
    let epoch: String
    let tokens: [String]
    /// The last of the client's messages that the session took.
    let received: UInt64

    func knows(_ back: ResumeOffer.Return) -> Bool {
        back.epoch == epoch && tokens.contains(back.token)
    }
}
