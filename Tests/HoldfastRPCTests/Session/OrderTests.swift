// SPDX-License-Identifier: Apache-2.0
import HoldfastTransport
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import HoldfastRPC

/// Keeps its requests unanswered, and notes whether it was called inside of something.
private final class Keeper: RPCHandler {
    let kept = Mutex<[Transaction]>([])
    private let isInside: @Sendable () -> Bool
    private let notes: Notes

    init(_ notes: Notes, _ isInside: @escaping @Sendable () -> Bool) {
        self.notes = notes
        self.isInside = isInside
    }

    private func note(_ what: String) { notes.add("\(what) \(isInside() ? "inside" : "outside")") }

    func connectionClosed(_ session: RPCSession, status: String) async throws { note("closed") }

    func handle(_ request: RPCRequest, _ transaction: Transaction) async throws {
        note("request")
        transaction.startAsync()
        kept.withLock { $0.append(transaction) }
    }
}

/// What starts when, and where application code runs.
@Suite(.timeLimit(.minutes(1))) struct OrderTests {
    private func request(_ method: String, _ id: Int) -> String {
        #"{"jsonrpc":"2.0","method":"\#(method)","id":\#(id)}"#
    }

    /// A session whose handlers run on one loop, as on a real link.
    private func onLoop(_ rpc: RPCEndpoint, _ body: @escaping @Sendable (Harness, Client) -> Void) async throws
        -> Harness
    {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let harness = Harness(rpc)
        try await loop.submit { body(harness, harness.connect(executor: LoopExecutor.shared(by: loop))) }.get()
        return harness
    }

    @Test func `Requests that let the next ones start run in the order they came`() async throws {
        let gate = Gate()
        let notes = Notes()
        final class Handler: RPCHandler {
            let gate: Gate
            let notes: Notes
            init(_ gate: Gate, _ notes: Notes) {
                self.gate = gate
                self.notes = notes
            }
            func handle(_ request: RPCRequest, _ transaction: Transaction) async throws {
                if request.method == "block" { return await gate.pass() }
                transaction.startAsync()
                notes.add(request.method)
                try transaction.sendResponse(1)
            }
        }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let harness = Harness(Handler(gate, notes))
        try await loop.submit {
            let client = harness.connect(executor: LoopExecutor.shared(by: loop))
            client.send(request("block", 0))
            for number in 1...8 { client.send(request("\(number)", number)) }
        }.get()
        gate.open()
        await notes.wait(for: 8)
        #expect(notes.all == (1...8).map { "\($0)" })
    }

    @Test func `Concurrent requests behind a serial one start in the order they came`() async throws {
        let gate = Gate()
        let notes = Notes()
        let rpc = RPCEndpoint()
        rpc.method("block") { _ in await gate.pass() }
        for name in ["a", "b"] { rpc.method(name, .concurrent) { _ in notes.add(name) } }
        rpc.method("c") { _ in notes.add("c") }
        let harness = try await onLoop(rpc) { _, client in
            for (id, name) in ["block", "a", "b", "c", "a", "c", "b"].enumerated() { client.send(request(name, id)) }
        }
        gate.open()
        await notes.wait(for: 6)
        #expect(notes.all == ["a", "b", "c", "a", "c", "b"])
        withExtendedLifetime(harness) {}
    }

    @Test func `A handler that waits for its own client lets the client's requests start, and goes on alone`()
        async throws
    {
        let notes = Notes()
        let rpc = RPCEndpoint()
        rpc.method("outer") { call in
            notes.add("outer begins")
            let answer = try await call.session.call("confirm", as: Int.self)
            notes.add("outer ends \(answer)")
        }
        rpc.method("sum") { _ in
            notes.add("sum")
            return 3
        }
        let client = Harness(rpc).connect()
        let question = Mutex<JSON?>(nil)
        client.reply { text in
            guard let json = try? JSON(parsing: text) else { return nil }
            if json["method"]?.string == "confirm" {
                question.withLock { $0 = json["id"] }
                return #"{"jsonrpc":"2.0","method":"sum","id":2}"#
            }
            guard json["id"] == 2, let id = question.withLock({ $0 }) else { return nil }
            return #"{"jsonrpc":"2.0","id":\#(id),"result":\#(json["result"]?["value"]?.int ?? 0)}"#
        }
        client.send(request("outer", 1))
        await notes.wait(for: 3)
        #expect(notes.all == ["outer begins", "sum", "outer ends 3"])
    }

    @Test func `Ending a session runs no other code of the application inside the call`() async throws {
        let isInside = Mutex(false)
        let notes = Notes()
        let rpc = RPCEndpoint()
        rpc.onClose { _, _ in notes.add(isInside.withLock { $0 } ? "inside" : "outside") }
        rpc.onTransportError { _, _ in notes.add("error") }
        rpc.method("bye") { call in
            isInside.withLock { $0 = true }
            call.session.close()
            isInside.withLock { $0 = false }
        }
        let harness = try await onLoop(rpc) { _, client in client.send(request("bye", 1)) }
        await notes.wait(for: 1)
        #expect(notes.all == ["outside"])
        withExtendedLifetime(harness) {}
    }

    @Test func `Answering a request starts none inside the call`() async throws {
        let isInside = Mutex(false)
        let notes = Notes()
        let handler = Keeper(notes) { isInside.withLock { $0 } }
        var options = RPCOptions(limits: .init())
        options.limits?.running = 1
        let client = Harness(handler, options).connect()
        for id in 1...2 { client.send(request("any", id)) }
        let first = try #require(handler.kept.withLock { $0.first })
        // As an application would, under a lock that its handlers take too.
        try isInside.withLock { inside in
            inside = true
            try first.sendResponse(1)
            inside = false
        }
        await notes.wait(for: 2)
        #expect(notes.all == ["request outside", "request outside"])
        handler.kept.withLock { $0 = [] }
    }

    @Test func `A handler that began as its session ended is cancelled`() async throws {
        let cancelled = Notes()
        let rpc = RPCEndpoint()
        rpc.method("wait") { call in
            // As another connection's closeSession would, before the handler's task is known.
            call.session.end(CloseReason(.normalClosure), cancelling: true)
            do { try await Task.sleep(for: .seconds(3600)) } catch { cancelled.add("cancelled") }
        }
        let client = Harness(rpc).connect()
        client.send(request("wait", 1))
        await cancelled.wait(for: 1)
    }

    @Test func `What a session keeps for the application is let go once the application has heard of its end`()
        async throws
    {
        final class Kept: Sendable {
            let session: RPCSession
            init(_ session: RPCSession) { self.session = session }
        }
        weak var weakSession: RPCSession?
        let notes = Notes()
        let rpc = RPCEndpoint()
        rpc.onClose { session, _ in notes.add("kept \(session.attributes["self"] != nil)") }
        let sessions = Mutex<[RPCSession]>([])
        rpc.onOpen { session in
            session.attributes["self"] = Kept(session)
            sessions.withLock { $0 = [session] }
        }
        let client = Harness(rpc).connect()
        client.send(SessionLifeTests.connect)
        weakSession = sessions.withLock { $0.first }
        #expect(weakSession != nil)
        sessions.withLock { $0 = [] }
        client.send(#"{"jsonrpc":"2.0","method":"closeSession"}"#)
        await notes.wait(for: 1)
        #expect(notes.all == ["kept true"])
        while weakSession != nil { await Task.yield() }
    }

    @Test func `A request that its task went on to before the task was known is cancelled with its session`()
        async throws
    {
        let gate = Gate()
        let notes = Notes()
        let rpc = RPCEndpoint()
        rpc.onOpen { _ in await gate.pass() }
        rpc.method("quick") { _ in }
        rpc.method("forever") { _ in
            notes.add("begin")
            do { try await Task.sleep(for: .seconds(3600)) } catch { notes.add("cancelled") }
        }
        let client = Harness(rpc).connect()
        for (id, name) in ["quick", "forever"].enumerated() { client.send(request(name, id)) }
        gate.open()
        await notes.wait(for: 1)
        client.send(#"{"jsonrpc":"2.0","method":"closeSession"}"#)
        await notes.wait(for: 2)
        #expect(notes.all == ["begin", "cancelled"])
    }

    @Test func `An answer that finds no room ends the session after the call, not in it`() async throws {
        let isInside = Mutex(false)
        let notes = Notes()
        let handler = Keeper(notes) { isInside.withLock { $0 } }
        var options = RPCOptions(limits: .init())
        options.limits?.outbox = QueueLimits(messages: 1, bytes: 1 << 10)
        let client = Harness(handler, options).connect()
        for id in 1...2 { client.send(request("any", id)) }
        client.cut()
        let kept = handler.kept.withLock { $0 }
        #expect(kept.count == 2)
        try isInside.withLock { inside in
            inside = true
            for transaction in kept { try transaction.sendResponse(1) }
            inside = false
        }
        await notes.wait(for: 3)
        #expect(notes.all == ["request outside", "request outside", "closed outside"])
        handler.kept.withLock { $0 = [] }
    }

    @Test func `A value that looks at the session's values as it goes may be replaced`() {
        final class Curious: Sendable {
            let attributes: RPCSession.Attributes
            init(_ attributes: RPCSession.Attributes) { self.attributes = attributes }
            deinit { _ = attributes["other"] }
        }
        let session = RPCSession(service: Harness(RPCEndpoint()).service)
        session.attributes["it"] = Curious(session.attributes)
        session.attributes["it"] = Curious(session.attributes)
        session.attributes["it"] = nil
        #expect(session.attributes["it"] == nil)
    }
}
