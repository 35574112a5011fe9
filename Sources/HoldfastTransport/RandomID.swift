// SPDX-License-Identifier: Apache-2.0

/// Unguessable identifiers from the system's random generator.
package enum RandomID {
    private static let alphabet = Array("0123456789abcdefghijklmnopqrstuv".utf8)

    /// How many characters an id has.
    package static let length = 26

    /// 130 random bits as 26 characters of `0-9a-v`, the shape of Kurento's session ids.
    package static func make() -> String {
        var generator = SystemRandomNumberGenerator()
        return String(unsafeUninitializedCapacity: length) { buffer in
            var bits: UInt64 = 0
            var available = 0
            for index in 0..<length {
                if available < 5 {
                    bits = generator.next()
                    available = 64
                }
                buffer[index] = alphabet[Int(bits & 31)]
                bits >>= 5
                available -= 5
            }
            return length
        }
    }

    /// Whether a text has the form of an id.
    package static func isValid(_ text: String) -> Bool {
        text.utf8.count == length && text.utf8.allSatisfy(alphabet.contains)
    }

    /// A short number for a log line and the answer that refers to it.
    package static func errorNumber() -> String {
        String(UInt64.random(in: 0x1_0000_0000...0xff_ffff_ffff), radix: 16)
    }
}
