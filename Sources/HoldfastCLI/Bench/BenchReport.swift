// SPDX-License-Identifier: Apache-2.0
internal import HoldfastClient
internal import HoldfastTransport

/// What a bench found out.
struct BenchReport: Sendable {
    static let percentiles = [("50", 500), ("90", 900), ("99", 990), ("99.9", 999)]
    static let rowCount = 16

    let plan: BenchPlan
    let tally: BenchTally
    let wasInterrupted: Bool

    /// Answered calls a second.
    var callsPerSecond: Double {
        let seconds = tally.elapsed / .seconds(1)
        return seconds > 0 ? Double(tally.latencies.count) / seconds : 0
    }

    /// Calls that were due and found no connection free until the end.
    var unsent: Int {
        max(0, plan.dueCount(within: tally.elapsed) - tally.sent)
    }

    /// What the shell is told besides the report; `nil` when all went well.
    var failure: Failure? {
        let away = tally.unmade + tally.lost.count
        if away > 0 {
            let reason = tally.connectError.map { ": \($0.message)" } ?? ""
            return Failure(.noConnection, "\(away) of \(plan.connections) connections could not be made\(reason)")
        }
        if tally.failed > 0 {
            let reason = tally.firstFailure.map { "; the first: \($0)" } ?? ""
            return Failure(.callFailed, "\(tally.failed) calls failed\(reason)")
        }
        return nil
    }
}

extension BenchReport {
    /// The numbers for a program.
    var json: JSON {
        var failures: [(key: String, value: JSON)] = [("total", JSON(integerLiteral: tally.failed))]
        for cause in BenchTally.Cause.allCases {
            failures.append((cause.rawValue, JSON(integerLiteral: tally.failures[cause] ?? 0)))
        }
        return [
            "url": JSON(stringLiteral: plan.url),
            "method": JSON(stringLiteral: plan.method),
            "transport": tally.transport.map { JSON(stringLiteral: $0.name) } ?? .null,
            "inFlight": JSON(integerLiteral: plan.inFlight),
            "rate": plan.rate.map { JSON(floatLiteral: $0) } ?? .null,
            "interrupted": JSON(booleanLiteral: wasInterrupted),
            "seconds": JSON(floatLiteral: tally.elapsed / .seconds(1)),
            "connections": [
                "asked": JSON(integerLiteral: plan.connections),
                "made": whole(tally.connects.count),
                "failed": JSON(integerLiteral: tally.unmade),
                "lost": JSON(integerLiteral: tally.lost.count),
                "connectMilliseconds": [
                    "p50": milliseconds(tally.connects.percentile(perMille: 500)),
                    "max": milliseconds(tally.connects.maximum),
                ],
            ],
            "calls": whole(tally.latencies.count),
            "errors": JSON(members: failures),
            "notSent": JSON(integerLiteral: unsent),
            "callsPerSecond": JSON(floatLiteral: callsPerSecond),
            "latencyMilliseconds": latency,
            "histogram": JSON(
                tally.latencies.rows(Self.rowCount).map { row in
                    [
                        "fromMilliseconds": milliseconds(row.lower), "toMilliseconds": milliseconds(row.upper),
                        "calls": whole(row.count),
                    ]
                }
            ),
        ]
    }

    private var latency: JSON {
        let latencies = tally.latencies
        var members: [(key: String, value: JSON)] = [("min", milliseconds(latencies.minimum))]
        for (name, perMille) in Self.percentiles {
            members.append(
                ("p\(name.replacing(".", with: ""))", milliseconds(latencies.percentile(perMille: perMille)))
            )
        }
        members.append(("max", milliseconds(latencies.maximum)))
        members.append(("mean", milliseconds(latencies.mean)))
        return JSON(members: members)
    }

    private func milliseconds(_ duration: Duration?) -> JSON {
        duration.map { JSON(floatLiteral: $0 / .milliseconds(1)) } ?? .null
    }

    private func whole(_ number: UInt64) -> JSON {
        JSON(integerLiteral: Int(clamping: number))
    }
}
