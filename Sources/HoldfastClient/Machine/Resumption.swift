// SPDX-License-Identifier: Apache-2.0
internal import HoldfastRPC
internal import HoldfastTransport

/// What a client keeps of a session in which nothing is lost (resume version 1).
struct Resumption: Sendable {
    /// Names this incarnation of the two counters.
    let epoch: String
    /// What the server wants to know from whoever comes back.
    var token: String
    /// The last attempt to attach that the server has accepted.
    var acceptedAttempt: UInt64
    /// What the server does not have yet.
    var ledger: Ledger
    /// What has come from the server.
    var window: ReceiveWindow
    /// What may be unacknowledged.
    let outbox: QueueLimits
    /// When the server is told how far its messages have come.
    let policy: AckPolicy
    /// Whether the server has been asked to acknowledge.
    var hasAsked = false
    /// What the server has said will not come, as far as that is still ahead.
    var gaps: [ReturnTerms.Gap] = []
    /// How often the rules were broken since anything got through.
    var strikes = 0

    /// So often may the rules be broken.
    static let strikeLimit = 3
    /// What is delivered at once has no bound: nothing of it is kept.
    static let inbound = QueueLimits(messages: .max, bytes: .max)

    /// Reads what a server agrees to; `nil` when that is nothing.
    ///
    /// - Parameters:
    ///   - own: How much this client keeps.
    ///   - attempt: The attempt that the server has accepted.
    init?(_ terms: JSON?, own: QueueLimits, attempt: UInt64 = 0) {
        guard let terms, terms["v"]?.int == 1, terms["mode"] == nil, terms["state"] == nil,
            let epoch = terms["epoch"]?.string, let token = terms["token"]?.string
        else { return nil }
        let (ack, buffer) = (terms["ack"], terms["buf"])
        let usual = AckPolicy()
        self.init(
            epoch: epoch,
            token: token,
            acceptedAttempt: attempt,
            ledger: Ledger(),
            received: 0,
            outbox: QueueLimits(
                messages: min(own.messages, max(buffer?["msgs"]?.int ?? .max, 1)),
                bytes: min(own.bytes, max(buffer?["bytes"]?.int ?? .max, 1))
            ),
            policy: AckPolicy(
                messages: max(ack?["msgs"]?.int ?? usual.messages, 1),
                bytes: max(ack?["bytes"]?.int ?? usual.bytes, 1),
                time: ack?["ms"]?.int.map { .milliseconds(min(max($0, 1), 60_000)) } ?? usual.time
            )
        )
    }

    init(
        epoch: String,
        token: String,
        acceptedAttempt: UInt64,
        ledger: Ledger,
        received: UInt64,
        outbox: QueueLimits,
        policy: AckPolicy
    ) {
        self.epoch = epoch
        self.token = token
        self.acceptedAttempt = acceptedAttempt
        self.ledger = ledger
        self.outbox = outbox
        self.policy = policy
        window = ReceiveWindow(received: received, policy: policy, limits: Self.inbound)
    }

    /// Whether a message finds room, with its counters.
    func hasRoom(for size: Int, _ kind: Ledger.Kind) -> Bool {
        ledger.hasRoom(for: size + MessageCounters.maximumBytes, kind, limits: outbox)
    }

    var isHalfFull: Bool {
        ledger.count > outbox.messages / 2 || ledger.bytes > outbox.bytes / 2
    }
}

/// What a server says to a client that has come back.
struct ReturnTerms: Sendable {
    /// Messages that will not come.
    struct Gap: Sendable {
        let numbers: ClosedRange<UInt64>
        let reason: String
    }

    let token: String
    /// The client's last message that the server has.
    let received: UInt64
    /// What the server's next message is, as far as it has one.
    let next: UInt64
    /// In the order of their numbers.
    let gaps: [Gap]

    init?(_ terms: JSON?) {
        guard let terms, terms["state"]?.string != nil, let token = terms["token"]?.string,
            let received = Self.number(terms["rcv"]), let next = Self.number(terms["next"])
        else { return nil }
        self.token = token
        self.received = received
        self.next = next
        gaps = (terms["gaps"]?.array ?? []).compactMap { Self.gap($0) }
            .sorted { $0.numbers.lowerBound < $1.numbers.lowerBound }
    }

    static func gap(_ json: JSON?) -> Gap? {
        guard let json, let first = number(json["from"]), let last = number(json["to"]), 0 < first, first <= last
        else { return nil }
        return Gap(numbers: first...last, reason: json["why"]?.string ?? "")
    }

    static func number(_ json: JSON?) -> UInt64? {
        guard let number = json?.int, number >= 0, number <= Int(MessageCounters.maximum) else { return nil }
        return UInt64(number)
    }
}

extension Resumption {
    /// What a client offers that opens a session.
    static func offer(_ buffer: QueueLimits) -> JSON {
        [
            "v": [1], "at": 1,
            "buf": [
                "msgs": JSON(integerLiteral: buffer.messages), "bytes": JSON(integerLiteral: buffer.bytes),
            ],
        ]
    }

    /// What a client says that comes back.
    ///
    /// - Parameter isMove: Whether the session's link lives and is left on purpose.
    func request(attempt: UInt64, isMove: Bool) -> JSON {
        var members: [(String, JSON)] = [
            ("v", [1]), ("at", .number(attempt)), ("epoch", JSON(stringLiteral: epoch)),
            ("token", JSON(stringLiteral: token)), ("rcv", .number(window.received)), ("sent", .number(ledger.end)),
        ]
        if isMove { members.append(("migrate", true)) }
        return JSON(members: members)
    }

    /// The server goes on with this client.
    mutating func cameBack(_ terms: ReturnTerms, attempt: UInt64) {
        token = terms.token
        acceptedAttempt = attempt
        ledger.acknowledge(terms.received)
        hasAsked = false
        gaps = terms.gaps
    }
}

extension JSON {
    /// The number of a message.
    static func number(_ number: UInt64) -> JSON {
        JSON(integerLiteral: Int(clamping: number))
    }
}
