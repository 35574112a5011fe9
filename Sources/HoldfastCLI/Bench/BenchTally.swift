// SPDX-License-Identifier: Apache-2.0
internal import HoldfastClient
internal import HoldfastTransport

/// What a bench has counted so far.
struct BenchTally: Sendable {
    /// Why calls fail.
    enum Cause: String, Sendable, CaseIterable {
        case remote
        case timeout
        case connection
        case other

        init(_ error: any Error) {
            switch (error as? RPCClientError)?.kind {
            case .remote: self = .remote
            case .timeout: self = .timeout
            case .transport, .closed, .sessionLost, .outcomeUnknown: self = .connection
            case .configuration, .overloaded, .invalidResult, nil: self = .other
            }
        }
    }

    /// The time each connection took to be made.
    var connects = LatencyHistogram()
    /// Connections that could not be made.
    var unmade = 0
    /// Connections that were lost and could not be made again.
    var lost: Set<Int> = []
    /// Why a connection could not be made, the first time.
    var connectError: RPCClientError?
    /// What carries the messages.
    var transport: Transport?
    /// When the calls began; `nil` while connections are made.
    var begin: ContinuousClock.Instant?
    /// From the first call to the end; zero until then.
    var elapsed = Duration.zero
    /// Calls handed to a connection.
    var sent = 0
    /// The latencies of answered calls.
    var latencies = LatencyHistogram()
    /// How many calls failed.
    var failures: [Cause: Int] = [:]
    /// The first failure, in words.
    var firstFailure: String?

    /// All failed calls.
    var failed: Int { failures.values.reduce(0, +) }

    /// Counts a call that failed.
    mutating func recordFailure(_ error: any Error) {
        failures[Cause(error), default: 0] += 1
        if firstFailure == nil { firstFailure = (error as? RPCClientError)?.message ?? "\(error)" }
    }
}
