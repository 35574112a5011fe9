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
    /// Requests of the server that a handler was serving.
    var serving: Set<Envelope.ID>
    /// Answers that have no number yet.
    var answers: [ByteBuffer]
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
        // Nobody serves them any more; they may have been served in part.
        let error = RPCError.outcomeUnknown
        heldAnswers =
            record.answers
            + record.serving.map { EnvelopeWriter.error(id: $0, code: error.code, message: error.message) }
    }

    private var record: SessionRecord? {
        guard let sessionID, let resumption else { return nil }
        return SessionRecord(
            id: sessionID,
            wire: wire,
            attempt: attempt,
            lastID: lastID,
            resumption: resumption,
            serving: serving,
            answers: heldAnswers
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
