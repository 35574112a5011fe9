// SPDX-License-Identifier: Apache-2.0
import Foundation
public import HoldfastHTTP
public import HoldfastTransport
public import Logging

/// Where and how an application runs.
public struct ApplicationConfiguration: Sendable {
    /// Where the server listens; `127.0.0.1:8080` unless set.
    public var listeners: [Listener]
    /// The number of event loops; `nil` for one a core.
    public var threads: Int?
    /// Every limit; an endpoint or a route may have its own in their place.
    public var limits: Limits
    /// The time from the signal to shut down until what is still under way is cut; default 25 s.
    public var shutdownTimeout: Duration
    /// The logger of the server and of every request.
    public var logger: Logger
    /// The time of sessions, for tests that move it by hand; `nil` for the real one.
    package var scheduler: (any Scheduler)?
    /// What was wrong with the environment; reported when the application starts.
    var problems: [String] = []

    /// Creates a configuration.
    public init(
        listeners: [Listener] = [.tcp("127.0.0.1", port: 8080)],
        threads: Int? = nil,
        limits: Limits = .init(),
        shutdownTimeout: Duration = .seconds(25),
        logger: Logger = Logger(label: "holdfast")
    ) {
        self.listeners = listeners
        self.threads = threads
        self.limits = limits
        self.shutdownTimeout = shutdownTimeout
        self.logger = logger
    }

    /// Reads the configuration from environment variables.
    ///
    /// | variable | meaning | default |
    /// |---|---|---|
    /// | `HOLDFAST_HOST` | the address to listen on | `127.0.0.1` |
    /// | `HOLDFAST_PORT` | the port, 0 for any | `port` |
    /// | `HOLDFAST_UNIX` | a Unix socket to listen on instead | |
    /// | `HOLDFAST_THREADS` | event loops | one a core |
    /// | `HOLDFAST_TLS_CERT`, `HOLDFAST_TLS_KEY` | PEM files; both make it `https` and `wss` | |
    /// | `HOLDFAST_LOG_LEVEL` | `trace` … `critical` | `info` |
    /// | `HOLDFAST_SHUTDOWN_TIMEOUT` | seconds from SIGTERM to the end | 25 |
    ///
    /// A value that cannot be used is reported when the application starts.
    ///
    /// - Parameters:
    ///   - port: The port unless `HOLDFAST_PORT` is set.
    ///   - environment: The variables; `nil` for the process's own.
    public static func fromEnvironment(
        port: Int = 8080,
        _ environment: [String: String]? = nil
    ) -> ApplicationConfiguration {
        var configuration = ApplicationConfiguration()
        let environment = environment ?? ProcessInfo.processInfo.environment
        var reader = EnvironmentReader(environment: environment)
        let host = environment["HOLDFAST_HOST"] ?? "127.0.0.1"
        let port = reader.integer("HOLDFAST_PORT", in: 0...65_535) ?? port
        var tls: TLSOptions?
        switch (environment["HOLDFAST_TLS_CERT"], environment["HOLDFAST_TLS_KEY"]) {
        case (let certificate?, let key?): tls = TLSOptions(certificate: certificate, key: key)
        case (nil, nil): break
        default: reader.problems.append("HOLDFAST_TLS_CERT and HOLDFAST_TLS_KEY go together; one is missing")
        }
        if let path = environment["HOLDFAST_UNIX"] {
            configuration.listeners = [.unix(path)]
        } else {
            configuration.listeners = [.tcp(host, port: port, tls: tls)]
        }
        if let threads = reader.integer("HOLDFAST_THREADS", in: 1...1024) { configuration.threads = threads }
        if let seconds = reader.integer("HOLDFAST_SHUTDOWN_TIMEOUT", in: 0...86_400) {
            configuration.shutdownTimeout = .seconds(seconds)
        }
        if let name = environment["HOLDFAST_LOG_LEVEL"] {
            if let level = Logger.Level(rawValue: name.lowercased()) {
                configuration.logger.logLevel = level
            } else {
                reader.problems.append(
                    "HOLDFAST_LOG_LEVEL is \(name), not one of trace, debug, info, notice, warning, error, critical"
                )
            }
        }
        configuration.problems = reader.problems
        return configuration
    }

    /// What keeps an application from starting.
    func validate() -> [String] {
        var problems = problems
        do { try limits.validate() } catch { problems.append("\(error)") }
        if let threads, threads <= 0 { problems.append("threads must be more than zero, or nil for one a core") }
        if shutdownTimeout < .zero { problems.append("shutdownTimeout must not be negative") }
        return problems
    }
}

private struct EnvironmentReader {
    let environment: [String: String]
    var problems: [String] = []

    mutating func integer(_ name: String, in range: ClosedRange<Int>) -> Int? {
        guard let text = environment[name] else { return nil }
        guard let value = Int(text), range.contains(value) else {
            problems.append("\(name) is \(text), not a number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return value
    }
}
