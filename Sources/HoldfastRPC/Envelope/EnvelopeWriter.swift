// SPDX-License-Identifier: Apache-2.0
package import HoldfastTransport
package import NIOCore

/// Writes JSON-RPC messages around values that are already text.
///
/// Members come in the order of Kurento's Java side: `id`, then `result` or `error`, or `method` and `params`, then `jsonrpc`.
package enum EnvelopeWriter {
    /// An answer with a result.
    ///
    /// - Parameters:
    ///   - id: The id of the call.
    ///   - result: The result; nil for a call that returns nothing.
    ///   - sessionID: The session id the result carries: an object gets a member `sessionId`, any other value is wrapped as
    ///     `{"value":…,"sessionId":…}`, and nothing or null becomes `{"sessionId":…}`. With nil the result goes out as it is.
    package static func response(id: Envelope.ID, result: JSON?, sessionID: String? = nil) -> ByteBuffer {
        var message = open(reserving: (result?.buffer.readableBytes ?? 4) + (sessionID?.utf8.count ?? 0))
        message.writeStaticString("{\"id\":")
        message.writeImmutableBuffer(id.text)
        message.writeStaticString(",\"result\":")
        if let sessionID {
            message.writeValue(result, sessionID: sessionID)
        } else {
            message.writeImmutableBuffer((result ?? .null).buffer)
        }
        return close(message)
    }

    /// An answer with an error.
    ///
    /// - Parameters:
    ///   - id: The id of the call; nil if it could not be told.
    ///   - code: The error's number.
    ///   - message: The error in words.
    ///   - data: Anything more about the error.
    ///   - type: Kurento's member `type`, a name for the kind of error.
    package static func error(
        id: Envelope.ID?,
        code: Int,
        message text: String,
        data: JSON? = nil,
        type: String? = nil
    ) -> ByteBuffer {
        var message = open(
            reserving: text.utf8.count + (data?.buffer.readableBytes ?? 0) + (type?.utf8.count ?? 0) + 32
        )
        message.writeStaticString("{\"id\":")
        message.writeImmutableBuffer(id?.text ?? JSON.null.buffer)
        message.writeStaticString(",\"error\":{\"code\":")
        message.writeString(String(code))
        message.writeStaticString(",\"message\":")
        message.writeJSONString(text)
        if let data {
            message.writeStaticString(",\"data\":")
            message.writeImmutableBuffer(data.buffer)
        }
        if let type {
            message.writeStaticString(",\"type\":")
            message.writeJSONString(type)
        }
        message.writeStaticString("}")
        return close(message)
    }

    /// A call that wants an answer.
    ///
    /// - Parameters:
    ///   - id: The id the answer will carry.
    ///   - method: The method's name.
    ///   - params: The parameters; nil for none.
    ///   - sessionID: The session id the parameters carry, placed as in ``response(id:result:sessionID:)``; a server sends none.
    package static func request(
        id: Envelope.ID,
        method: String,
        params: JSON? = nil,
        sessionID: String? = nil
    ) -> ByteBuffer {
        call(id: id, method, params, sessionID)
    }

    /// A call that wants no answer.
    ///
    /// - Parameters:
    ///   - method: The method's name.
    ///   - params: The parameters; nil for none.
    ///   - sessionID: The session id the parameters carry, placed as in ``response(id:result:sessionID:)``; a server sends none.
    package static func notification(
        method: String,
        params: JSON? = nil,
        sessionID: String? = nil
    ) -> ByteBuffer {
        call(id: nil, method, params, sessionID)
    }

    /// Several messages as one.
    ///
    /// - Parameter messages: The messages; at least one (JSON-RPC 2.0 §6: never an empty array).
    package static func batch(_ messages: some Collection<ByteBuffer>) -> ByteBuffer {
        var batch = ByteBuffer()
        batch.reserveCapacity(messages.reduce(2) { $0 + $1.readableBytes + 1 })
        batch.writeInteger(UInt8(ascii: "["))
        for (index, message) in messages.enumerated() {
            if index > 0 { batch.writeInteger(UInt8(ascii: ",")) }
            batch.writeImmutableBuffer(message)
        }
        batch.writeInteger(UInt8(ascii: "]"))
        return batch
    }

    private static func call(id: Envelope.ID?, _ method: String, _ params: JSON?, _ sessionID: String?) -> ByteBuffer {
        let size = method.utf8.count + (params?.buffer.readableBytes ?? 0) + (sessionID?.utf8.count ?? 0)
        var message = open(reserving: size)
        message.writeStaticString("{")
        if let id {
            message.writeStaticString("\"id\":")
            message.writeImmutableBuffer(id.text)
            message.writeStaticString(",")
        }
        message.writeStaticString("\"method\":")
        message.writeJSONString(method)
        if let sessionID {
            message.writeStaticString(",\"params\":")
            message.writeValue(params, sessionID: sessionID)
        } else if let params {
            message.writeStaticString(",\"params\":")
            message.writeImmutableBuffer(params.buffer)
        }
        return close(message)
    }

    private static func open(reserving size: Int) -> ByteBuffer {
        var message = ByteBuffer()
        // Room for all the fixed parts and an id of usual length: one allocation.
        message.reserveCapacity(size + 96)
        return message
    }

    private static func close(_ message: consuming ByteBuffer) -> ByteBuffer {
        message.writeStaticString(",\"jsonrpc\":\"2.0\"}")
        return message
    }
}

extension ByteBuffer {
    /// Writes a value that carries a session id.
    fileprivate mutating func writeValue(_ value: JSON?, sessionID: String) {
        switch value?.kind {
        case .object:
            writeOpenObject(value ?? .null)
        case nil, .null:
            writeStaticString("{")
        default:
            writeStaticString("{\"value\":")
            writeImmutableBuffer((value ?? .null).buffer)
            writeStaticString(",")
        }
        writeStaticString("\"sessionId\":")
        writeJSONString(sessionID)
        writeStaticString("}")
    }

    /// Writes an object without a member `sessionId` of its own, ready for one more member.
    private mutating func writeOpenObject(_ value: JSON) {
        let object: SessionObject
        do throws(JSONError) {
            // Checked under its own limit when it was made.
            var scanner = JSONScanner(depthLimit: .max)
            object = try SessionObject(value.buffer.readableBytesUInt8Span, &scanner, depth: 0)
        } catch {
            assertionFailure("unchecked JSON text: \(error)")
            writeStaticString("{")
            return
        }
        guard object.sessionIDCount < 2 else {
            let others = (value.members ?? []).filter { $0.key != "sessionId" }
            return writeOpenObject(JSON(members: others))
        }
        let text = object.member.map { value.buffer.removing($0.removal) } ?? value.buffer
        writeImmutableBuffer(text.slice(0..<text.readableBytes - 1))
        if object.count > object.sessionIDCount { writeStaticString(",") }
    }
}
