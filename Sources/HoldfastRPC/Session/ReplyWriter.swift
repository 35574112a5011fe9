// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport
internal import NIOCore

/// Writes replies.
enum ReplyWriter {
    /// Writes the reply of a session to a request; only a session a client can name puts its id in.
    static func reply(_ reply: RPCReply, to id: RPCID, session: RPCSession) -> ByteBuffer {
        self.reply(reply, to: id, sessionID: session.isTransient ? nil : session.id)
    }

    static func reply(_ reply: RPCReply, to id: RPCID, sessionID: String?) -> ByteBuffer {
        switch reply {
        case .result(let result): EnvelopeWriter.response(id: id.envelope, result: result, sessionID: sessionID)
        case .void: EnvelopeWriter.response(id: id.envelope, result: nil, sessionID: sessionID)
        case .empty: EnvelopeWriter.response(id: id.envelope, result: "")
        case .error(let error): self.error(error, to: id)
        }
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
