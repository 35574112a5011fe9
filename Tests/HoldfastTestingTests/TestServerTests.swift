// SPDX-License-Identifier: Apache-2.0
import Foundation
import HoldfastTesting
import Synchronization
import Testing

/// An application as a user of the library has one.
@Sendable func makeApplication(_ configuration: ApplicationConfiguration) throws -> Application {
    let app = Application(configuration: configuration)
    app.get("/hello/:name") { _, context in "Hello, \(try context.parameters.require("name"))" }
    app.post("/echo") { request, _ -> Response in
        Response(.created, fields: [.eTag: request[.ifMatch] ?? ""], body: .bytes(try await request.body.collect()))
    }
    app.get("/silent") { _, _ -> Response in
        Response(body: .stream(length: 10) { _ in throw CancellationError() })
    }
    let rpc = RPCEndpoint(label: "test")
    rpc.method("sum") { (numbers: [String: Int], _) in numbers.values.reduce(0, +) }
    app.rpc("/rpc", rpc, options: .init(sockJS: true))
    return app
}

@Suite(.timeLimit(.minutes(1))) struct TestServerTests {
    // The example of the documentation.
    @Test func `A user's test of an application`() async throws {
        try await withTestServer(makeApplication) { server in
            let response = try await server.get("/hello/you")
            #expect(response.text == "Hello, you")
            try await server.withClient(to: "/rpc", over: .xhrPolling) { client async throws in
                #expect(try await client.call("sum", ["a": 1, "b": 2], as: Int.self) == 3)
            }
        }
    }

    @Test func `A request's method, fields and body arrive, and the answer's come back`() async throws {
        try await withTestServer(makeApplication) { server in
            let answer = try await server.post("/echo", fields: [.ifMatch: "\"1\""], body: #"{"a":1}"#)
            #expect(answer.status == .created)
            #expect(answer.fields[.eTag] == "\"1\"")
            #expect(try answer.decode(as: [String: Int].self) == ["a": 1])
            #expect(try await server.request(.delete, "/echo").status == .methodNotAllowed)
            #expect(try await server.get("/nowhere").status == .notFound)
        }
    }

    @Test func `An answer that is cut short is an error`() async throws {
        try await withTestServer(makeApplication) { server in
            await #expect(throws: TestServerError.self) { try await server.get("/silent") }
        }
    }

    @Test(arguments: RPCClientConfiguration.supportedTransports) func `A client uses the transport it is told to`(
        transport: Transport
    ) async throws {
        try await withTestServer(makeApplication) { server in
            try await server.withClient(to: "/rpc", over: transport) { client in
                #expect(client.transport == transport)
            }
        }
    }

    @Test func `A server that was stopped or killed starts again on its port, and knows nothing of before`()
        async throws
    {
        let made = Mutex(0)
        try await withTestServer { configuration in
            made.withLock { $0 += 1 }
            return try makeApplication(configuration)
        } _: { server in
            let port = server.port
            for isKilled in [false, true] {
                if isKilled { await server.kill() } else { await server.stop() }
                await #expect(throws: TestServerError.self) { try await server.get("/hello/you") }
                try await server.start()
                // Twice is as good as once.
                try await server.start()
                #expect(server.port == port)
                #expect(try await server.get("/hello/you").status == .ok)
            }
            try await server.restart()
            #expect(try await server.get("/hello/you").status == .ok)
        }
        #expect(made.withLock { $0 } == 4)
    }

    @Test func `An application that cannot start says why`() async throws {
        await #expect(throws: StartupError.self) {
            try await withTestServer { configuration in
                let app = Application(configuration: configuration)
                app.get("/twice") { _, _ in "" }
                app.get("/twice") { _, _ in "" }
                return app
            } _: { _ in
            }
        }
        let file = FileManager.default.temporaryDirectory.appendingPathComponent(
            "holdfast-\(UUID().uuidString.prefix(8))"
        )
        await #expect(throws: TestServerError.self) {
            try await withTestServer { _ in
                Application(configuration: ApplicationConfiguration(listeners: [.unix(file.path)]))
            } _: { _ in
            }
        }
    }

    @Test func `What the body throws comes out, after the server has ended`() async throws {
        struct Problem: Error {}
        let port = Mutex(0)
        await #expect(throws: Problem.self) {
            try await withTestServer(makeApplication) { server in
                port.withLock { $0 = server.port }
                throw Problem()
            }
        }
        let client = try RPCClient("ws://127.0.0.1:\(port.withLock { $0 })/rpc")
        await #expect(throws: RPCClientError.self) { try await client.connect() }
    }

    @Test func `A manual clock decides when a session ends`() async throws {
        let clock = ManualClock()
        let (closed, continuation) = AsyncStream.makeStream(of: Duration.self)
        try await withTestServer(clock: clock) { configuration in
            let app = Application(configuration: configuration)
            let rpc = RPCEndpoint(label: "clock")
            rpc.onClose { _, _ in continuation.yield(clock.now) }
            app.rpc("/rpc", rpc, options: .init(reconnectionTimeout: .seconds(3600)))
            return app
        } _: { server in
            try await server.withClient(to: "/rpc") { _ in }
            // Whether the server has seen the client go is not to be known: time moves until it has, and another hour.
            let moving = Task {
                while !Task.isCancelled {
                    clock.advance(by: .seconds(60))
                    await Task.yield()
                }
            }
            var end: Duration?
            for await time in closed {
                end = time
                break
            }
            moving.cancel()
            await moving.value
            #expect(try #require(end) >= .seconds(3600))
        }
    }
}
