// SPDX-License-Identifier: Apache-2.0
import Foundation
import NIOCore
import Testing

@testable import HoldfastTransport

@Suite("JSON scanner against Foundation")
struct JSONScannerDifferentialTests {
    private func foundationAccepts(_ bytes: [UInt8]) -> Bool {
        // Foundation takes half a character for broken, RFC 8259 §8.2 does not.
        let text = ByteBuffer(bytes: bytes)
        let data = Data((text.replacingLoneSurrogates() ?? text).readableBytesView)
        return (try? JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)) != nil
    }

    /// Whether the scanner is stricter here than Foundation on purpose.
    private func isStricter(_ bytes: [UInt8]) -> Bool {
        guard let error = JSONScanner.reason(bytes) else { return false }
        switch error.reason {
        case .byteOrderMark, .tooDeep, .invalidUTF8:
            return true
        case .unexpectedByte(UInt8(ascii: "]")), .unexpectedByte(UInt8(ascii: "}")):
            // Foundation allows a comma before the end.
            return bytes[..<error.offset].last { !" \t\r\n".utf8.contains($0) } == UInt8(ascii: ",")
        default:
            // Foundation guesses UTF-16 and UTF-32 from zero bytes; RFC 8259 §8.1 knows only UTF-8.
            return bytes.prefix(4).contains(0)
        }
    }

    /// Whether a value holds a number no `Double` can hold, which Foundation refuses and RFC 8259 §6 allows.
    private func hasHugeNumber(_ value: JSON) -> Bool {
        switch value.kind {
        case .number: value.double == nil
        case .array: value.array?.contains { hasHugeNumber($0) } ?? false
        case .object: value.members?.contains { hasHugeNumber($0.value) } ?? false
        default: false
        }
    }

    @Test("Generated texts are accepted by both", arguments: 0..<8 as Range<UInt64>)
    func agreesOnValidTexts(seed: UInt64) {
        var generator = JSONTextGenerator(seed: seed)
        for _ in 0..<500 {
            let bytes = generator.text()
            #expect(JSONScanner.accepts(bytes), "\(String(decoding: bytes, as: UTF8.self))")
            #expect(foundationAccepts(bytes), "\(String(decoding: bytes, as: UTF8.self))")
        }
    }

    @Test("Damaged texts get the same verdict, except for known differences", arguments: 0..<8 as Range<UInt64>)
    func agreesOnDamagedTexts(seed: UInt64) {
        var generator = JSONTextGenerator(seed: 1000 + seed)
        var refused = 0
        for _ in 0..<2500 {
            let bytes = generator.damagedText()
            let value = try? JSON(parsing: bytes)
            if value == nil { refused += 1 }
            guard (value != nil) != foundationAccepts(bytes), !isStricter(bytes) else { continue }
            if let value, hasHugeNumber(value) { continue }
            Issue.record(
                "scanner \(value == nil ? "refuses" : "accepts") \(String(decoding: bytes, as: UTF8.self).debugDescription)"
            )
        }
        // The corpus must hold both kinds.
        #expect((500..<2400).contains(refused))
    }

    @Test("What Foundation writes the scanner accepts, and values come back the same")
    func agreesOnValues() throws {
        var generator = JSONTextGenerator(seed: 42)
        for _ in 0..<300 {
            let bytes = generator.text()
            let json = try JSON(parsing: bytes)
            let options: JSONSerialization.ReadingOptions = .fragmentsAllowed
            let ours = try JSONSerialization.jsonObject(with: Data(json.text.utf8), options: options)
            let theirs = try JSONSerialization.jsonObject(with: Data(bytes), options: options)
            #expect((ours as? NSObject) == (theirs as? NSObject))
            guard let object = theirs as? NSDictionary else { continue }
            let members = try #require(json.members)
            #expect(Set(members.map(\.key)) == Set(object.allKeys.compactMap { $0 as? String }))
            for (key, value) in members {
                if let string = object[key] as? String { #expect(value.string == string) }
                #expect(json[key] == value)
            }
        }
    }

    @Test("A text cut anywhere is refused, unless what is left is a number of its own")
    func refusesTruncation() throws {
        var generator = JSONTextGenerator(seed: 7)
        for _ in 0..<200 {
            let bytes = generator.text()
            let whole = try JSONScanner.validate(ByteBuffer(bytes: bytes).readableBytesUInt8Span)
            for end in 0..<bytes.count {
                let cut = Array(bytes[..<end])
                let isPartOfNumber =
                    bytes[whole.lowerBound] <= UInt8(ascii: "9") && bytes[whole.lowerBound] != UInt8(ascii: "\"")
                guard end < whole.upperBound, !isPartOfNumber else { continue }
                #expect(!JSONScanner.accepts(cut), "\(String(decoding: cut, as: UTF8.self))")
            }
        }
    }

    @Test("No bytes at all make the scanner or the readers trap")
    func survivesNoise() {
        var random = SeededGenerator(seed: 99)
        let alphabet =
            Array("{}[]\",:\\u0d8Cenrtfals1-.+E \n".utf8) + [
                0x00, 0x1F, 0x80, 0xBF, 0xC2, 0xE2, 0xED, 0xEF, 0xF0, 0xF4, 0xFF,
            ]
        var accepted = 0
        for _ in 0..<30_000 {
            let bytes = (0..<Int.random(in: 0..<24, using: &random)).compactMap { _ in
                alphabet.randomElement(using: &random)
            }
            let buffer = ByteBuffer(bytes: bytes)
            if let json = try? JSON(parsing: buffer) {
                accepted += 1
                _ = (
                    json.kind, json.string, json.int, json.double, json.bool, json.array, json.members, json["a"],
                    json[0]
                )
            }
            _ = try? JSONStringArray.decode(buffer, allowsBareString: true)
            var escaped = ByteBuffer()
            escaped.writeJSONString(buffer, style: .sockJS)
            escaped.clear()
            escaped.writeJSONString(buffer, style: .plain)
        }
        #expect(accepted > 100)
    }
}
