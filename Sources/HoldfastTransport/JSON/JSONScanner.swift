// SPDX-License-Identifier: Apache-2.0

/// A strict, iterative validator of JSON text (RFC 8259) that reports where values lie instead of building them.
///
/// The scanner is a cursor; every call names the same bytes and moves it on. All reads are bounds-checked, nothing recurses, and a
/// text of n bytes costs O(n) time and, within the usual depth limit, no allocation.
package struct JSONScanner: Sendable {
    /// A string literal found in the text.
    package struct StringRange: Sendable {
        /// The bytes between the quotes.
        package let content: Range<Int>
        /// Whether the content holds a backslash; if not, it is the string's UTF-8 as it stands.
        package let isEscaped: Bool
        /// The whole literal, with its quotes.
        package var literal: Range<Int> { content.lowerBound - 1..<content.upperBound + 1 }
    }

    /// The levels of arrays and objects a text may have unless told otherwise.
    package static let defaultDepthLimit = 64

    /// The next byte to read, counted from the start of the text.
    package private(set) var index = 0

    private let depthLimit: Int

    /// Creates a scanner at the start of a text.
    ///
    /// - Parameter depthLimit: The most levels of arrays and objects; `[]` is one level, `1` none.
    package init(depthLimit: Int = Self.defaultDepthLimit) {
        self.depthLimit = depthLimit
    }

    /// Checks that a text is exactly one JSON value and finds it between the white space.
    ///
    /// - Returns: The bytes of the value.
    package static func validate(
        _ bytes: borrowing Span<UInt8>,
        depthLimit: Int = Self.defaultDepthLimit
    ) throws(JSONError) -> Range<Int> {
        var scanner = JSONScanner(depthLimit: depthLimit)
        try scanner.begin(bytes)
        let range = try scanner.skipValue(bytes)
        try scanner.end(bytes)
        return range
    }

    /// Refuses a byte order mark and moves to the first byte of the value.
    package mutating func begin(_ bytes: borrowing Span<UInt8>) throws(JSONError) {
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF {
            throw JSONError(.byteOrderMark, at: 0)
        }
        skipWhitespace(bytes)
    }

    /// Checks that nothing but white space is left.
    package mutating func end(_ bytes: borrowing Span<UInt8>) throws(JSONError) {
        skipWhitespace(bytes)
        guard index == bytes.count else { throw JSONError(.trailingBytes, at: index) }
    }

    /// The next byte, not consumed; nil at the end.
    package func peek(_ bytes: borrowing Span<UInt8>) -> UInt8? {
        index < bytes.count ? bytes[index] : nil
    }

    /// Moves over white space.
    package mutating func skipWhitespace(_ bytes: borrowing Span<UInt8>) {
        index = Self.afterWhitespace(bytes, index)
    }

    /// Consumes one byte if it is the one given.
    package mutating func skip(_ byte: UInt8, _ bytes: borrowing Span<UInt8>) -> Bool {
        guard index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    /// Consumes a comma between two members or elements and the white space around it; false if there is none.
    package mutating func skipSeparator(_ bytes: borrowing Span<UInt8>) -> Bool {
        skipWhitespace(bytes)
        guard skip(UInt8(ascii: ","), bytes) else { return false }
        skipWhitespace(bytes)
        return true
    }

    /// The error for the byte at the cursor, or for the end of the text.
    package func unexpected(_ bytes: borrowing Span<UInt8>) -> JSONError {
        Self.unexpected(bytes, index)
    }

    /// Reads a member's name and the colon, and stops at the first byte of its value.
    package mutating func skipName(_ bytes: borrowing Span<UInt8>) throws(JSONError) -> StringRange {
        let name = try skipString(bytes)
        skipWhitespace(bytes)
        guard skip(UInt8(ascii: ":"), bytes) else { throw unexpected(bytes) }
        skipWhitespace(bytes)
        return name
    }

    /// Consumes the bracket or brace at the cursor and the white space after it, one level below `depth` others.
    package mutating func enter(_ bytes: borrowing Span<UInt8>, depth: Int) throws(JSONError) {
        guard depth < depthLimit else { throw JSONError(.tooDeep(limit: depthLimit), at: index) }
        index += 1
        skipWhitespace(bytes)
    }

    /// Reads a string literal that starts at the cursor.
    package mutating func skipString(_ bytes: borrowing Span<UInt8>) throws(JSONError) -> StringRange {
        guard skip(UInt8(ascii: "\""), bytes) else { throw unexpected(bytes) }
        let start = index
        let (end, isEscaped) = try stringEnd(bytes, start)
        index = end + 1
        return StringRange(content: start..<end, isEscaped: isEscaped)
    }

    /// Reads the value that starts at the cursor, whatever it is and holds.
    ///
    /// - Parameters:
    ///   - bytes: The text.
    ///   - depth: The levels already open around the value.
    /// - Returns: The bytes of the value, without white space around it.
    @discardableResult
    package mutating func skipValue(
        _ bytes: borrowing Span<UInt8>,
        depth: Int = 0
    ) throws(JSONError) -> Range<Int> {
        let start = index
        var position = start
        var nesting = JSONNesting()
        repeat {
            // A value starts here.
            guard position < bytes.count else { throw JSONError(.unexpectedEnd, at: position) }
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position = try stringEnd(bytes, position + 1).end + 1
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                position = try Self.numberEnd(bytes, position)
            case UInt8(ascii: "{"):
                try open(object: true, &nesting, outer: depth, at: position)
                position = Self.afterWhitespace(bytes, position + 1)
                guard position < bytes.count, bytes[position] == UInt8(ascii: "}") else {
                    position = try afterName(bytes, position)
                    continue
                }
                nesting.pop()
                position += 1
            case UInt8(ascii: "["):
                try open(object: false, &nesting, outer: depth, at: position)
                position = Self.afterWhitespace(bytes, position + 1)
                guard position < bytes.count, bytes[position] == UInt8(ascii: "]") else { continue }
                nesting.pop()
                position += 1
            case UInt8(ascii: "t"):
                position = try Self.literalEnd("true", bytes, position)
            case UInt8(ascii: "f"):
                position = try Self.literalEnd("false", bytes, position)
            case UInt8(ascii: "n"):
                position = try Self.literalEnd("null", bytes, position)
            default:
                throw JSONError(.unexpectedByte(bytes[position]), at: position)
            }
            // A value has ended: close what ends with it, or go on to the next one.
            while nesting.depth > 0 {
                position = Self.afterWhitespace(bytes, position)
                guard position < bytes.count else { throw JSONError(.unexpectedEnd, at: position) }
                let byte = bytes[position]
                if byte == UInt8(ascii: ",") {
                    position = Self.afterWhitespace(bytes, position + 1)
                    if nesting.isInObject { position = try afterName(bytes, position) }
                    break
                }
                guard byte == (nesting.isInObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                    throw JSONError(.unexpectedByte(byte), at: position)
                }
                nesting.pop()
                position += 1
            }
        } while nesting.depth > 0
        index = position
        return start..<position
    }
}

extension JSONScanner {
    private func open(
        object: Bool,
        _ nesting: inout JSONNesting,
        outer: Int,
        at position: Int
    ) throws(JSONError) {
        guard outer + nesting.depth < depthLimit else { throw JSONError(.tooDeep(limit: depthLimit), at: position) }
        nesting.push(object: object)
    }

    private func afterName(_ bytes: borrowing Span<UInt8>, _ start: Int) throws(JSONError) -> Int {
        guard start < bytes.count, bytes[start] == UInt8(ascii: "\"") else { throw Self.unexpected(bytes, start) }
        let colon = Self.afterWhitespace(bytes, try stringEnd(bytes, start + 1).end + 1)
        guard colon < bytes.count, bytes[colon] == UInt8(ascii: ":") else { throw Self.unexpected(bytes, colon) }
        return Self.afterWhitespace(bytes, colon + 1)
    }

    /// Finds the closing quote of a string whose content starts at `start`.
    private func stringEnd(
        _ bytes: borrowing Span<UInt8>,
        _ start: Int
    ) throws(JSONError) -> (end: Int, isEscaped: Bool) {
        var position = start
        var isEscaped = false
        while true {
            position = JSONBytes.afterPlain(bytes, position)
            guard position < bytes.count else { throw JSONError(.unexpectedEnd, at: position) }
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") { return (position, isEscaped) }
            if byte == UInt8(ascii: "\\") {
                isEscaped = true
                position = try escapeEnd(bytes, position)
            } else if byte >= 0x80 {
                // Text in other scripts comes in runs.
                repeat {
                    let length = JSONBytes.scalarLength(bytes, position)
                    guard length > 0 else { throw JSONError(.invalidUTF8, at: position) }
                    position += length
                } while position < bytes.count && bytes[position] >= 0x80
            } else {
                throw JSONError(.controlCharacter(byte), at: position)
            }
        }
    }

    /// Finds the end of the escape whose backslash is at `start`.
    ///
    /// A surrogate needs no partner: alone it is grammar too, and cut JavaScript strings are sent that way (RFC 8259 §8.2).
    private func escapeEnd(_ bytes: borrowing Span<UInt8>, _ start: Int) throws(JSONError) -> Int {
        guard start + 1 < bytes.count else { throw JSONError(.unexpectedEnd, at: bytes.count) }
        switch bytes[start + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return start + 2
        case UInt8(ascii: "u"):
            guard start + 6 <= bytes.count else { throw JSONError(.unexpectedEnd, at: bytes.count) }
            guard JSONBytes.hexUnit(bytes, start + 2) != nil else { throw JSONError(.invalidEscape, at: start) }
            return start + 6
        default:
            throw JSONError(.invalidEscape, at: start)
        }
    }

    private static func numberEnd(_ bytes: borrowing Span<UInt8>, _ start: Int) throws(JSONError) -> Int {
        var position = bytes[start] == UInt8(ascii: "-") ? start + 1 : start
        if position < bytes.count, bytes[position] == UInt8(ascii: "0") {
            position += 1
        } else {
            position = try digitsEnd(bytes, position)
        }
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position = try digitsEnd(bytes, position + 1)
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
                position += 1
            }
            position = try digitsEnd(bytes, position)
        }
        // "01" and "1x" would otherwise be reported as something wrong after the number.
        if position < bytes.count, JSONBytes.continuesNumber(bytes[position]) {
            throw JSONError(.invalidNumber, at: position)
        }
        return position
    }

    private static func digitsEnd(_ bytes: borrowing Span<UInt8>, _ start: Int) throws(JSONError) -> Int {
        var position = start
        while position < bytes.count, bytes[position] &- UInt8(ascii: "0") <= 9 { position += 1 }
        guard position > start else {
            throw JSONError(position < bytes.count ? .invalidNumber : .unexpectedEnd, at: position)
        }
        return position
    }

    private static func literalEnd(
        _ literal: StaticString,
        _ bytes: borrowing Span<UInt8>,
        _ start: Int
    ) throws(JSONError) -> Int {
        let expected = literal.utf8Start
        for offset in 0..<literal.utf8CodeUnitCount {
            guard start + offset < bytes.count, bytes[start + offset] == expected[offset] else {
                throw unexpected(bytes, start + offset)
            }
        }
        return start + literal.utf8CodeUnitCount
    }

    private static func afterWhitespace(_ bytes: borrowing Span<UInt8>, _ start: Int) -> Int {
        var position = start
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return position
            }
        }
        return position
    }

    private static func unexpected(_ bytes: borrowing Span<UInt8>, _ position: Int) -> JSONError {
        position < bytes.count
            ? JSONError(.unexpectedByte(bytes[position]), at: position)
            : JSONError(.unexpectedEnd, at: bytes.count)
    }
}
