// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport
internal import NIOCore

/// Writes replies.
enum ReplyWriter {
    /// Writes the reply of a session to a request; on Kurento's wire a session that a client can name puts its id in.
    static func reply(_ reply: RPCReply, to id: RPCID, session: RPCSession, on wire: RPCOptions.Wire) -> ByteBuffer {
        self.reply(reply, to: id, sessionID: session.isTransient || wire == .plain ? nil : session.id)
    }

    static func reply(_ reply: RPCReply, to id: RPCID, sessionID: String?) -> ByteBuffer {
        switch reply {
        case .result(let result): EnvelopeWriter.response(id: id.envelope, result: result, sessionID: sessionID)
        case .void: EnvelopeWriter.response(id: id.envelope, result: nil, sessionID: sessionID)
        case .empty: EnvelopeWriter.response(id: id.envelope, result: "", sessionID: sessionID)
        case .error(let error): self.error(error, to: id)
        }
    }

    /// Writes the answer to a `connect`.
    ///
    /// - Parameters:
    ///   - isBack: Whether the client named the session.
    ///   - resume: What was agreed with a client that loses nothing.
    static func connected(
        _ id: RPCID,
        sessionID: String,
        isBack: Bool,
        resume: JSON? = nil,
        on wire: RPCOptions.Wire
    ) -> ByteBuffer {
        var word: JSON? = wire == .plain ? nil : isBack ? "reconnection successful" : "OK"
        if let resume { word = JSON(members: (word.map { [("value", $0)] } ?? []) + [("resume", resume)]) }
        return EnvelopeWriter.response(id: id.envelope, result: word, sessionID: sessionID)
    }

    /// Writes the answer to a `ping`.
    ///
    /// - Parameter sessionID: The session id that came with it.
    static func pong(_ id: RPCID, sessionID: String?, on wire: RPCOptions.Wire) -> ByteBuffer {
        let pong: JSON = wire == .plain || sessionID != nil ? "pong" : ["value": "pong"]
        return EnvelopeWriter.response(id: id.envelope, result: pong, sessionID: sessionID)
    }

    /// Writes an error; without an id it answers something of which none could be told.
    static func error(_ error: RPCError, to id: RPCID?) -> ByteBuffer {
        EnvelopeWriter.error(
            id: id?.envelope,
            code: error.code,
            message: error.message,
            data: error.data,
            type: error.type
        )
    }
}
