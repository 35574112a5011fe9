// SPDX-License-Identifier: Apache-2.0

extension BenchReport {
    /// The numbers and a drawing for people.
    ///
    /// - Parameters:
    ///   - width: the columns that no line of the drawing exceeds.
    ///   - style: whether to use colour.
    func text(width: Int, style: Style) -> String {
        var lines = [style.bold("\(plan.method) at \(plan.url)".printable), style.dim(description), ""]
        lines.append("Connections  \(connections)")
        lines.append("Calls        \(calls(style))")
        lines.append("Throughput   \(Figures.rate(callsPerSecond)) for \(Figures.seconds(tally.elapsed))\(end)")
        if unsent > 0 {
            lines.append("Not sent     \(unsent) calls that were due; raise --connections or --in-flight")
        }
        if tally.latencies.count > 0 {
            lines += ["", style.bold("Latency")] + latencyLines + ["", style.bold("Histogram")]
            lines += HistogramDrawing(rows: tally.latencies.rows(Self.rowCount)).lines(width: width, style: style)
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var description: String {
        let pace = plan.rate.map { "\(Figures.rate($0)) wanted" } ?? "as fast as answers come"
        let transport = tally.transport.map { "over \($0)" } ?? "not connected"
        return "\(transport), \(plan.inFlight) in flight on each connection, \(pace)"
    }

    private var end: String {
        wasInterrupted ? ", then interrupted" : ""
    }

    private var connections: String {
        var parts = ["\(tally.connects.count) of \(plan.connections) made"]
        if let median = tally.connects.percentile(perMille: 500), let slowest = tally.connects.maximum {
            parts.append("median \(Figures.time(median)), slowest \(Figures.time(slowest))")
        }
        if !tally.lost.isEmpty { parts.append("\(tally.lost.count) lost") }
        return parts.joined(separator: "; ")
    }

    private func calls(_ style: Style) -> String {
        let answered = "\(Figures.grouped(tally.latencies.count)) answered, "
        guard tally.failed > 0 else { return answered + "0 failed" }
        let causes = BenchTally.Cause.allCases.compactMap { cause in
            tally.failures[cause].map { "\(cause.rawValue) \($0)" }
        }
        return answered + style.red("\(tally.failed) failed") + " (\(causes.joined(separator: ", ")))"
    }

    private var latencyLines: [String] {
        let latencies = tally.latencies
        var figures = [("min", latencies.minimum)]
        for (name, perMille) in Self.percentiles {
            figures.append(("\(name) %", latencies.percentile(perMille: perMille)))
        }
        figures += [("max", latencies.maximum), ("mean", latencies.mean)]
        return figures.compactMap { name, duration in
            duration.map { "  \(name.padded(to: 6))  \(Figures.time($0).padded(to: 8, atEnd: false))" }
        }
    }
}
