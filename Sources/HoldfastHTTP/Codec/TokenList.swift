// SPDX-License-Identifier: Apache-2.0

/// Comma-separated lists (RFC 9110 §5.6.1).
enum TokenList {
    /// Calls `body` with the bounds of each element of `base[start..<end]`, blanks removed, empty ones included.
    @inline(__always)
    static func forEach(_ base: UnsafeRawPointer, _ start: Int, _ end: Int, _ body: (Int, Int) -> Void) {
        var element = start
        var index = start
        while true {
            if index == end || ByteScan.byte(base, index) == 0x2C {
                let bounds = ByteScan.trimmed(base, element, index)
                body(bounds.start, bounds.end)
                if index == end { return }
                element = index &+ 1
            }
            index &+= 1
        }
    }
}
