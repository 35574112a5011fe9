// SPDX-License-Identifier: Apache-2.0
import ServiceLifecycle
import Synchronization
import Testing

@testable import Holdfast

/// An application that runs with other services in one group.
@Suite(.timeLimit(.minutes(1))) struct RunTests {
    private struct Broken: Error {}

    /// What happened, in order.
    private final class Record: Sendable {
        private let lines = Mutex<[String]>([])

        func add(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock { $0 } }
    }

    /// Runs until its shutdown, and says what it sees.
    private struct Recording: Service {
        let name: String
        let record: Record
        let started: Gate

        func run() async throws {
            started.open()
            try? await gracefulShutdown()
            record.add(Task.isCancelled ? "\(name) is cancelled" : "\(name) ends")
        }
    }

    private struct Failing: Service {
        let trigger: Gate

        func run() async throws {
            await trigger.wait()
            throw Broken()
        }
    }

    /// Has nothing to do.
    private struct Brief: Service {
        let record: Record

        func run() async throws { record.add("brief is done") }
    }

    /// An application with a request under way, in a group with `services`; `body` ends the group.
    private func running(
        _ record: Record,
        _ services: [any Service],
        _ body: (ServiceGroup, _ request: Gate) async throws -> Void
    ) async throws {
        let request = Gate()
        let listening = AsyncStream.makeStream(of: BoundAddress.self)
        let app = makeApplication()
        app.get("/slow") { _, _ in
            await request.wait()
            record.add("the request is answered")
            return "slow"
        }
        app.onRunning { addresses in for address in addresses { listening.continuation.yield(address) } }
        let group = try app.serviceGroup(with: services)
        let run = Task {
            do {
                try await group.run()
                record.add("the group has ended")
            } catch {
                record.add("the group throws \(error)")
            }
        }
        var addresses = listening.stream.makeAsyncIterator()
        let address = try #require(await addresses.next())
        let client = try await WireClient.connect(address)
        defer { client.close() }
        try await client.send("GET", "/slow")
        await request.arrival()
        try await body(group, request)
        #expect(try await client.answer().body == "slow")
        await run.value
    }

    @Test func `the application drains before the services end, the last one first`() async throws {
        let record = Record()
        let gates = [Gate(), Gate()]
        let services = zip(["first", "second"], gates).map { Recording(name: $0, record: record, started: $1) }
        try await running(record, services) { group, request in
            for gate in gates { await gate.wait() }
            await group.triggerGracefulShutdown()
            request.open()
        }
        #expect(record.all == ["the request is answered", "second ends", "first ends", "the group has ended"])
    }

    @Test func `a service that has done its work cuts nothing`() async throws {
        let record = Record()
        try await running(record, [Brief(record: record)]) { group, request in
            await group.triggerGracefulShutdown()
            request.open()
        }
        #expect(record.all == ["brief is done", "the request is answered", "the group has ended"])
    }

    @Test func `a service that throws ends the others in order`() async throws {
        let record = Record()
        let started = Gate()
        let trigger = Gate()
        let services: [any Service] = [
            Recording(name: "first", record: record, started: started), Failing(trigger: trigger),
        ]
        try await running(record, services) { _, request in
            await started.wait()
            trigger.open()
            request.open()
        }
        #expect(record.all == ["the request is answered", "first ends", "the group throws Broken()"])
    }

    /// Ends when it is cancelled, and not before.
    private struct Stubborn: Service {
        let record: Record

        func run() async throws {
            do {
                try await Task.sleep(for: .seconds(3600))
            } catch {
                record.add("stubborn is cancelled")
                throw error
            }
        }
    }

    @Test func `a service that does not end is cancelled after the shutdown timeout`() async throws {
        let record = Record()
        let started = Gate()
        var configuration = makeApplication().configuration
        configuration.shutdownTimeout = .milliseconds(100)
        let services: [any Service] = [
            Recording(name: "first", record: record, started: started), Stubborn(record: record),
        ]
        let group = try Application(configuration: configuration).serviceGroup(with: services)
        async let run: Void = group.run()
        await started.wait()
        await group.triggerGracefulShutdown()
        try await run
        #expect(Set(record.all) == ["stubborn is cancelled", "first is cancelled"])
    }

    @Test func `an application that cannot start ends the services and throws`() async throws {
        try await makeApplication().withServer { addresses in
            let port = try #require(addresses.first?.port)
            let record = Record()
            let service = Recording(name: "first", record: record, started: Gate())
            let error = await #expect(throws: StartupError.self) {
                try await makeApplication([.tcp("127.0.0.1", port: port)]).run(with: [service])
            }
            #expect(error?.description.hasPrefix("cannot listen on 127.0.0.1:\(port): ") == true)
            #expect(record.all == ["first ends"])
        }
    }

    @Test func `what makes no sense is thrown before anything runs`() async throws {
        let app = makeApplication()
        app.rpc("/rpc", RPCEndpoint(), options: .init(allowedOrigins: ["nonsense"]))
        let record = Record()
        await #expect(throws: StartupError.self) { try await app.run(with: [Brief(record: record)]) }
        #expect(record.all == [])
    }

    @Test func `a program that cannot start ends with 1 and one line`() async throws {
        let result = await #expect(
            processExitsWith: .exitCode(1),
            observing: [\.standardErrorContent]
        ) {
            let app = Application(configuration: .fromEnvironment(["HOLDFAST_PORT": "http"]))
            await app.runOrExit()
        }
        let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(text.contains("error: HOLDFAST_PORT is http, not a number from 0 to 65535\n"))
    }
}
