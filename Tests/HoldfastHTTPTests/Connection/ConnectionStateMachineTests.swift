// SPDX-License-Identifier: Apache-2.0
import HoldfastTransport
import Testing

@testable import HoldfastHTTP

/// The phases of a connection, without a channel.
struct ConnectionStateMachineTests {
    private static let limits = Limits.HTTP()

    private func machine(_ change: (inout Limits.HTTP) -> Void = { _ in }) -> ConnectionStateMachine {
        var limits = Limits.HTTP()
        change(&limits)
        return ConnectionStateMachine(limits: limits, acceptedAt: .zero)
    }

    private func head(hasBody: Bool = false, keepAlive: Bool = true, expectsContinue: Bool = false)
        -> ConnectionStateMachine.Head
    {
        .init(hasBody: hasBody, keepAlive: keepAlive, expectsContinue: expectsContinue, timeout: .seconds(30))
    }

    @Test func `one request is served after the other`() {
        var machine = machine()
        for _ in 1...3 {
            #expect(machine.mayParse)
            machine.headArrived(head(), .zero)
            #expect(!machine.mayParse)
            machine.handlerStart()
            machine.responseBegan(mayDropBody: false)
            #expect(machine.responseEnded(.zero, hasInput: false) == .request)
        }
    }

    @Test func `nothing of the next request is looked at while the socket is behind`() {
        var machine = machine()
        machine.headArrived(head(), .zero)
        machine.handlerStart()
        machine.responseBegan(mayDropBody: false)
        machine.outputIsBehind(.zero, taken: 0)
        #expect(machine.responseEnded(.zero, hasInput: true) == .request)
        #expect(!machine.mayParse)
        #expect(machine.mayRead(waiting: Self.limits.pipelined - 1))
        #expect(!machine.mayRead(waiting: Self.limits.pipelined))
        #expect(machine.outputCaughtUp(.zero) == .parse)
        #expect(machine.mayParse)
    }

    @Test func `a body is looked at while the socket is behind, for its response may be under way`() {
        var machine = machine()
        machine.headArrived(head(hasBody: true), .zero)
        machine.handlerStart()
        machine.responseBegan(mayDropBody: true)
        machine.outputIsBehind(.zero, taken: 0)
        #expect(machine.mayParse)
    }

    @Test func `the last answer is out before the end of output is sent`() {
        var machine = machine()
        machine.headArrived(head(keepAlive: false), .zero)
        machine.handlerStart()
        machine.responseBegan(mayDropBody: false)
        machine.outputIsBehind(.zero, taken: 0)
        #expect(machine.responseEnded(.zero, hasInput: false) == .close)
        #expect(machine.closeAfterOutput(.zero) == .nothing)
        #expect(machine.received(100) == .drop)
        // Two seconds of lingering begin with the end of output, whenever that is.
        #expect(machine.tick(.seconds(20), unsent: 10, taken: 1) == nil)
        #expect(machine.outputCaughtUp(.seconds(20)) == .closeOutput)
        #expect(machine.phase == .lingering)
        #expect(machine.tick(.seconds(21), unsent: 0, taken: 11) == nil)
        #expect(machine.tick(.seconds(22), unsent: 0, taken: 11) == .linger)
    }

    /// An answer is on its way, and a part of the next head is here.
    private func midway() -> ConnectionStateMachine {
        var machine = machine()
        machine.headArrived(head(), .zero)
        machine.handlerStart()
        machine.responseBegan(mayDropBody: false)
        #expect(machine.responseEnded(.zero, hasInput: true) == .request)
        #expect(machine.starved(.zero, midway: true) == .wait)
        return machine
    }

    @Test func `a further head has its time from when the client has the answer before`() {
        var machine = midway()
        for second in 1...100 {
            #expect(machine.tick(.seconds(second), unsent: 101 - second, taken: second) == nil)
        }
        var second = 101
        while machine.tick(.seconds(second), unsent: 0, taken: 101) == nil, second < 200 { second += 1 }
        // It was looked at every ten seconds.
        #expect((101...110).contains(second))
        #expect(machine.tick(.seconds(second), unsent: 0, taken: 101) == .head)
    }

    @Test func `a client with a further head under way does not stop taking the answer for long`() {
        var machine = midway()
        var second = 1
        while machine.tick(.seconds(second), unsent: 100, taken: 1) == nil, second < 200 { second += 1 }
        #expect(second == 40)
        #expect(machine.tick(.seconds(second), unsent: 100, taken: 1) == .write)
    }

    @Test func `lingering lasts until the client has the answer`() {
        var machine = machine()
        #expect(machine.closeAfterOutput(.zero) == .closeOutput)
        var taken = 0
        for second in 1...100 {
            taken += 1
            #expect(machine.tick(.seconds(second), unsent: 1000 - taken, taken: taken) == nil)
        }
        #expect(machine.tick(.seconds(129), unsent: 900, taken: taken) == nil)
        #expect(machine.tick(.seconds(130), unsent: 900, taken: taken) == .write)
    }

    @Test func `idleness lasts from when the client has the answer`() {
        var machine = machine()
        machine.headArrived(head(), .zero)
        machine.handlerStart()
        machine.responseBegan(mayDropBody: false)
        #expect(machine.responseEnded(.zero, hasInput: false) == .request)
        #expect(machine.tick(.seconds(60), unsent: 500, taken: 10) == nil)
        #expect(machine.tick(.seconds(80), unsent: 200, taken: 310) == nil)
        #expect(machine.tick(.seconds(100), unsent: 0, taken: 510) == nil)
        #expect(machine.tick(.seconds(120), unsent: 0, taken: 510) == .idle)
    }

    @Test func `what the kernel swallows is no progress`() {
        var machine = machine()
        machine.headArrived(head(), .zero)
        machine.handlerStart()
        machine.responseBegan(mayDropBody: false)
        machine.outputIsBehind(.zero, taken: 100)
        for second in 1...29 {
            #expect(machine.tick(.seconds(second), unsent: 900, taken: 100) == nil)
        }
        #expect(machine.tick(.seconds(30), unsent: 900, taken: 100) == .write)
    }

    @Test func `too much input after the last answer ends the wait for its client`() {
        var machine = machine()
        #expect(machine.closeAfterOutput(.zero) == .closeOutput)
        #expect(machine.received(64 << 10 - 1) == .drop)
        #expect(machine.received(64 << 10) == .close)
        #expect(machine.phase == .closed)
    }

    @Test func `while the last answer goes out, only so much input is dropped`() {
        var machine = machine()
        machine.outputIsBehind(.zero, taken: 0)
        #expect(machine.closeAfterOutput(.zero) == .nothing)
        #expect(machine.mayRead(waiting: 0))
        #expect(machine.received(64 << 10) == .drop)
        #expect(!machine.mayRead(waiting: 0))
    }

    @Test func `a client that has stopped sending is answered, then the connection closes without lingering`() {
        var machine = machine()
        machine.headArrived(head(), .zero)
        machine.handlerStart()
        let isOver = machine.endInput()
        #expect(!isOver)
        #expect(machine.phase == .open)
        machine.responseBegan(mayDropBody: false)
        #expect(machine.responseEnded(.zero, hasInput: true) == .request)
        machine.headArrived(head(), .zero)
        machine.handlerStart()
        machine.responseBegan(mayDropBody: false)
        #expect(machine.responseEnded(.zero, hasInput: false) == .close)
        #expect(machine.closeAfterOutput(.zero) == .closeOutput)
        #expect(machine.phase == .closed)
    }

    @Test func `100 is owed once, and only to a client that waits`() {
        var machine = machine()
        machine.headArrived(head(hasBody: true, expectsContinue: true), .zero)
        machine.handlerStart()
        #expect([machine.bodyWanted(.zero), machine.bodyWanted(.zero)] == [true, false])
        var hasty = self.machine()
        hasty.headArrived(head(hasBody: true, expectsContinue: true), .zero)
        hasty.bodyArrived(1, .zero)
        #expect(hasty.bodyWanted(.zero) == false)
    }

    @Test func `a client that waits for 100 has no deadline, its handler has`() {
        var machine = machine()
        machine.headArrived(head(hasBody: true, expectsContinue: true), .zero)
        machine.handlerStart()
        #expect(machine.nextDeadline == .seconds(30))
        #expect(machine.bodyWanted(.seconds(20)) == true)
        #expect(machine.nextDeadline == .seconds(25))
    }

    @Test func `the number of requests is counted to the last`() {
        var machine = machine { $0.requestsPerConnection = 2 }
        machine.headArrived(head(), .zero)
        #expect(machine.keepAlive)
        machine.handlerStart()
        machine.responseBegan(mayDropBody: false)
        #expect(machine.responseEnded(.zero, hasInput: true) == .request)
        machine.headArrived(head(), .zero)
        #expect(!machine.keepAlive)
    }
}
