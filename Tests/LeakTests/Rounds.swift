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
    // Pools, caches and what is made once, some of which is made late.
    for _ in 1...rounds { try await round() }
    var least = Int.max
    for _ in 1...20 where least > allowance {
        let before = await settledBytes()
        for _ in 1...rounds { try await round() }
        least = min(least, (await settledBytes() - before) / rounds)
    }
    #expect(least <= allowance, "\(least) bytes are left of each round", sourceLocation: sourceLocation)
}

/// The bytes in use, once tasks that have done their work are gone too.
private func settledBytes() async -> Int {
    var bytes = Int(allocated_bytes())
    var same = 0
    for _ in 1...1000 where same < 20 {
        await Task.yield()
        let now = Int(allocated_bytes())
        same = now == bytes ? same + 1 : 0
        bytes = now
    }
    return bytes
}
