// SPDX-License-Identifier: Apache-2.0
internal import HoldfastRPC
internal import HoldfastTransport
internal import NIOCore

/// What another run of a program has to know to come back to a session and lose nothing.
struct SessionRecord: Sendable {
    var id: String
    /// The wire whose names the framework's methods have.
    var wire: RPCOptions.Wire
    var attempt: UInt64
    /// The last id that a request has had: ids are not used again in a session.
    var lastID: Int
    var resumption: Resumption
    /// Answers that have no number yet, those to requests included that nobody will serve to the end.
    var answers: [ByteBuffer]
}

/// As text.
extension SessionRecord {
    /// Checked text may be nested as deep as a message, in the record's own levels.
    private static let depthLimit = JSONScanner.defaultDepthLimit + 4

    var encoded: [UInt8] {
        let ledger = resumption.ledger
        let messages = ledger.kept.map { entry -> JSON in
            [
                "seq": .number(entry.number), "kind": entry.kind == .answer ? "answer" : "notification",
                "text": JSON(validated: entry.message.payload),
            ]
        }
        let json: JSON = [
            "v": 1, "id": JSON(stringLiteral: id), "wire": wire == .plain ? "plain" : "kurento",
            "epoch": JSON(stringLiteral: resumption.epoch), "token": JSON(stringLiteral: resumption.token),
            "at": .number(attempt), "accepted": .number(resumption.acceptedAttempt),
            "lastID": JSON(integerLiteral: lastID), "rcv": .number(resumption.window.received),
            "acked": .number(ledger.acked), "sent": .number(ledger.end),
            "buf": [
                "msgs": JSON(integerLiteral: resumption.outbox.messages),
                "bytes": JSON(integerLiteral: resumption.outbox.bytes),
            ],
            "ack": [
                "msgs": JSON(integerLiteral: resumption.policy.messages),
                "bytes": JSON(integerLiteral: resumption.policy.bytes),
                "ms": JSON(integerLiteral: Int(clamping: Int64(resumption.policy.time / .milliseconds(1)))),
            ],
            "messages": JSON(messages), "answers": JSON(answers.map { JSON(validated: $0) }),
        ]
        return Array(json.buffer.readableBytesView)
    }

    /// Reads what ``encoded`` wrote; `nil` for anything else.
    init?(_ bytes: [UInt8]) {
        guard let json = try? JSON(parsing: ByteBuffer(bytes: bytes), depthLimit: Self.depthLimit), json["v"]?.int == 1,
            let id = json["id"]?.string, let terms = Resumption(json, own: QueueLimits(messages: .max, bytes: .max)),
            let attempt = ReturnTerms.number(json["at"]), let accepted = ReturnTerms.number(json["accepted"]),
            let received = ReturnTerms.number(json["rcv"]), let lastID = json["lastID"]?.int, lastID >= 0,
            let ledger = Ledger(json)
        else { return nil }
        self.id = id
        wire = json["wire"]?.string == "kurento" ? .kurento : .plain
        self.attempt = attempt
        self.lastID = lastID
        resumption = Resumption(
            epoch: terms.epoch,
            token: terms.token,
            acceptedAttempt: accepted,
            ledger: ledger,
            received: received,
            outbox: terms.outbox,
            policy: terms.policy
        )
        answers = (json["answers"]?.array ?? []).map(\.buffer)
    }
}

extension Ledger {
    /// What was kept in a ledger when it was written down; what is missing there is lost.
    fileprivate init?(_ json: JSON) {
        guard let acked = ReturnTerms.number(json["acked"]), let end = ReturnTerms.number(json["sent"]), acked <= end,
            let messages = json["messages"]?.array
        else { return nil }
        self.init(acked: acked)
        for message in messages {
            guard let number = ReturnTerms.number(message["seq"]), number > self.end, number <= end,
                let text = message["text"]
            else { return nil }
            skip(to: number - 1)
            append(Message(text: text.buffer), message["kind"]?.string == "answer" ? .answer : .notification)
        }
        skip(to: end)
    }
}

/// Tells whether a session has to be kept anew: whatever the server may have been told is part of it.
struct SaveMark: Sendable, Hashable {
    var id: String?
    var attempt: UInt64
    var accepted: UInt64
    var end: UInt64
    var told: UInt64
    var serving: Set<Envelope.ID>
    var answers: Int
}

extension ClientMachine {
    /// A machine that goes on with what another run of the program has left.
    init(settings: Settings, heartbeat: Duration?, record: SessionRecord?) {
        self.init(settings: settings, heartbeat: heartbeat)
        guard let record else { return }
        sessionID = record.id
        wire = record.wire
        attempt = record.attempt
        lastID = record.lastID
        resumption = record.resumption
        heldAnswers = record.answers
    }

    private var record: SessionRecord? {
        guard let sessionID, let resumption else { return nil }
        // Another run would serve them no further; they may have been served in part.
        let error = RPCError.outcomeUnknown
        let unserved = serving.map { EnvelopeWriter.error(id: $0, code: error.code, message: error.message) }
        return SessionRecord(
            id: sessionID,
            wire: wire,
            attempt: attempt,
            lastID: lastID,
            resumption: resumption,
            answers: heldAnswers + unserved
        )
    }

    /// Has the session kept, before anything is sent that changes it and before a request is served.
    mutating func save() {
        let mark = resumption.map {
            SaveMark(
                id: sessionID,
                attempt: attempt,
                accepted: $0.acceptedAttempt,
                end: $0.ledger.end,
                told: $0.window.told,
                serving: serving,
                answers: heldAnswers.count
            )
        }
        // At the end also what has arrived since.
        guard mark != saved || phase == .closed && mark != nil else { return }
        saved = mark
        let place = actions.firstIndex {
            switch $0 {
            case .send, .serve, .finished: true
            default: false
            }
        }
        actions.insert(.save(record), at: place ?? actions.endIndex)
    }
}
