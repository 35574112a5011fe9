// SPDX-License-Identifier: Apache-2.0
import CAllocations
import Testing

/// Runs something again and again, and expects that what it allocates is freed.
///
/// Rounds that differ only in time leave a few bytes more or less in caches, so that the best of several batches counts: a leak is in
/// every one of them.
///
/// - Parameter allowance: Bytes that may be left of a round: less than any object with anything in it.
func expectNothingLeft(
    rounds: Int = 40,
    allowance: Int = 32,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ round: () async throws -> Void
) async throws {
    forget_backtraces()
    // Pools, caches and what is made once.
    for _ in 1...rounds { try await round() }
    var least = Int.max
    for _ in 1...6 where least > allowance {
        let before = allocated_bytes()
        for _ in 1...rounds { try await round() }
        least = min(least, Int(allocated_bytes() - before) / rounds)
    }
    #expect(least <= allowance, "\(least) bytes are left of each round", sourceLocation: sourceLocation)
}
