// SPDX-License-Identifier: Apache-2.0
import Holdfast
import HoldfastClient
import HoldfastRPC
import HoldfastTransport
import Synchronization
import Testing

/// A proxy's ban on upgrades, until it is lifted.
private final class Ban: Middleware {
    let isLifted = Atomic(false)

    func handle(_ request: Request, _ context: RequestContext, next: Handler) async throws -> Response {
        if request[.upgrade] != nil, !isLifted.load(ordering: .relaxed) { return Response(.forbidden) }
        return try await next(request, context)
    }
}

@Suite(.timeLimit(.minutes(1))) struct ProbeTests {
    @Test func `In memory, calls and notifications keep their order over a move`() async throws {
        let order = Mutex<[Int]>([])
        let server = MemoryServer { endpoint in
            endpoint.method("note") { (params: [String: Int], _) in order.withLock { $0.append(params["n"] ?? -1) } }
            endpoint.method("tell") { (params: JSON, call) in try await call.session.notify("told", params) }
        }
        server.refuse([.webSocket])
        let client = try server.makeClient(transports: [.webSocket, .xhrStreaming]) { $0.heartbeat = nil }
        try await client.connect()
        let events = EventLog(client)
        let session = client.sessionID
        let notifications = client.notifications
        #expect(client.transport == .xhrStreaming)
        server.refuse([])
        for number in 0..<100 {
            if number == 50 { server.scheduler.advance(by: .seconds(5)) }
            try await client.notify("note", ["n": number])
            try await client.notify("tell", ["n": number])
        }
        var told: [Int] = []
        for await notification in notifications {
            told.append(notification.params["n"]?.int ?? -1)
            if told.count == 100 { break }
        }
        #expect(told == Array(0..<100))
        #expect(order.withLock { $0 } == Array(0..<100))
        #expect(events.all == [.transportChanged(.webSocket)])
        #expect(client.sessionID == session)
        await client.close()
    }

    @Test(arguments: [Transport.xhrStreaming, .xhrPolling])
    func `Once upgrades are allowed, a session under load moves to a WebSocket in the background`(transport: Transport)
        async throws
    {
        let ban = Ban()
        try await withLiveServer(configure: { $0.use(ban) }) { port in
            var configuration = RPCClientConfiguration()
            configuration.logger.logLevel = .critical
            configuration.transports = [.webSocket, transport]
            configuration.probeDelay = .milliseconds(1)
            let client = try RPCClient("http://127.0.0.1:\(port)/rpc", configuration: configuration)
            let events = client.events
            let notifications = client.notifications
            try await client.connect()
            #expect(client.transport == transport)
            let session = client.sessionID
            let moved = Atomic(false)
            let sending = Task {
                var count = 0
                while !moved.load(ordering: .relaxed) {
                    try await client.notify("tellMe", ["n": count])
                    let sum = try await client.call("sum", Sum(a: count, b: 1), as: Int.self)
                    #expect(sum == count + 1)
                    count += 1
                    if count == 10 { ban.isLifted.store(true, ordering: .relaxed) }
                }
                return count
            }
            for await event in events {
                if case .transportChanged(.webSocket) = event { break }
                #expect(event == .connected(transport))
            }
            moved.store(true, ordering: .relaxed)
            let count = try await sending.value
            var told: [Int] = []
            for await notification in notifications {
                told.append(notification.params["n"]?.int ?? -1)
                if told.count == count { break }
            }
            #expect(told == Array(0..<count))
            #expect(client.transport == .webSocket)
            #expect(client.sessionID == session)
            #expect(try await client.call("sum", Sum(a: 1, b: 1), as: Int.self) == 2)
            await client.close()
        }
    }
}
