// SPDX-License-Identifier: Apache-2.0
import Foundation
import Logging
public import ServiceLifecycle
import UnixSignals

extension Application {
    /// Serves until SIGTERM or SIGINT, then drains and returns.
    ///
    /// Draining makes the readiness probe answer 503, stops accepting, finishes what was accepted, closes WebSockets with 1001 and
    /// returns within ``ApplicationConfiguration/shutdownTimeout``.
    ///
    /// Further services, such as a database's connections or a queue of jobs, run beside the application in one group. They are there
    /// as long as handlers may need them: the application drains first, then the services end, the last one first, each when the one
    /// before has ended. A service may end earlier by itself; one that throws ends all the others in that order. What has not ended
    /// within the shutdown timeout is cancelled.
    ///
    /// - Parameter services: What runs beside the application.
    /// - Throws: ``StartupError`` when the application cannot start, or what a service throws.
    public func run(with services: [any Service] = []) async throws {
        try await serviceGroup(with: services, signals: [.sigterm, .sigint]).run()
    }

    /// Serves like ``run(with:)``, as the last line of a program: if that throws, one line on standard error says why, and the process
    /// ends with status 1.
    ///
    /// - Parameter services: What runs beside the application.
    public func runOrExit(with services: [any Service] = []) async {
        do {
            try await run(with: services)
        } catch {
            FileHandle.standardError.write(Data("error: \(error)\n".utf8))
            exit(1)
        }
    }

    func serviceGroup(with services: [any Service], signals: [UnixSignal] = []) throws -> ServiceGroup {
        // A group ends its services from the last to the first.
        let all = services.map { Member($0) } + [Member(try service(), name: "Holdfast")]
        var group = ServiceGroupConfiguration(
            services: all.map {
                .init(service: $0, failureTerminationBehavior: .gracefullyShutdownGroup, serviceName: $0.name)
            },
            gracefulShutdownSignals: signals,
            logger: configuration.logger
        )
        group.maximumGracefulShutdownDuration = configuration.shutdownTimeout.bounded
        return ServiceGroup(configuration: group)
    }
}

/// A service of a group; one that has done its work stays until its turn to end has come.
///
/// The group would take an early end for a failure, and cut what still drains.
private struct Member: Service {
    let service: any Service
    let name: String

    init(_ service: any Service, name: String? = nil) {
        self.service = service
        self.name = name ?? "\(type(of: service))"
    }

    func run() async throws {
        do {
            try await service.run()
        } catch  where error is CancellationError && Task.isCancelled {
            // Cut at the end of the shutdown timeout, which is no failure.
        }
        try? await gracefulShutdown()
    }
}
