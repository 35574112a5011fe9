// SPDX-License-Identifier: Apache-2.0
package import NIOCore

/// The reason a SockJS payload is refused.
package enum JSONStringArrayError: Error, Sendable, Hashable {
    /// Nothing was sent.
    case empty
    /// Valid JSON, but not an array (nor a string where that is allowed).
    case notArray
    /// Not valid JSON.
    case broken(JSONError)
    /// An array with something else than strings in it.
    case nonStringMember
    /// More strings than the limit.
    case tooManyMessages(limit: Int)
    /// A string of more bytes than the limit.
    case messageTooLong(limit: Int)
}

/// The payloads of SockJS clients: JSON arrays of strings.
package enum JSONStringArray {
    /// Reads the strings of a payload.
    ///
    /// Strings without escapes share the payload's storage, those with escapes share one new buffer. A lone surrogate becomes U+FFFD.
    ///
    /// - Parameters:
    ///   - payload: The bytes sent.
    ///   - allowsBareString: Whether `"text"` counts as `["text"]`, as over WebSocket.
    ///   - countLimit: The most strings.
    ///   - byteLimit: The most bytes of one string, as UTF-8 after unescaping.
    /// - Returns: The strings as UTF-8.
    package static func decode(
        _ payload: ByteBuffer,
        allowsBareString: Bool = false,
        countLimit: Int = .max,
        byteLimit: Int = .max
    ) throws(JSONStringArrayError) -> [ByteBuffer] {
        guard payload.readableBytes > 0 else { throw .empty }
        let found: Result<[JSONScanner.StringRange], JSONStringArrayError>
        do throws(JSONError) {
            found = try scan(payload.readableBytesUInt8Span, allowsBareString, countLimit)
        } catch {
            throw .broken(error)
        }
        return try texts(of: found.get(), in: payload, byteLimit)
    }

    private static func scan(
        _ bytes: borrowing Span<UInt8>,
        _ allowsBareString: Bool,
        _ countLimit: Int
    ) throws(JSONError) -> Result<[JSONScanner.StringRange], JSONStringArrayError> {
        var scanner = JSONScanner()
        try scanner.begin(bytes)
        switch scanner.peek(bytes) {
        case UInt8(ascii: "["):
            break
        case UInt8(ascii: "\"") where allowsBareString:
            let string = try scanner.skipString(bytes)
            try scanner.end(bytes)
            return countLimit < 1 ? .failure(.tooManyMessages(limit: countLimit)) : .success([string])
        default:
            try scanner.skipValue(bytes)
            try scanner.end(bytes)
            return .failure(.notArray)
        }
        try scanner.enter(bytes, depth: 0)
        var strings: [JSONScanner.StringRange] = []
        var hasOthers = false
        if scanner.peek(bytes) != UInt8(ascii: "]") {
            repeat {
                if scanner.peek(bytes) == UInt8(ascii: "\"") {
                    guard strings.count < countLimit else { return .failure(.tooManyMessages(limit: countLimit)) }
                    strings.append(try scanner.skipString(bytes))
                } else {
                    // Whether the whole is valid JSON decides which error this is.
                    try scanner.skipValue(bytes, depth: 1)
                    hasOthers = true
                }
            } while scanner.skipSeparator(bytes)
        }
        guard scanner.skip(UInt8(ascii: "]"), bytes) else { throw scanner.unexpected(bytes) }
        try scanner.end(bytes)
        return hasOthers ? .failure(.nonStringMember) : .success(strings)
    }

    private static func texts(
        of strings: [JSONScanner.StringRange],
        in payload: ByteBuffer,
        _ byteLimit: Int
    ) throws(JSONStringArrayError) -> [ByteBuffer] {
        // Unescaped text goes one behind the other and is cut up once the buffer no longer moves.
        var unescaped = ByteBuffer()
        var ranges: [Range<Int>] = []
        ranges.reserveCapacity(strings.count)
        for string in strings {
            var range = string.content
            if string.isEscaped {
                let start = unescaped.readableBytes
                unescaped.writeJSONUnescaped(payload.readableBytesUInt8Span, string.content)
                range = start..<unescaped.readableBytes
            }
            guard range.count <= byteLimit else { throw .messageTooLong(limit: byteLimit) }
            ranges.append(range)
        }
        return zip(strings, ranges).map { string, range in (string.isEscaped ? unescaped : payload).slice(range) }
    }
}

/// Writes the SockJS frame that carries messages, `a["…","…"]`.
///
/// - Parameters:
///   - messages: The messages, valid UTF-8.
///   - buffer: Where the frame goes.
package func writeSockJSArrayFrame(_ messages: [ByteBuffer], into buffer: inout ByteBuffer) {
    // With a few bytes for what a transport puts around the frame.
    var size = 16
    for message in messages { size += message.readableBytes + 3 }
    buffer.reserveCapacity(minimumWritableBytes: size)
    buffer.writeStaticString("a[")
    var isFirst = true
    for message in messages {
        if !isFirst { buffer.writeInteger(UInt8(ascii: ",")) }
        isFirst = false
        buffer.writeJSONString(message, style: .sockJS)
    }
    buffer.writeInteger(UInt8(ascii: "]"))
}
