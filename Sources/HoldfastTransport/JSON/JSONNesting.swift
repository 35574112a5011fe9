// SPDX-License-Identifier: Apache-2.0

/// The open arrays and objects around a place in a JSON text, one bit each.
struct JSONNesting {
    /// The number of open arrays and objects.
    private(set) var depth = 0
    private var innermost: UInt64 = 0
    /// Full words of outer levels; stays empty, hence unallocated, up to 64 levels.
    private var outer: [UInt64] = []

    /// Whether the innermost level is an object.
    var isInObject: Bool { innermost & 1 == 1 }

    mutating func push(object: Bool) {
        if depth > 0, depth & 63 == 0 { outer.append(innermost) }
        innermost = innermost << 1 | (object ? 1 : 0)
        depth += 1
    }

    mutating func pop() {
        depth -= 1
        innermost >>= 1
        if depth > 0, depth & 63 == 0, let word = outer.popLast() { innermost = word }
    }
}
