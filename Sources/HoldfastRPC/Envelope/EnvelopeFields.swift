// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport
internal import NIOCore

/// Where the members of one JSON-RPC message lie.
struct EnvelopeFields {
    private enum Field: UInt8 {
        case jsonrpc = 1
        case id = 2
        case method = 4
        case params = 8
        case result = 16
        case error = 32
        case sequence = 64
        case received = 128

        /// Members that mean something only in some sessions, so that having them twice is no fault of the envelope.
        static let counters = Field.sequence.rawValue | Field.received.rawValue
    }

    private var isObject = false
    private var seen: UInt8 = 0
    private var repeated: UInt8 = 0
    private var jsonrpcIsString = true
    private var id: Range<Int>?
    private var idString: JSONScanner.StringRange?
    private var method: JSONScanner.StringRange?
    private var params: SessionObject?
    private var result: SessionObject?
    private var error: Range<Int>?
    private var errorIsNull = false
    private var sequence: Range<Int>?
    private var received: Range<Int>?

    /// Reads the value at the cursor, whatever it is.
    ///
    /// Faults of the envelope are only noted: first the whole text has to prove to be JSON.
    mutating func read(
        _ bytes: borrowing Span<UInt8>,
        _ scanner: inout JSONScanner,
        depth: Int
    ) throws(JSONError) {
        guard scanner.peek(bytes) == UInt8(ascii: "{") else {
            try scanner.skipValue(bytes, depth: depth)
            return
        }
        isObject = true
        try scanner.enter(bytes, depth: depth)
        if scanner.peek(bytes) != UInt8(ascii: "}") {
            repeat {
                let name = try scanner.skipName(bytes)
                try readMember(Self.field(named: name, bytes), bytes, &scanner, depth: depth + 1)
            } while scanner.skipSeparator(bytes)
        }
        guard scanner.skip(UInt8(ascii: "}"), bytes) else { throw scanner.unexpected(bytes) }
    }

    private mutating func readMember(
        _ field: Field?,
        _ bytes: borrowing Span<UInt8>,
        _ scanner: inout JSONScanner,
        depth: Int
    ) throws(JSONError) {
        guard let field else {
            try scanner.skipValue(bytes, depth: depth)
            return
        }
        repeated |= seen & field.rawValue
        seen |= field.rawValue
        let isString = scanner.peek(bytes) == UInt8(ascii: "\"")
        switch field {
        case .jsonrpc:
            jsonrpcIsString = isString
            try scanner.skipValue(bytes, depth: depth)
        case .id:
            if isString {
                let string = try scanner.skipString(bytes)
                idString = string
                id = string.literal
            } else {
                id = try scanner.skipValue(bytes, depth: depth)
            }
        case .method:
            if isString {
                method = try scanner.skipString(bytes)
            } else {
                try scanner.skipValue(bytes, depth: depth)
            }
        case .params:
            params = try SessionObject(bytes, &scanner, depth: depth)
        case .result:
            result = try SessionObject(bytes, &scanner, depth: depth)
        case .error:
            errorIsNull = scanner.peek(bytes) == UInt8(ascii: "n")
            error = try scanner.skipValue(bytes, depth: depth)
        case .sequence:
            sequence = try scanner.skipValue(bytes, depth: depth)
        case .received:
            received = try scanner.skipValue(bytes, depth: depth)
        }
    }

    private static func field(named name: JSONScanner.StringRange, _ bytes: borrowing Span<UInt8>) -> Field? {
        // Most names can be told apart by their length; an escaped one may have any.
        let length = name.isEscaped ? 0 : name.content.count
        if length == 2 || length == 0, name.equals("id", in: bytes) { return .id }
        if length == 6 || length == 0 {
            if name.equals("method", in: bytes) { return .method }
            if name.equals("params", in: bytes) { return .params }
            if name.equals("result", in: bytes) { return .result }
        }
        if length == 7 || length == 0, name.equals("jsonrpc", in: bytes) { return .jsonrpc }
        if length == 5 || length == 0, name.equals("error", in: bytes) { return .error }
        if length == 3 || length == 0 {
            if name.equals("seq", in: bytes) { return .sequence }
            if name.equals("rcv", in: bytes) { return .received }
        }
        return nil
    }

    private func has(_ field: Field) -> Bool { seen & field.rawValue != 0 }

    /// Whether this is meant as an answer.
    ///
    /// Answers are never answered, so a fault in one must not look like a fault in a call.
    private var isResponse: Bool { !has(.method) && (has(.result) || has(.error)) }
}

extension EnvelopeFields {
    /// Judges what was found.
    func envelope(in message: ByteBuffer) -> Envelope {
        guard seen & Field.counters != 0 else { return judged(in: message, MessageCounters()) }
        return judged(in: message, counters(in: message))
    }

    private func counters(in message: ByteBuffer) -> MessageCounters {
        func number(_ range: Range<Int>?) -> UInt64? {
            range.flatMap { integer(message.slice($0).readableBytesUInt8Span) }
                .flatMap { $0 < 0 ? nil : UInt64($0) }
                .flatMap { $0 > MessageCounters.maximum ? nil : $0 }
        }
        var counters = MessageCounters(sequence: number(sequence), received: number(received))
        counters.isMalformed =
            repeated & Field.counters != 0 || counters.sequence == 0
            || (sequence != nil && counters.sequence == nil) || (received != nil && counters.received == nil)
        return counters
    }

    private func judged(in message: ByteBuffer, _ counters: MessageCounters) -> Envelope {
        guard isObject else { return .invalid(.request("Not an object")) }
        let isResponse = isResponse
        let id: Envelope.ID?
        switch identifier(in: message) {
        case .none: id = nil
        case .null where isResponse: id = nil
        case .valid(let valid): id = valid
        case .null, .invalid:
            let reason = repeated & Field.id.rawValue == 0 ? "Invalid id" : "Duplicate member"
            return invalid(reason, nil, counters)
        }
        guard repeated & ~Field.counters == 0 else {
            return invalid("Duplicate member", id, counters)
        }
        guard jsonrpcIsString else {
            return invalid("'jsonrpc' is not a string", id, counters)
        }
        return isResponse ? response(id, in: message, counters) : call(id, in: message, counters)
    }

    private func invalid(_ reason: String, _ id: Envelope.ID?, _ counters: MessageCounters) -> Envelope {
        var invalid = Envelope.Invalid.request(reason, id: id, isResponse: isResponse)
        invalid.counters = counters
        return .invalid(invalid)
    }

    /// Says what is known of a message whose text is broken: a fault behind the id is answered with it.
    func broken(by error: JSONError, in message: ByteBuffer) -> Envelope {
        // An id at the very end may go on in what is missing.
        guard let range = id, range.upperBound < message.readableBytes, case .valid(let id) = identifier(in: message)
        else {
            return .invalid(.text(error, isResponse: isResponse))
        }
        return .invalid(.text(error, id: id, isResponse: isResponse))
    }

    private func call(_ id: Envelope.ID?, in message: ByteBuffer, _ counters: MessageCounters) -> Envelope {
        guard has(.method) else { return invalid("No method", id, counters) }
        guard !has(.result), !has(.error) else { return invalid("Both a call and an answer", id, counters) }
        guard let name = method else { return invalid("'method' is not a string", id, counters) }
        let method = name.content(in: message)
        guard method.readableBytes <= EnvelopeScanner.methodByteLimit else {
            return invalid("Method name too long", id, counters)
        }
        let params = params.map { CarriedValue($0, in: message) }
        return .call(Envelope.Call(id: id, method: String(buffer: method), params: params, counters: counters))
    }

    private func response(_ id: Envelope.ID?, in message: ByteBuffer, _ counters: MessageCounters) -> Envelope {
        // Some peers send `"error":null` with a result, or `"result":null` with an error.
        if let error, !errorIsNull {
            guard result.map({ $0.isNull }) ?? true else {
                return invalid("Both a result and an error", id, counters)
            }
            let outcome = Envelope.Response.Outcome.error(JSON(validated: message.slice(error)))
            return .response(Envelope.Response(id: id, outcome: outcome, counters: counters))
        }
        let result = result.map { CarriedValue($0, in: message) } ?? CarriedValue(.null)
        return .response(Envelope.Response(id: id, outcome: .result(result), counters: counters))
    }

    private enum Identifier {
        case none
        case null
        case valid(Envelope.ID)
        case invalid
    }

    private func identifier(in message: ByteBuffer) -> Identifier {
        guard let id else { return .none }
        guard repeated & Field.id.rawValue == 0 else { return .invalid }
        let text = message.slice(id)
        if let idString {
            let isShort = idString.content(in: message).readableBytes <= EnvelopeScanner.idByteLimit
            return isShort ? .valid(Envelope.ID(validated: text, integer: nil)) : .invalid
        }
        if let integer = integer(text.readableBytesUInt8Span) {
            return .valid(Envelope.ID(validated: text, integer: integer))
        }
        let value = JSON(validated: text)
        switch value.kind {
        case .null: return .null
        case .number where text.readableBytes <= EnvelopeScanner.idNumberByteLimit:
            return .valid(Envelope.ID(validated: text, integer: value.int))
        default: return .invalid
        }
    }

    /// The number that up to 18 digits with an optional minus stand for, as nearly all ids are written; nil for any other text.
    private func integer(_ bytes: borrowing Span<UInt8>) -> Int? {
        // Nineteen digits may not fit.
        guard bytes.count > 0, bytes.count <= 18 else { return nil }
        let isNegative = bytes[0] == UInt8(ascii: "-")
        var value = 0
        for position in (isNegative ? 1 : 0)..<bytes.count {
            guard bytes[position] &- UInt8(ascii: "0") <= 9 else { return nil }
            value = value * 10 + Int(bytes[position] &- UInt8(ascii: "0"))
        }
        return isNegative ? -value : value
    }
}
