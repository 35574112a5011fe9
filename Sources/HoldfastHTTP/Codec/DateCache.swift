// SPDX-License-Identifier: Apache-2.0

/// The bytes of the Date field, formatted at most once a second.
package struct DateCache: Sendable {
    private var second: Int64?
    private var cached: [UInt8] = []

    package init() {}

    /// The IMF-fixdate of a time in seconds since 1970.
    package mutating func bytes(unixSeconds: Int64) -> [UInt8] {
        if second != unixSeconds {
            cached = HTTPDate.bytes(unixSeconds: unixSeconds)
            second = unixSeconds
        }
        return cached
    }
}
