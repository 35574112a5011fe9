// SPDX-License-Identifier: Apache-2.0
package import NIOCore

extension ByteBuffer {
    /// Writes UTF-8 text as a quoted string that is the same in JSON and in a script, and harmless inside a page.
    ///
    /// `<`, `>` and `&` are escaped because a page's parser looks for them inside a script too, U+2028 and U+2029 because older
    /// script engines take them for line ends.
    package mutating func writeScriptString(_ text: ByteBufferView) {
        reserveCapacity(minimumWritableBytes: text.count + text.count / 8 + 2)
        writeInteger(UInt8(ascii: "\""))
        var copied = text.startIndex
        var index = text.startIndex
        while index < text.endIndex {
            let byte = text[index]
            let length: Int
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"),
                0..<0x20:
                length = 1
            case 0xe2 where Self.isLineSeparator(text[index...]):
                length = 3
            default:
                index += 1
                continue
            }
            writeBytes(text[copied..<index])
            writeScriptEscape(byte, last: text[index + length - 1])
            index += length
            copied = index
        }
        writeBytes(text[copied...])
        writeInteger(UInt8(ascii: "\""))
    }

    /// U+2028 is E2 80 A8, U+2029 is E2 80 A9.
    private static func isLineSeparator(_ text: ByteBufferView.SubSequence) -> Bool {
        let bytes = text.prefix(3)
        return bytes.elementsEqual([0xe2, 0x80, 0xa8]) || bytes.elementsEqual([0xe2, 0x80, 0xa9])
    }

    private mutating func writeScriptEscape(_ byte: UInt8, last: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): writeStaticString("\\\"")
        case UInt8(ascii: "\\"): writeStaticString("\\\\")
        case UInt8(ascii: "\n"): writeStaticString("\\n")
        case UInt8(ascii: "\r"): writeStaticString("\\r")
        case UInt8(ascii: "\t"): writeStaticString("\\t")
        case 0x08: writeStaticString("\\b")
        case 0x0c: writeStaticString("\\f")
        case 0xe2: writeStaticString(last == 0xa8 ? "\\u2028" : "\\u2029")
        default:
            let digits: StaticString = "0123456789abcdef"
            writeStaticString("\\u00")
            digits.withUTF8Buffer { digits in
                _ = writeInteger(digits[Int(byte >> 4)])
                _ = writeInteger(digits[Int(byte & 15)])
            }
        }
    }
}
