// SPDX-License-Identifier: Apache-2.0
import HoldfastSockJS
import HoldfastTransport
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@Suite("A session over many requests")
struct SockJSSessionTests {
    /// One session on a loop and a clock that move by hand.
    private final class Bench {
        let loop = EmbeddedEventLoop()
        let scheduler = ManualScheduler()
        let table = SessionTable()
        private let connections = ConnectionList()
        private var lastReceiver: UInt64 = 0
        var options = SockJSOptions()

        final class ConnectionList: Sendable {
            let all = Mutex<[MessageConnection]>([])
        }

        var connection: MessageConnection? { connections.all.withLock { $0.last } }
        var connectionCount: Int { connections.all.withLock { $0.count } }

        func session() -> SockJSSession {
            let options = options
            let connections = connections
            let table = table
            let environment = SockJSSession.Environment(
                options: options,
                scheduler: scheduler,
                eventLoop: loop,
                start: { link in
                    let connection = MessageConnection(
                        transport: .xhrStreaming,
                        info: .init(),
                        link: link,
                        outbound: options.outbound,
                        inbound: options.inbound
                    )
                    connections.all.withLock { $0.append(connection) }
                    return connection
                },
                onGone: { table.remove($0) }
            )
            return table.session("id") {
                SockJSSession(id: "id", binding: .init(origin: nil, userAgent: nil), environment: environment)
            }
        }

        @discardableResult
        func receive(_ mode: SessionStateMachine.ReceiverMode) -> TestReceiver {
            lastReceiver += 1
            let receiver = TestReceiver(lastReceiver, mode, on: loop)
            while !session().attach(receiver) { table.remove(session()) }
            loop.run()
            return receiver
        }

        func advance(_ amount: Duration) {
            scheduler.advance(by: amount)
            loop.run()
        }

        func send(_ texts: String...) throws {
            let connection = try #require(connection)
            for text in texts { #expect(connection.enqueue(Message(text)) == .queued) }
            loop.run()
        }
    }

    @Test("A poll opens the session; messages sent apart come in one frame to the next")
    func polls() throws {
        let bench = Bench()
        #expect(bench.receive(.polling).written == ["<prelude>", "o", "<end>"])
        try bench.send("a", "b", "c")
        #expect(bench.receive(.polling).written == ["<prelude>", #"a["a","b","c"]"#, "<end>"])
        let waiting = bench.receive(.polling)
        #expect(waiting.written == ["<prelude>"])
        try bench.send("d")
        #expect(waiting.written == ["<prelude>", #"a["d"]"#, "<end>"])
        #expect(bench.connectionCount == 1)
    }

    @Test("A stream gets what was sent in one turn of the loop as one frame")
    func streams() throws {
        let bench = Bench()
        let stream = bench.receive(.streaming)
        try bench.send("a", "b")
        try bench.send("c")
        #expect(stream.written == ["<prelude>", "o", #"a["a","b"]"#, #"a["c"]"#])
    }

    @Test("A stream ends at its limit and the next one goes on where it ended")
    func limit() throws {
        let bench = Bench()
        bench.options.streamLimit = 20
        let stream = bench.receive(.streaming)
        try bench.send("0123456789abc", "after")
        #expect(stream.written == ["<prelude>", "o", #"a["0123456789abc","after"]"#, "<end>"])
        try bench.send("waits")
        #expect(bench.receive(.streaming).written == ["<prelude>", #"a["waits"]"#])
    }

    @Test("A frame gathers messages up to the stream limit; the rest follows in order")
    func gathering() throws {
        let bench = Bench()
        bench.options.streamLimit = 10
        bench.receive(.polling)
        try bench.send("0123456789", "x", "y")
        #expect(bench.receive(.polling).written == ["<prelude>", #"a["0123456789"]"#, "<end>"])
        #expect(bench.receive(.polling).written == ["<prelude>", #"a["x","y"]"#, "<end>"])
    }

    @Test("A second receiver is refused after a moment, and the first one goes on")
    func conflict() throws {
        let bench = Bench()
        let first = bench.receive(.streaming)
        let second = bench.receive(.streaming)
        #expect(second.written == ["<prelude>"])
        bench.advance(.milliseconds(50))
        #expect(second.written == ["<prelude>", #"c[2010,"Another connection still open"]"#, "<end>"])
        try bench.send("still here")
        #expect(first.written.last == #"a["still here"]"#)
    }

    @Test("A second receiver takes over when the first one's end was just being noticed")
    func conflictResolved() throws {
        let bench = Bench()
        let first = bench.receive(.polling)
        #expect(first.written.last == "<end>")
        let holder = bench.receive(.polling)
        let second = bench.receive(.polling)
        try bench.send("x")
        #expect(holder.written.last == "<end>")
        bench.advance(.milliseconds(50))
        #expect(second.written == ["<prelude>"])
        try bench.send("y")
        #expect(second.written == ["<prelude>", #"a["y"]"#, "<end>"])
    }

    @Test("A receiver that left ends the session at once, noticed or not", arguments: [false, true])
    func loss(silently: Bool) throws {
        let bench = Bench()
        bench.receive(.streaming).leave(silently: silently)
        let next = bench.receive(.streaming)
        #expect(next.written == ["<prelude>", #"c[1002,"Connection interrupted"]"#, "<end>"])
        #expect(try #require(bench.connection).closeReason?.code == .abnormalClosure)
        #expect(bench.connectionCount == 1)
    }

    @Test("A poll whose client sends no more still gets its answer")
    func halfClosed() throws {
        let bench = Bench()
        bench.receive(.polling)
        let poll = bench.receive(.polling)
        poll.stopSending()
        bench.advance(.milliseconds(49))
        #expect(poll.written == ["<prelude>"])
        try bench.send("a")
        #expect(poll.written == ["<prelude>", #"a["a"]"#, "<end>"])
        bench.advance(.seconds(1))
        #expect(try #require(bench.connection).closeReason == nil)
    }

    @Test("Without an answer it hears that the session has ended, as the application does", arguments: [false, true])
    func halfClosedInVain(asksAgain: Bool) throws {
        let bench = Bench()
        bench.receive(.polling)
        let poll = bench.receive(.polling)
        poll.stopSending()
        let interrupted = ["<prelude>", #"c[1002,"Connection interrupted"]"#, "<end>"]
        if asksAgain {
            #expect(bench.receive(.polling).written == interrupted)
        } else {
            bench.advance(.milliseconds(50))
        }
        #expect(poll.written == interrupted)
        #expect(try #require(bench.connection).closeReason?.code == .abnormalClosure)
    }

    @Test("The application hears of the end once, and a new session of the same name may begin after it")
    func disconnectDelay() throws {
        let bench = Bench()
        bench.receive(.polling)
        let connection = try #require(bench.connection)
        bench.advance(.seconds(5) - .milliseconds(1))
        #expect(connection.closeReason == nil)
        #expect(bench.table.count == 1)
        bench.advance(.milliseconds(1))
        #expect(connection.closeReason?.code == .abnormalClosure)
        #expect(bench.table.count == 0)
        #expect(bench.scheduler.pendingCount == 0)
        #expect(bench.receive(.polling).written == ["<prelude>", "o", "<end>"])
        #expect(bench.connectionCount == 2)
    }

    @Test("A waiting stream is kept alive by heartbeats and lives on")
    func heartbeats() throws {
        let bench = Bench()
        let stream = bench.receive(.streaming)
        bench.advance(.seconds(25))
        bench.advance(.seconds(25))
        #expect(stream.written == ["<prelude>", "o", "h", "h"])
        try bench.send("x")
        #expect(stream.written.last == #"a["x"]"#)
        #expect(bench.connection?.closeReason == nil)
    }

    @Test("A close follows what was sent, and is repeated until nobody asks")
    func close() throws {
        let bench = Bench()
        bench.receive(.polling)
        let connection = try #require(bench.connection)
        try bench.send("last")
        connection.close(.goAway, reason: "Go away!")
        #expect(bench.receive(.polling).written == ["<prelude>", #"a["last"]"#, "<end>"])
        for _ in 0..<3 {
            #expect(bench.receive(.polling).written == ["<prelude>", #"c[3000,"Go away!"]"#, "<end>"])
            bench.advance(.seconds(4))
        }
        #expect(connection.closeReason == CloseReason(.goAway, "Go away!"))
        bench.advance(.seconds(1))
        #expect(bench.table.count == 0)
    }

    @Test("A close reaches a waiting stream at once")
    func closeOfStream() throws {
        let bench = Bench()
        let stream = bench.receive(.streaming)
        try #require(bench.connection).close(.goAway, reason: "Go away!")
        bench.loop.run()
        #expect(stream.written == ["<prelude>", "o", #"c[3000,"Go away!"]"#, "<end>"])
    }

    @Test("Nothing that a client does not fetch exceeds the outbound bounds")
    func bounds() throws {
        let bench = Bench()
        bench.options.outbound = QueueLimits(messages: 3, bytes: 1 << 20)
        bench.receive(.polling)
        try bench.send("1", "2", "3")
        let connection = try #require(bench.connection)
        #expect(connection.enqueue("4") == .full)
        #expect(bench.receive(.polling).written == ["<prelude>", #"a["1","2","3"]"#, "<end>"])
        #expect(connection.enqueue("4") == .queued)
    }

    @Test("The client's messages reach the application in order")
    func delivery() async throws {
        let loop = NIOAsyncTestingEventLoop()
        let connections = Bench.ConnectionList()
        let session = SockJSSession(
            id: "id",
            binding: .init(origin: nil, userAgent: nil),
            environment: .init(
                options: .init(),
                scheduler: ManualScheduler(),
                eventLoop: loop,
                start: { link in
                    let connection = MessageConnection(transport: .xhrPolling, info: .init(), link: link)
                    connections.all.withLock { $0.append(connection) }
                    return connection
                },
                onGone: { _ in }
            )
        )
        #expect(try await deliver(["early"], to: session, on: loop) == .unknown)
        let receiver = TestReceiver(1, .polling, on: loop)
        try await loop.executeInContext { _ = session.attach(receiver) }
        #expect(try await deliver(["a", "b"], to: session, on: loop) == .deliver)
        #expect(try await deliver(["c"], to: session, on: loop) == .deliver)
        let connection = try #require(connections.all.withLock { $0.first })
        var messages = connection.messages.makeAsyncIterator()
        for expected in ["a", "b", "c"] { #expect(try await messages.next()?.text == expected) }
        await loop.shutdownGracefully()
    }

    private func deliver(
        _ texts: [String],
        to session: SockJSSession,
        on loop: NIOAsyncTestingEventLoop
    ) async throws -> SessionStateMachine.Intake {
        async let intake = session.deliver(texts.map { ByteBuffer(string: $0) })
        // Runs what delivery put on the loop, whenever it does.
        let runner = Task {
            while !Task.isCancelled {
                await loop.run()
                await Task.yield()
            }
        }
        defer { runner.cancel() }
        return try await intake
    }

    @Test("A session is held to its first browser and to the first origin it named")
    func binding() {
        var binding = SessionBinding(origin: nil, userAgent: "a")
        func admits(_ origin: String?, _ userAgent: String?) -> Bool {
            binding.admits(SessionBinding(origin: origin, userAgent: userAgent))
        }
        #expect(admits(nil, "a"))
        #expect(!admits(nil, "b"))
        #expect(!admits("http://a.test", nil))
        #expect(admits("http://a.test", "a"))
        #expect(!admits("http://b.test", "a"))
        #expect(!admits("null", "a"))
        #expect(admits(nil, "a"))
        #expect(admits("http://a.test", "a"))
    }
}
