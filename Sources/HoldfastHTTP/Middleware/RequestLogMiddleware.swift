// SPDX-License-Identifier: Apache-2.0
internal import HTTPTypes
public import Logging

/// Writes one log line a request, when its response is known.
///
/// The line has the metadata `holdfast.method`, `holdfast.path` (escaped, without the query, without the session ids in SockJS
/// paths), `holdfast.route`, `holdfast.status`, `holdfast.duration_ms` and `holdfast.remote`. For a streamed response the time is that
/// until its head. Errors from further in become responses here, so that the line has their status.
public struct RequestLogMiddleware: Middleware {
    private let level: Logger.Level
    private let now: @Sendable () -> ContinuousClock.Instant

    /// Creates the middleware.
    ///
    /// - Parameter level: The level of the lines, `info` unless given.
    public init(level: Logger.Level = .info) {
        self.init(level: level) { ContinuousClock.now }
    }

    init(level: Logger.Level, now: @escaping @Sendable () -> ContinuousClock.Instant) {
        self.level = level
        self.now = now
    }

    /// Logs the request after it has been handled.
    public func handle(_ request: Request, _ context: RequestContext, next: Handler) async throws -> Response {
        guard context.logger.logLevel <= level else { return try await next(request, context) }
        let start = now()
        let response: Response
        do {
            response = try await next(request, context)
        } catch let error as CancellationError {
            log(request, context, "cancelled", start)
            throw error
        } catch {
            response = ErrorResponse.make(for: error, request, context)
        }
        log(request, context, String(response.status.code), start)
        return response
    }

    private func log(_ request: Request, _ context: RequestContext, _ status: String, _ start: ContinuousClock.Instant)
    {
        var metadata: Logger.Metadata = [
            "holdfast.method": "\(LogText.escaped(request.method.rawValue))",
            "holdfast.path": "\(LogText.path(request, context))",
            "holdfast.status": "\(status)",
            "holdfast.duration_ms": "\(Self.milliseconds(start.duration(to: now())))",
        ]
        if let route = context.parameters.route?.pattern { metadata["holdfast.route"] = "\(route)" }
        if let remote = request.remoteAddress { metadata["holdfast.remote"] = "\(remote)" }
        context.logger.log(level: level, "request", metadata: metadata)
    }

    /// Milliseconds with three decimals.
    static func milliseconds(_ duration: Duration) -> String {
        let (seconds, attoseconds) = max(duration, .zero).components
        let microseconds = attoseconds / 1_000_000_000_000
        let milliseconds = seconds.multipliedReportingOverflow(by: 1000)
        guard !milliseconds.overflow else { return "\(Int64.max)" }
        let decimals = String(microseconds % 1000)
        return "\(milliseconds.partialValue + microseconds / 1000)."
            + String(repeating: "0", count: 3 - decimals.count) + decimals
    }
}

extension Middleware where Self == RequestLogMiddleware {
    /// One log line a request at level `info`.
    public static var requestLog: RequestLogMiddleware { RequestLogMiddleware() }

    /// One log line a request at the given level.
    public static func requestLog(level: Logger.Level) -> RequestLogMiddleware { RequestLogMiddleware(level: level) }
}
