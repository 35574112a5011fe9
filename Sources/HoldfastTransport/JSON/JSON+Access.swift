// SPDX-License-Identifier: Apache-2.0
internal import NIOCore

extension JSON {
    /// The value of a member, or nil if this is no object or has no such member.
    ///
    /// Where a name occurs twice the last one counts.
    ///
    /// - Parameter key: The member's name.
    public subscript(key: String) -> JSON? {
        var key = key
        return key.withUTF8 { wanted in
            var found: JSON?
            forEachMember { name, value in
                let text = name.content(in: buffer)
                if text.readableBytesView.elementsEqual(wanted) { found = JSON(validated: buffer.slice(value)) }
                return true
            }
            return found
        }
    }

    /// An element, or nil if this is no array or the array is shorter.
    ///
    /// - Parameter index: The element's place, from 0.
    public subscript(index: Int) -> JSON? {
        var found: JSON?
        var position = 0
        forEachElement { value in
            if position == index { found = JSON(validated: buffer.slice(value)) }
            position += 1
            return found == nil
        }
        return found
    }

    /// The elements, or nil if this is no array.
    public var array: [JSON]? {
        guard kind == .array else { return nil }
        var elements: [JSON] = []
        forEachElement { value in
            elements.append(JSON(validated: buffer.slice(value)))
            return true
        }
        return elements
    }

    /// The members in the order of the text, or nil if this is no object.
    public var members: [(key: String, value: JSON)]? {
        guard kind == .object else { return nil }
        var members: [(key: String, value: JSON)] = []
        forEachMember { name, value in
            members.append((name.string(in: buffer), JSON(validated: buffer.slice(value))))
            return true
        }
        return members
    }

    /// The same object without a member; anything else stays as it is.
    package func without(_ key: String) -> JSON {
        guard let members else { return self }
        return JSON(members: members.filter { $0.key != key })
    }

    /// The text of a string, or nil if this is none.
    public var string: String? {
        guard kind == .string else { return nil }
        var scanner = JSONScanner()
        return (try? scanner.skipString(buffer.readableBytesUInt8Span))?.string(in: buffer)
    }

    /// The number if it is whole and fits, or nil; `1`, `1.0` and `1e2` are whole.
    public var int: Int? {
        guard kind == .number else { return nil }
        let text = text
        return Int(text) ?? JSONNumber(buffer.readableBytesView)?.integer
    }

    /// The number as the nearest floating-point number, or nil if this is no number or beyond the range.
    public var double: Double? {
        guard kind == .number, let value = Double(text), value.isFinite else { return nil }
        return value
    }

    /// The truth value, or nil if this is none.
    public var bool: Bool? {
        kind == .bool ? firstByte == UInt8(ascii: "t") : nil
    }

    /// Whether the value is `null`.
    public var isNull: Bool { kind == .null }

    /// Calls a function with each member's name and value range until it returns false.
    private func forEachMember(_ body: (JSONScanner.StringRange, Range<Int>) -> Bool) {
        guard kind == .object else { return }
        let bytes = buffer.readableBytesUInt8Span
        // The text was checked under its own limit when this value was made.
        var scanner = JSONScanner(depthLimit: .max)
        do throws(JSONError) {
            try scanner.enter(bytes, depth: 0)
            guard scanner.peek(bytes) != UInt8(ascii: "}") else { return }
            while true {
                let name = try scanner.skipName(bytes)
                guard body(name, try scanner.skipValue(bytes)), scanner.skipSeparator(bytes) else { return }
            }
        } catch {
            assertionFailure("unchecked JSON text: \(error)")
        }
    }

    /// Calls a function with each element's range until it returns false.
    private func forEachElement(_ body: (Range<Int>) -> Bool) {
        guard kind == .array else { return }
        let bytes = buffer.readableBytesUInt8Span
        var scanner = JSONScanner(depthLimit: .max)
        do throws(JSONError) {
            try scanner.enter(bytes, depth: 0)
            guard scanner.peek(bytes) != UInt8(ascii: "]") else { return }
            while true {
                guard body(try scanner.skipValue(bytes)), scanner.skipSeparator(bytes) else { return }
            }
        } catch {
            assertionFailure("unchecked JSON text: \(error)")
        }
    }
}
