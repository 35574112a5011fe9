// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport
internal import NIOCore

/// Where a session id may be in a value: only an object has one, as its member `sessionId`.
struct SessionObject {
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
    private var last: (value: Range<Int>, removal: Range<Int>)?

    /// The member `sessionId`, and what has to go with it; nil if there is none, or several: which would count is anybody's guess.
    var member: (value: Range<Int>, removal: Range<Int>)? { sessionIDCount == 1 ? last : nil }

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
                    // Goes with one comma: the one after it, or at the end the one before it.
                    let removal = goesOn ? nameStart..<scanner.index : (previousEnd ?? nameStart)..<value.upperBound
                    last = (value, removal)
                }
                previousEnd = value.upperBound
            } while goesOn
        }
        guard scanner.skip(UInt8(ascii: "}"), bytes) else { throw scanner.unexpected(bytes) }
        range = start..<scanner.index
    }
}

extension ByteBuffer {
    /// The bytes without those of a range, in storage of their own.
    func removing(_ range: Range<Int>) -> ByteBuffer {
        var result = ByteBuffer()
        result.reserveCapacity(readableBytes - range.count)
        result.writeImmutableBuffer(slice(0..<range.lowerBound))
        result.writeImmutableBuffer(slice(range.upperBound..<readableBytes))
        return result
    }
}
