// SPDX-License-Identifier: Apache-2.0
public import HoldfastHTTP
import HoldfastTransport
import Synchronization

/// A web server with its routes and endpoints.
///
/// ```swift
/// let app = Application(configuration: .fromEnvironment())
/// app.get("/hello/:name") { request, context in "Hello, \(try context.parameters.require("name"))" }
/// await app.runOrExit()
/// ```
///
/// Register everything, then run; an application runs once.
public final class Application: RoutesBuilder {
    /// The configuration as it was given.
    public let configuration: ApplicationConfiguration
    /// The routes of the whole application.
    public let router = Router()
    /// What has to end in its own way when the application does.
    var drainables: [any Drainable] = []
    let readiness = Readiness()
    private var runningActions: [@Sendable ([BoundAddress]) async -> Void] = []

    /// Creates an application without routes.
    public init(configuration: ApplicationConfiguration = .init()) {
        self.configuration = configuration
    }

    /// Has `action` called once the application listens, with where.
    public func onRunning(_ action: @escaping @Sendable ([BoundAddress]) async -> Void) {
        runningActions.append(action)
    }

    /// The application as a service, for a program that runs a `ServiceGroup` of its own.
    ///
    /// - Throws: ``StartupError`` when routes conflict, or when the configuration or an endpoint's options make no sense.
    public func service() throws -> ApplicationService {
        let problems = configuration.validate()
        guard problems.isEmpty else { throw StartupError(problems.joined(separator: "; ")) }
        let compiled: CompiledRouter
        do {
            compiled = try router.freeze()
        } catch {
            throw StartupError(error.problems.joined(separator: "; "))
        }
        return ApplicationService(
            configuration: configuration,
            router: compiled,
            drainables: drainables,
            readiness: readiness,
            runningActions: runningActions
        )
    }

    /// Serves while `body` runs, then drains; what tests and embedding programs use.
    ///
    /// - Parameter body: Gets the addresses the server listens on.
    /// - Throws: ``StartupError``, or what `body` throws.
    public func withServer<Result: Sendable>(
        _ body: ([BoundAddress]) async throws -> Result
    ) async throws -> Result {
        let server = try await service().start()
        do {
            let result = try await body(server.addresses)
            await server.stop()
            return result
        } catch {
            await server.stop()
            throw error
        }
    }
}

/// Something that ends in its own way at shutdown, such as an endpoint whose sessions finish their requests first.
package protocol Drainable: Sendable {
    /// Finishes what was accepted and closes; the server waits for it within its deadline.
    func drain() async
}

/// Whether the application wants traffic.
final class Readiness: Sendable {
    private let ready = Mutex(false)

    var isReady: Bool { ready.withLock { $0 } }

    func set(_ value: Bool) {
        ready.withLock { $0 = value }
    }
}
