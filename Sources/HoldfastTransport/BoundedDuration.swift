// SPDX-License-Identifier: Apache-2.0

extension Duration {
    /// A hundred years: as good as never, and far from where any type that counts time overflows.
    package static let longest = Duration.seconds(100 * 365 * 86_400 as Int64)

    /// This time, or the nearest that can be added, multiplied and counted in nanoseconds without harm.
    ///
    /// `Duration` holds times that trap as soon as they are printed, slept or given to a timer.
    package var bounded: Duration { min(max(self, .zero - .longest), .longest) }

    /// This time, or nil, which stands for never, if it is as long.
    package var boundedOrNever: Duration? { self < .longest ? bounded : nil }
}
