// SPDX-License-Identifier: Apache-2.0
import HoldfastHTTP

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The time of day, for `Expires`.
enum WallClock {
    /// An HTTP date in 365 days.
    static func dateInAYear() -> String {
        HTTPDate.string(unixSeconds: Int64(time(nil)) + 31_536_000)
    }
}
