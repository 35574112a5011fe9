// SPDX-License-Identifier: Apache-2.0

/// The `host [ ":" port ]` of a Host field or a request target.
///
/// Narrower than RFC 3986: a name consists of unreserved characters and `%HH`. No DNS name needs the sub-delimiters,
/// and a comma, a quote or an empty host only ever serves to confuse whoever reads it next.
struct HostSyntax {
    /// Where the host ends and the optional colon stands.
    var hostEnd: Int
    /// The port; nil when it is absent or empty.
    var port: Int?

    /// Parses `base[start..<end]`; nil when it is not a valid authority without user information.
    init?(_ base: UnsafeRawPointer, _ start: Int, _ end: Int) {
        guard start < end else { return nil }
        var index = start
        if ByteScan.byte(base, start) == 0x5B {
            var colons = 0
            index &+= 1
            while index < end, ByteScan.byte(base, index) != 0x5D {
                let byte = ByteScan.byte(base, index)
                if byte == 0x3A {
                    colons &+= 1
                } else if ByteScan.hexValue(byte) == nil, byte != 0x2E {
                    return nil
                }
                index &+= 1
            }
            // The longest IPv6 literal has 45 characters, and each has at least two colons.
            guard index < end, colons >= 2, colons <= 7, index &- start <= 46 else { return nil }
            index &+= 1
        } else {
            while index < end {
                let byte = ByteScan.byte(base, index)
                if ByteScan.isAlphanumeric(byte) || byte == 0x2D || byte == 0x2E || byte == 0x5F || byte == 0x7E {
                    index &+= 1
                } else if byte == 0x25 {
                    // `end - index > 2` proves that both digits lie in the range.
                    guard end &- index > 2, ByteScan.hexValue(ByteScan.byte(base, index &+ 1)) != nil,
                        ByteScan.hexValue(ByteScan.byte(base, index &+ 2)) != nil
                    else { return nil }
                    index &+= 3
                } else {
                    break
                }
            }
            guard index > start, index &- start <= 255 else { return nil }
        }
        hostEnd = index
        if index == end { return }
        guard ByteScan.byte(base, index) == 0x3A else { return nil }
        index &+= 1
        // An empty port is no port (RFC 3986 §6.2.3).
        if index == end { return }
        var value = 0
        while index < end {
            let byte = ByteScan.byte(base, index)
            guard ByteScan.isDigit(byte) else { return nil }
            // At most 655,359 before the check, so no overflow.
            value = value &* 10 &+ Int(byte &- 0x30)
            guard value <= 65535 else { return nil }
            index &+= 1
        }
        port = value
    }

    /// The end of the authority without an empty port's colon.
    func end(_ end: Int) -> Int { port == nil ? hostEnd : end }
}
