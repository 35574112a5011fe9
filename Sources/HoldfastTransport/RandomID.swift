// SPDX-License-Identifier: Apache-2.0

/// Unguessable identifiers from the system's random generator.
package enum RandomID {
    private static let alphabet = Array("0123456789abcdefghijklmnopqrstuv".utf8)

    /// 130 random bits as 26 characters of `0-9a-v`, the shape of Kurento's session ids.
    package static func make() -> String {
        var generator = SystemRandomNumberGenerator()
        return String(unsafeUninitializedCapacity: 26) { buffer in
            var bits: UInt64 = 0
            var available = 0
            for index in 0..<26 {
                if available < 5 {
                    bits = generator.next()
                    available = 64
                }
                buffer[index] = alphabet[Int(bits & 31)]
                bits >>= 5
                available -= 5
            }
            return 26
        }
    }

    /// A short number for a log line and the answer that refers to it.
    package static func errorNumber() -> String {
        String(UInt64.random(in: 0x1_0000_0000...0xff_ffff_ffff), radix: 16)
    }
}
