// SPDX-License-Identifier: Apache-2.0
import NIOCore

@testable import HoldfastTransport

/// A small generator with a fixed sequence, so that a failing case can be repeated (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// Makes random JSON texts, valid ones and damaged ones.
struct JSONTextGenerator {
    var random: SeededGenerator

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
    }

    /// A valid text with white space in all the places that allow it.
    mutating func text() -> [UInt8] {
        Array((space() + value(levels: 5) + space()).utf8)
    }

    /// A text with up to three bytes changed, inserted, removed or copied.
    mutating func damagedText() -> [UInt8] {
        var bytes = text()
        for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.remove(at: place)
            case 2: bytes.insert(pick(Array("{}[]\",:\\ue0129-+.tfn \u{0}\n".utf8)), at: place)
            case 3: bytes.removeSubrange(place...)
            default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 4)], at: place)
            }
        }
        return bytes
    }

    private mutating func pick<T>(_ values: [T]) -> T {
        values[Int.random(in: 0..<values.count, using: &random)]
    }

    private mutating func space() -> String {
        Bool.random(using: &random) ? "" : pick([" ", "\n", "\r\n", "\t", "  "])
    }

    private mutating func value(levels: Int) -> String {
        switch Int.random(in: 0..<(levels > 0 ? 8 : 5), using: &random) {
        case 0: return pick(["true", "false", "null"])
        case 1, 2: return number()
        case 3, 4: return string()
        case 5: return list("[", "]") { $0.value(levels: levels - 1) }
        default:
            // A counter keeps names different: duplicates are told apart elsewhere.
            var names = 0
            return list("{", "}") { generator in
                names += 1
                let name = "\"\(names)\(generator.string().dropFirst())"
                return name + generator.space() + ":" + generator.space() + generator.value(levels: levels - 1)
            }
        }
    }

    private mutating func list(_ open: String, _ close: String, _ element: (inout Self) -> String) -> String {
        var text = open + space()
        for index in 0..<Int.random(in: 0..<5, using: &random) {
            if index > 0 { text += "," + space() }
            text += element(&self) + space()
        }
        return text + close
    }

    private mutating func number() -> String {
        pick([
            "0", "-0", "1", "-1", "10", "123456789", "9007199254740993", "0.5", "-3.25", "1e3", "1E+3", "2e-7",
            "1.5e10",
            "18446744073709551615", "12345678901234567890123",
        ])
    }

    private mutating func string() -> String {
        var text = "\""
        for _ in 0..<Int.random(in: 0..<12, using: &random) {
            text += pick([
                "a", "Z", " ", "/", "é", "日", "😀", "\u{7F}", "\u{2028}", "\u{FFFF}", "\\n", "\\\"", "\\\\", "\\/",
                "\\u0041",
                "\\u00e9", "\\uD83D\\uDE00", "\\u0000", "sessionId", "longer run of plain text",
            ])
        }
        return text + "\""
    }
}

extension JSONScanner {
    /// Whether bytes are exactly one JSON value.
    static func accepts(_ bytes: [UInt8], depthLimit: Int = 64) -> Bool {
        reason(bytes, depthLimit: depthLimit) == nil
    }

    /// The reason bytes are refused, nil if they are not.
    static func reason(_ bytes: [UInt8], depthLimit: Int = 64) -> JSONError? {
        // An array's own span wants macOS 26.
        let bytes = ContiguousArray(bytes)
        do throws(JSONError) {
            _ = try validate(bytes.span, depthLimit: depthLimit)
            return nil
        } catch {
            return error
        }
    }
}
