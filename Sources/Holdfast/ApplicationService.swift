// SPDX-License-Identifier: Apache-2.0
package import HoldfastHTTP
import HoldfastTransport
import Logging
import NIOCore
import NIOPosix
public import ServiceLifecycle

/// An ``Application`` ready to run as a service.
public struct ApplicationService: Service {
    let configuration: ApplicationConfiguration
    let router: CompiledRouter
    let drainables: [any Drainable]
    let readiness: Readiness
    let runningActions: [@Sendable ([BoundAddress]) async -> Void]

    /// Serves until graceful shutdown begins, then drains and returns.
    ///
    /// - Throws: ``StartupError`` when an address cannot be bound or a certificate cannot be used.
    public func run() async throws {
        let server = try await start()
        try? await gracefulShutdown()
        await server.stop()
    }

    package func start() async throws -> RunningServer {
        let threads = configuration.threads ?? System.coreCount
        // A loop takes three descriptors, and is not made without them but ends the process.
        if let shortage = OpenFiles.process.shortage(of: threads * 3) { throw StartupError(shortage) }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        do {
            let server = try await HTTPServer(
                responder: RouterResponder(router: router, limits: configuration.limits.http),
                context: ServerContext(limits: configuration.limits, logger: configuration.logger),
                group: group
            )
            var addresses: [BoundAddress] = []
            for listener in configuration.listeners {
                addresses.append(try await server.bind(listener))
            }
            readiness.set(true)
            for action in runningActions { await action(addresses) }
            return RunningServer(service: self, server: server, group: group, addresses: addresses)
        } catch {
            try? await group.shutdownGracefully()
            throw error
        }
    }
}

/// A server under way.
package struct RunningServer: Sendable {
    let service: ApplicationService
    let server: HTTPServer
    let group: MultiThreadedEventLoopGroup
    package let addresses: [BoundAddress]

    /// Drains: at most the shutdown timeout, then what is left is cut.
    package func stop() async {
        service.readiness.set(false)
        await withTaskGroup { tasks in
            tasks.addTask {
                await server.stopAccepting()
                await withDiscardingTaskGroup { drains in
                    for drainable in service.drainables { drains.addTask { await drainable.drain() } }
                }
                server.drain()
                await server.waitForConnections()
            }
            tasks.addTask {
                try? await Task.sleep(for: service.configuration.shutdownTimeout.bounded)
            }
            await tasks.next()
            tasks.cancelAll()
        }
        // Whoever has noticed first that the time is over: the group of services, which cancels all this, measures the same.
        let left = server.connectionCount
        if left > 0 {
            service.configuration.logger.warning(
                "connections were cut at the end of the shutdown timeout",
                metadata: ["holdfast.connections": "\(left)"]
            )
            server.closeConnections()
        }
        try? await group.shutdownGracefully()
    }

    /// Ends at once and without a word, as a process that is killed.
    package func kill() async {
        service.readiness.set(false)
        await server.stopAccepting()
        server.closeConnections()
        // The loops stay: handlers that are still suspended need them to end.
    }
}
