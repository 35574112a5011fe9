// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// The line that tells, on a terminal, how a bench gets on.
struct BenchProgress: Sendable {
    private static let interval = Duration.milliseconds(250)

    let plan: BenchPlan

    /// Shows the line until the task is cancelled, then takes it away; does nothing unless standard error is a terminal.
    func show(_ clock: ContinuousClock, _ tally: @Sendable () -> BenchTally) async {
        guard Terminal.errors.isTerminal else { return }
        repeat {
            let line = line(tally(), now: clock.now)
            Output.errors.tell("\r" + line.prefix(max(0, Terminal.errors.width - 1)) + "\u{1B}[K")
        } while (try? await clock.sleep(for: Self.interval)) != nil
        Output.errors.tell("\r\u{1B}[K")
    }

    /// What the line says.
    func line(_ tally: BenchTally, now: ContinuousClock.Instant) -> String {
        guard let begin = tally.begin else {
            return "connecting: \(tally.connects.count) of \(plan.connections)"
        }
        let elapsed = now - begin
        let calls = tally.latencies.count
        let rate = Double(calls) / max(elapsed / .seconds(1), 0.001)
        let time = "\(Figures.seconds(min(elapsed, plan.duration))) of \(Figures.seconds(plan.duration))"
        return "\(time)  \(Figures.grouped(calls)) calls  \(Figures.rate(rate))  \(tally.failed) failed"
    }
}
