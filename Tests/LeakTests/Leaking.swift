// SPDX-License-Identifier: Apache-2.0
import Foundation
import HoldfastTransport
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import Holdfast

/// All leak tests run by themselves and one after the other: what others allocate meanwhile would count.
@Suite(.serialized, .timeLimit(.minutes(5))) struct Leaks {}

/// A server on a port of its own, with tiny limits where a test waits for them.
struct LeakServer {
    let running: RunningServer
    let port: Int
    let clock: ManualScheduler
    let isSecure: Bool
    /// Whether clients may leave polls, which end a moment of the clock later.
    let hasPolls: Bool

    static func with(
        _ change: (inout Limits) -> Void = { _ in },
        tls: TLSOptions? = nil,
        hasPolls: Bool = false,
        routes: (Application) -> Void,
        _ body: (LeakServer) async throws -> Void
    ) async throws {
        let server = try await start(change, tls: tls, hasPolls: hasPolls, routes: routes)
        do {
            try await body(server)
        } catch {
            await server.running.stop()
            throw error
        }
        await server.running.stop()
    }

    static func start(
        _ change: (inout Limits) -> Void = { _ in },
        tls: TLSOptions? = nil,
        hasPolls: Bool = false,
        routes: (Application) -> Void
    ) async throws -> LeakServer {
        let clock = ManualScheduler()
        var configuration = ApplicationConfiguration(
            listeners: [.tcp("127.0.0.1", port: 0, tls: tls)],
            threads: 1,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        change(&configuration.limits)
        configuration.scheduler = clock
        let app = Application(configuration: configuration)
        routes(app)
        let running = try await app.service().start()
        return LeakServer(
            running: running,
            port: try #require(running.addresses.first?.port),
            clock: clock,
            isSecure: tls != nil,
            hasPolls: hasPolls
        )
    }

    func wire(receiveBuffer: Int32? = nil) throws -> Wire { try Wire(port: port, receiveBuffer: receiveBuffer) }

    /// Waits until all connections are gone and the loop has done what that left to do.
    func settle() async throws {
        // What was opened before this one has been accepted when it is answered.
        let last = try wire()
        try last.get("/leaks/last", "Connection: close\r\n")
        // Under TLS it is no hello, which is as good.
        last.awaitEnd()
        last.close()
        while hasPolls, running.server.connectionCount > 0 {
            try await running.group.next().submit { clock.advance(by: .milliseconds(50)) }.get()
        }
        await running.server.waitForConnections()
        for _ in 1...3 { try await running.group.next().submit {}.get() }
    }

    /// Runs a round with one client again and again, and expects nothing to be left.
    func expectNothingLeft(
        sourceLocation: SourceLocation = #_sourceLocation,
        receiveBuffer: Int32? = nil,
        _ round: (Wire) async throws -> Void
    ) async throws {
        try await LeakTests.expectNothingLeft(sourceLocation: sourceLocation) {
            let wire = try wire(receiveBuffer: receiveBuffer)
            try await round(wire)
            try await settle()
        }
    }
}

/// The files in `Fixtures/certificates`.
enum Certificates {
    private static func path(_ name: String) -> String {
        URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Fixtures/certificates/\(name)").standardized.path(percentEncoded: false)
    }

    static let options = TLSOptions(certificate: path("localhost.pem"), key: path("localhost.key"))
}

/// Waits for the task's cancellation, and leaves no timer behind as a cancelled sleep does.
func untilCancelled() async {
    for await _ in AsyncStream<Void>.makeStream().stream {}
}

/// Counts what opens and closes, and waits until everything open has closed.
final class Tally: Sendable {
    private struct State {
        var open = 0
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func opened() { state.withLock { $0.open += 1 } }

    func closed() {
        let waiter = state.withLock { state in
            state.open -= 1
            return state.open == 0 ? state.waiter.take() : nil
        }
        waiter?.resume()
    }

    func allClosed() async {
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                if state.open > 0 { state.waiter = continuation }
                return state.open == 0
            }
            if isDone { continuation.resume() }
        }
    }
}
