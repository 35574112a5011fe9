// SPDX-License-Identifier: Apache-2.0
package import NIOCore

/// One JSON value, kept as the text it arrived in (RFC 8259).
///
/// The text has been checked, but nothing has been decoded: numbers keep every digit, objects keep their members' order, and
/// passing a value on costs no conversion. Look inside with ``kind``, the subscripts and ``string``, ``int``, ``double``, ``bool``,
/// ``array`` and ``members``, or turn it into your own type with ``decode(as:)``. Each of these reads the text anew; decode once
/// when you need many members.
///
/// Two values are equal when their texts are, white space inside and the order of members included.
///
/// A value received from a peer shares the memory of the whole message it came in.
public struct JSON: Sendable, Hashable, CustomStringConvertible {
    /// What a value is.
    public enum Kind: Sendable, Hashable {
        /// An object, `{…}`.
        case object
        /// An array, `[…]`.
        case array
        /// A string.
        case string
        /// A number.
        case number
        /// `true` or `false`.
        case bool
        /// `null`.
        case null
    }

    /// The text: one valid value without white space around it.
    package let buffer: ByteBuffer

    /// The value `null`.
    public static let null = JSON(validated: ByteBuffer(staticString: "null"))

    /// Wraps text known to be exactly one valid value without white space around it.
    package init(validated buffer: ByteBuffer) {
        self.buffer = buffer
    }

    /// Checks text and wraps it; the value shares the buffer's storage.
    package init(
        parsing buffer: ByteBuffer,
        depthLimit: Int = JSONScanner.defaultDepthLimit
    ) throws(JSONError) {
        let range = try JSONScanner.validate(buffer.readableBytesUInt8Span, depthLimit: depthLimit)
        self.init(validated: buffer.slice(range))
    }

    /// Checks text that came from somewhere else.
    ///
    /// - Parameter text: One JSON value of at most 64 levels; white space around it is dropped.
    /// - Throws: ``JSONError`` if the text is anything else.
    public init(parsing text: String) throws(JSONError) {
        try self.init(parsing: ByteBuffer(string: text))
    }

    /// Checks bytes that came from somewhere else.
    ///
    /// - Parameter bytes: One JSON value of at most 64 levels in UTF-8; white space around it is dropped.
    /// - Throws: ``JSONError`` if the bytes are anything else.
    public init(parsing bytes: some Sequence<UInt8>) throws(JSONError) {
        try self.init(parsing: ByteBuffer(bytes: bytes))
    }

    /// Encodes a value.
    ///
    /// Dates become ISO 8601 text, data becomes base64.
    ///
    /// - Parameter value: Anything that can be encoded.
    /// - Throws: `EncodingError`, for example for a number that is infinite or not a number.
    public init(encoding value: some Encodable) throws {
        var buffer = ByteBuffer()
        try encodeJSON(value, into: &buffer)
        self.init(validated: buffer)
    }

    /// What the value is.
    public var kind: Kind {
        switch firstByte {
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .bool
        case UInt8(ascii: "n"): .null
        default: .number
        }
    }

    /// The value's text, as it arrived.
    public var text: String { String(buffer: buffer) }

    /// The value's text.
    public var description: String { text }

    package var firstByte: UInt8 {
        buffer.getInteger(at: buffer.readerIndex) ?? 0
    }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    /// Creates a JSON string.
    public init(stringLiteral value: String) {
        var buffer = ByteBuffer()
        buffer.writeJSONString(value)
        self.init(validated: buffer)
    }

    /// Creates a number.
    public init(integerLiteral value: Int) {
        self.init(validated: ByteBuffer(string: String(value)))
    }

    /// Creates a number.
    public init(floatLiteral value: Double) {
        var buffer = ByteBuffer()
        // A literal beyond the range of `Double` is infinite; JSON has no such number.
        if !buffer.writeJSONNumber(value) { buffer.writeStaticString("null") }
        self.init(validated: buffer)
    }

    /// Creates `true` or `false`.
    public init(booleanLiteral value: Bool) {
        self.init(validated: ByteBuffer(staticString: value ? "true" : "false"))
    }

    /// Creates `null`.
    public init(nilLiteral: ()) {
        self = .null
    }

    /// Creates an array.
    public init(arrayLiteral elements: JSON...) {
        self.init(elements)
    }

    /// Creates an object with the members in the order given.
    public init(dictionaryLiteral members: (String, JSON)...) {
        self.init(members: members.map { (key: $0.0, value: $0.1) })
    }

    /// Creates an array.
    ///
    /// - Parameter elements: The elements in order.
    public init(_ elements: some Sequence<JSON>) {
        var buffer = ByteBuffer()
        var separator = UInt8(ascii: "[")
        for element in elements {
            buffer.writeInteger(separator)
            buffer.writeImmutableBuffer(element.buffer)
            separator = UInt8(ascii: ",")
        }
        if separator == UInt8(ascii: "[") { buffer.writeInteger(separator) }
        buffer.writeInteger(UInt8(ascii: "]"))
        self.init(validated: buffer)
    }

    /// Creates an object.
    ///
    /// - Parameter members: The members in order; names should differ.
    public init(members: some Sequence<(key: String, value: JSON)>) {
        var buffer = ByteBuffer()
        var separator = UInt8(ascii: "{")
        for (key, value) in members {
            buffer.writeInteger(separator)
            buffer.writeJSONString(key)
            buffer.writeInteger(UInt8(ascii: ":"))
            buffer.writeImmutableBuffer(value.buffer)
            separator = UInt8(ascii: ",")
        }
        if separator == UInt8(ascii: "{") { buffer.writeInteger(separator) }
        buffer.writeInteger(UInt8(ascii: "}"))
        self.init(validated: buffer)
    }
}
