// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport
internal import NIOCore

/// A value that may carry a session id: the parameters of a call, or the result of an answer.
///
/// Only an object has one, as its member `sessionId`; whoever handles the value does not get to see that member.
struct SessionObject {
    /// What the `sessionId` member holds.
    enum SessionID: Equatable {
        /// Nothing, or null.
        case none
        /// A session id.
        case valid(String)
        /// Something that cannot be one.
        case invalid
    }

    /// The whole value.
    let range: Range<Int>
    /// Whether the value is null.
    let isNull: Bool
    /// Whether the value is an object.
    private(set) var isObject = false
    /// The number of members, the session id included.
    private(set) var count = 0
    /// The number of members named `sessionId`.
    private(set) var sessionIDCount = 0
    private var member: Range<Int>?
    private var removal: Range<Int>?

    /// Reads the value at the cursor, whatever it is.
    init(_ bytes: borrowing Span<UInt8>, _ scanner: inout JSONScanner, depth: Int) throws(JSONError) {
        let first = scanner.peek(bytes)
        isNull = first == UInt8(ascii: "n")
        guard first == UInt8(ascii: "{") else {
            range = try scanner.skipValue(bytes, depth: depth)
            return
        }
        let start = scanner.index
        isObject = true
        try scanner.enter(bytes, depth: depth)
        if scanner.peek(bytes) != UInt8(ascii: "}") {
            var previousEnd: Int?
            var goesOn = true
            repeat {
                let nameStart = scanner.index
                let name = try scanner.skipName(bytes)
                let value = try scanner.skipValue(bytes, depth: depth + 1)
                goesOn = scanner.skipSeparator(bytes)
                count += 1
                if name.equals("sessionId", in: bytes) {
                    sessionIDCount += 1
                    member = value
                    // Goes with one comma: the one after it, or at the end the one before it.
                    removal = goesOn ? nameStart..<scanner.index : (previousEnd ?? nameStart)..<value.upperBound
                }
                previousEnd = value.upperBound
            } while goesOn
        }
        guard scanner.skip(UInt8(ascii: "}"), bytes) else { throw scanner.unexpected(bytes) }
        range = start..<scanner.index
    }
}

extension SessionObject {
    /// Reads the session id as Kurento does: a string, a number as its text, or an array of one of these; null counts as absent.
    func sessionID(in message: ByteBuffer) -> SessionID {
        guard let member else { return .none }
        // Which of several would count is anybody's guess.
        guard sessionIDCount == 1 else { return .invalid }
        let value = JSON(validated: message.slice(member))
        switch value.kind {
        case .null: return .none
        case .array:
            guard let elements = value.array, elements.count == 1 else { return .invalid }
            return Self.text(of: elements[0])
        default: return Self.text(of: value)
        }
    }

    private static func text(of value: JSON) -> SessionID {
        if let string = value.string { return .valid(string) }
        return value.kind == .number ? .valid(value.text) : .invalid
    }

    /// The value without its session id; shares the message's storage if there is none.
    func stripped(from message: ByteBuffer) -> ByteBuffer {
        guard let removal else { return message.slice(range) }
        var result = ByteBuffer()
        result.reserveCapacity(range.count - removal.count)
        result.writeImmutableBuffer(message.slice(range.lowerBound..<removal.lowerBound))
        result.writeImmutableBuffer(message.slice(removal.upperBound..<range.upperBound))
        return result
    }
}
