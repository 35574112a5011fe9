// SPDX-License-Identifier: Apache-2.0
import Foundation
import NIOCore
import Testing

@testable import HoldfastTransport

@Suite("JSON string literals")
struct JSONStringTests {
    private func literal(_ text: String, _ style: JSONStringStyle = .plain) -> String {
        var buffer = ByteBuffer()
        buffer.writeJSONString(text, style: style)
        return String(buffer: buffer)
    }

    @Test("Only what must be escaped is escaped in the plain style")
    func writesPlain() {
        #expect(literal("") == "\"\"")
        #expect(literal("plain / text") == "\"plain / text\"")
        #expect(literal("\"\\") == #""\"\\""#)
        #expect(literal("\u{8}\t\n\u{C}\r") == #""\b\t\n\f\r""#)
        #expect(literal("\u{0}\u{1}\u{B}\u{1F}") == #""\u0000\u0001\u000b\u001f""#)
        #expect(literal("\u{7F}é日😀\u{2028}\u{FFFF}") == "\"\u{7F}é日😀\u{2028}\u{FFFF}\"")
    }

    @Test("Every control character is escaped as JavaScript escapes it")
    func writesControlCharacters() {
        let short: [UInt8: String] = [8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r"]
        for code in UInt8(0)..<0x20 {
            let expected = short[code] ?? "\\u00" + (code < 16 ? "0" : "") + String(code, radix: 16)
            for style in [JSONStringStyle.plain, .sockJS] {
                #expect(literal("a\(Unicode.Scalar(code))b", style) == "\"a\(expected)b\"")
            }
        }
    }

    @Test("The SockJS style escapes exactly its ranges, in lower-case hexadecimal")
    func writesSockJS() {
        let ranges: [ClosedRange<UInt32>] = [0x200C...0x200F, 0x2028...0x202F, 0x2060...0x206F, 0xFFF0...0xFFFF]
        for value in UInt32(0x20)...0xFFFF {
            guard let scalar = Unicode.Scalar(value), scalar != "\"", scalar != "\\" else { continue }
            let hex = "0000" + String(value, radix: 16)
            let expected = ranges.contains { $0.contains(value) } ? "\\u\(hex.suffix(4))" : String(scalar)
            #expect(literal(String(scalar), .sockJS) == "\"\(expected)\"")
        }
    }

    @Test("Characters beyond U+FFFF become two escapes in the SockJS style")
    func writesSurrogatePairs() {
        #expect(literal("😀", .sockJS) == #""\ud83d\ude00""#)
        #expect(literal("\u{10000}", .sockJS) == #""\ud800\udc00""#)
        #expect(literal("\u{10FFFF}", .sockJS) == #""\udbff\udfff""#)
        #expect(literal("a😀é\u{200C}b", .sockJS) == #""a\ud83d\ude00é\u200cb""#)
    }

    @Test("Whatever is written reads back, in both styles")
    func roundTrips() throws {
        var random = SeededGenerator(seed: 3)
        let alphabet = Array(
            "ab\"\\/\u{0}\u{1F}\n\u{7F}é\u{200B}\u{200C}\u{2028}日\u{FFEF}\u{FFF0}\u{FFFF}😀\u{10FFFF}".unicodeScalars
        )
        for _ in 0..<2000 {
            var text = ""
            for _ in 0..<Int.random(in: 0..<40, using: &random) {
                text.unicodeScalars.append(try #require(alphabet.randomElement(using: &random)))
            }
            for style in [JSONStringStyle.plain, .sockJS] {
                let json = try JSON(parsing: literal(text, style))
                #expect(json.string.map { Array($0.utf8) } == Array(text.utf8))
                #expect(try JSONDecoder().decode([String].self, from: Data("[\(json)]".utf8)) == [text])
            }
        }
    }

    @Test("Text that is not UTF-8 is written without harm")
    func survivesInvalidUTF8() {
        for bytes in [
            [0xF0], [0xF0, 0x9F], [0xE2, 0x80], [0xEF], [0xFF, 0xFF, 0xFF, 0xFF], [0xF0, 0x80, 0x80, 0x80],
        ] as [[UInt8]] {
            var buffer = ByteBuffer()
            buffer.writeJSONString(ByteBuffer(bytes: bytes), style: .sockJS)
            #expect(buffer.readableBytes >= bytes.count + 2)
        }
    }

    @Test("Every escape is read, also in upper case; a lone surrogate becomes U+FFFD")
    func unescapes() throws {
        let expected: [(String, String)] = [
            (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u0041\u00E9\u65e5""#, "Aé日"),
            (#""\uD83D\uDE00!""#, "😀!"),
            (#""\uFEFF\ufffe\uFFFF""#, "\u{FEFF}\u{FFFE}\u{FFFF}"), (#""\\u0041""#, "\\u0041"),
            (#""\uD800""#, "\u{FFFD}"),
            (#""\uD800\uD800\uDC00""#, "\u{FFFD}\u{10000}"), (#""a\uDC00b""#, "a\u{FFFD}b"),
            (#""\uD800\u0041""#, "\u{FFFD}A"),
            (#""\u0000""#, "\u{0}"), (#""no escape""#, "no escape"), (#""end\\""#, "end\\"),
        ]
        for (literal, text) in expected {
            let buffer = ByteBuffer(string: literal)
            var scanner = JSONScanner()
            let range = try scanner.skipString(buffer.readableBytesUInt8Span)
            #expect(range.string(in: buffer) == text)
            #expect(range.content(in: buffer) == ByteBuffer(string: text))
            #expect(range.isEscaped == literal.contains("\\"))
        }
    }
}
