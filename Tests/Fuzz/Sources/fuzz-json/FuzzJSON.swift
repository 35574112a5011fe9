// SPDX-License-Identifier: Apache-2.0

internal import FuzzSupport
internal import HoldfastRPC
internal import HoldfastTransport
internal import NIOCore

/// JSON texts as a client may send them: all readers agree on what they say, and what is written around them is JSON again.
@main
enum FuzzJSON {
    static func main() {
        let status = fuzz { start, count in
            let input = FuzzInput(start, count)
            let text = ByteBuffer(bytes: input.bytes)
            let parsed = Result { () throws(JSONError) in try JSON(parsing: text) }
            let json = try? parsed.get()
            if let json { readValue(json, levels: 3) }
            readEnvelope(text, json)
            readStrings(text, parsed)
            if let json { writeReplies(json) }
            writeText(String(decoding: input.bytes, as: UTF8.self))
            return 0
        }
        check(status == 0, "libFuzzer ended with \(status)")
    }
}

/// The value answers every question, and its parts are values themselves.
private func readValue(_ json: JSON, levels: Int) {
    check((try? JSON(parsing: json.buffer)) == json, "A value that is no JSON text: \(json)")
    check((json.array != nil) == (json.kind == .array), "Array or not")
    check((json.members != nil) == (json.kind == .object), "Object or not")
    check((json.string != nil) == (json.kind == .string), "String or not")
    check((json.bool != nil) == (json.kind == .bool), "Boolean or not")
    if let int = json.int { check(json.double == Double(int), "\(json) is \(int)") }
    guard levels > 0 else { return }
    for (index, element) in (json.array ?? []).prefix(4).enumerated() {
        check(json[index] == element, "Another element \(index)")
        readValue(element, levels: levels - 1)
    }
    for (key, value) in (json.members ?? []).prefix(4) {
        check(json[key] != nil, "Member not found")
        readValue(value, levels: levels - 1)
    }
}

private func readEnvelope(_ text: ByteBuffer, _ json: JSON?) {
    // With a limit a batch is refused before its end is seen.
    _ = EnvelopeScanner(depthLimit: 3, batchLimit: 2).scan(text)
    let envelope = EnvelopeScanner(batchLimit: .max).scan(text)
    if case .invalid(let invalid) = envelope {
        check((invalid.code == -32700) == (json == nil), "Scanner says \(invalid.reason), parser \(json == nil)")
    } else {
        check(json != nil, "An envelope that is no JSON")
    }
    guard let json else { return }
    switch envelope {
    case .call(let call):
        check(call.id?.description == json["id"]?.text, "Another id")
        check(call.method == json["method"]?.string, "Another method")
        checkParams(call.params, of: json)
        guard let id = call.id else { return }
        let copy = EnvelopeWriter.request(
            id: id,
            method: call.method,
            params: call.params?.withoutSessionID,
            sessionID: call.params?.sessionID
        )
        guard case .call(let again) = EnvelopeScanner(depthLimit: 65).scan(copy) else {
            return check(false, "Not a request any more: \(String(buffer: copy))")
        }
        check(again.id == id && again.method == call.method, "Another request")
        check(again.params?.sessionID == call.params?.sessionID, "Another session: \(String(buffer: copy))")
    case .batch(let elements):
        check(elements.count == json.array?.count, "Another number of messages")
    case .response, .invalid:
        break
    }
}

/// Parameters are those of the text, and without the session id they lack nothing else.
private func checkParams(_ params: CarriedValue?, of json: JSON) {
    guard let params else { return check(json["params"] == nil, "No params") }
    check(params.json == json["params"], "Other params")
    readValue(params.withoutSessionID, levels: 1)
    let members = params.json.members ?? []
    let others = members.filter { $0.key != "sessionId" }
    // Several could not be told apart.
    guard others.count == members.count - 1 else {
        return check(params.withoutSessionID == params.json, "Lost members")
    }
    check(params.withoutSessionID.members.map { same($0, others) } ?? false, "Other members: \(params.json)")
    if let id = params.ownSessionID { check(id == params.json["sessionId"]?.string, "Another session id") }
}

private func same(_ left: [(key: String, value: JSON)], _ right: [(key: String, value: JSON)]) -> Bool {
    // By bytes: as strings, different texts with equal meaning would be equal.
    left.elementsEqual(right) { $0.key.utf8.elementsEqual($1.key.utf8) && $0.value == $1.value }
}

/// A reply around any result is JSON, has the id and one session id, and keeps the result.
private func writeReplies(_ json: JSON) {
    let session = "s\"\\\u{1}é"
    let reply = written(EnvelopeWriter.response(id: Envelope.ID(7), result: json, sessionID: session))
    check(reply["id"]?.int == 7 && reply["jsonrpc"]?.string == "2.0", "Not a reply: \(reply)")
    let result = reply["result"]?.members ?? []
    check(result.count { $0.key == "sessionId" } == 1, "Not one session id: \(reply)")
    check(reply["result"]?["sessionId"]?.string == session, "Another session id: \(reply)")
    let others = result.filter { $0.key != "sessionId" }
    switch json.kind {
    case .object: check(same(others, (json.members ?? []).filter { $0.key != "sessionId" }), "Another object: \(reply)")
    case .null: check(others.isEmpty, "Members from nowhere: \(reply)")
    default: check(same(others, [("value", json)]), "Another value: \(reply)")
    }
    let plain = EnvelopeWriter.response(id: Envelope.ID(7), result: json)
    check(written(plain)["result"] == json, "Another result")
    let error = EnvelopeWriter.error(id: nil, code: -1, message: json.text, data: json, type: json.text)
    check(written(error)["error"]?["data"] == json, "Other data")
    check(written(error)["error"]?["message"]?.string == json.text, "Another message")
    check(written(EnvelopeWriter.batch([plain, error])).array?.count == 2, "Not two messages")
}

/// Any text can be a method's name and an error's.
private func writeText(_ text: String) {
    let call = written(EnvelopeWriter.notification(method: text))
    check(call["method"]?.string.map { $0.utf8.elementsEqual(text.utf8) } ?? false, "Another method: \(call)")
}

/// What was written must be JSON; the reply may be two levels deeper than its result.
private func written(_ buffer: ByteBuffer) -> JSON {
    guard let json = try? JSON(parsing: buffer, depthLimit: 70) else {
        fatalError("Wrote what is no JSON: \(String(buffer: buffer))")
    }
    return json
}

/// The reader of SockJS payloads agrees with the parser.
private func readStrings(_ text: ByteBuffer, _ parsed: Result<JSON, JSONError>) {
    _ = try? JSONStringArray.decode(text, allowsBareString: true, countLimit: 3, byteLimit: 16)
    do throws(JSONStringArrayError) {
        let messages = try JSONStringArray.decode(text, allowsBareString: true)
        switch parsed {
        case .success(let json):
            let strings = json.array?.map { $0.string ?? "" } ?? [json.string ?? ""]
            let isSame = messages.elementsEqual(strings) { $0.readableBytesView.elementsEqual($1.utf8) }
            check(isSame, "Other strings")
        case .failure(let error):
            check(false, "Strings of a text that is no JSON: \(error)")
        }
        for message in messages {
            check(String(validating: message.readableBytesView, as: UTF8.self) != nil, "Text that is not UTF-8")
        }
        var frame = ByteBuffer()
        writeSockJSArrayFrame(messages, into: &frame)
        check(frame.readInteger() == UInt8(ascii: "a"), "No array frame")
        check((try? JSONStringArray.decode(frame)) == messages, "The frame says something else")
    } catch {
        switch (error, parsed) {
        case (.empty, _): check(text.readableBytes == 0, "Nothing was sent?")
        case (.broken, .success): check(false, "JSON for the parser, broken for SockJS")
        case (.notArray, .success(let json)): check(json.kind != .array && json.kind != .string, "It is an array")
        case (.nonStringMember, .success(let json)):
            check(json.array?.contains { $0.kind != .string } ?? false, "All are strings")
        case (.tooManyMessages, _), (.messageTooLong, _): check(false, "A limit that was not set")
        case (_, .failure): break
        }
    }
}
