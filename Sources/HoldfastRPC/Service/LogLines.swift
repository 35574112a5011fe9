// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport
internal import Logging
internal import Synchronization

/// Writes what clients can cause as often as they like: one line for each reason and second, which says how many were left out.
final class LogLines: Sendable {
    private struct Reason {
        var openAt: Duration
        var leftOut = 0
    }

    private let logger: Logger
    private let scheduler: any Scheduler
    private let reasons = Mutex<[String: Reason]>([:])

    init(_ logger: Logger, _ scheduler: any Scheduler) {
        self.logger = logger
        self.scheduler = scheduler
    }

    /// - Parameter reason: One of a few names.
    func log(
        _ level: Logger.Level,
        _ message: @autoclosure () -> Logger.Message,
        _ metadata: @autoclosure () -> Logger.Metadata = [:],
        reason: String
    ) {
        guard level >= logger.logLevel else { return }
        let now = scheduler.now
        let leftOut = reasons.withLock { reasons -> Int? in
            var entry = reasons[reason] ?? Reason(openAt: now)
            defer { reasons[reason] = entry }
            guard now >= entry.openAt else {
                entry.leftOut += 1
                return nil
            }
            let leftOut = entry.leftOut
            entry = Reason(openAt: now + .seconds(1))
            return leftOut
        }
        guard let leftOut else { return }
        var metadata = metadata()
        if leftOut > 0 { metadata["leftOut"] = "\(leftOut)" }
        logger.log(level: level, message(), metadata: metadata)
    }
}
