// SPDX-License-Identifier: Apache-2.0
import HoldfastSockJS
import HoldfastTransport
import Testing

@Suite("The session state machine")
struct SessionStateMachineTests {
    private typealias Machine = SessionStateMachine

    private static let first = ReceiverID(1)
    private static let second = ReceiverID(2)

    private func makeMachine(streamLimit: Int = 1000) -> Machine {
        Machine(
            configuration: .init(disconnectDelay: .seconds(5), heartbeat: .seconds(25), streamLimit: streamLimit),
            now: .zero
        )
    }

    /// A session whose first receiver, a stream, has been sent `o`.
    private func makeStreaming(streamLimit: Int = 1000, openBytes: Int = 2) -> Machine {
        var machine = makeMachine(streamLimit: streamLimit)
        #expect(machine.attach(Self.first, .streaming, now: .zero) == .accepted)
        #expect(machine.step(Self.first, after: .turn, now: .zero) == .open)
        #expect(machine.step(Self.first, after: .wrote(bytes: openBytes, more: false), now: .zero) == .wait)
        return machine
    }

    /// A session whose first poll has been answered with `o` at time zero.
    private func makePolled() -> Machine {
        var machine = makeMachine()
        #expect(machine.attach(Self.first, .polling, now: .zero) == .accepted)
        #expect(machine.step(Self.first, after: .turn, now: .zero) == .open)
        #expect(machine.step(Self.first, after: .wrote(bytes: 2, more: false), now: .zero) == .end)
        return machine
    }

    // MARK: Opening

    @Test("A poll of a new session gets the open frame and ends")
    func pollOpens() {
        let machine = makePolled()
        #expect(machine.phase == .open)
    }

    @Test("A brief poll waits a moment for messages, then ends with a heartbeat")
    func briefPoll() {
        var machine = makePolled()
        #expect(machine.attach(Self.second, .brief, now: .seconds(1)) == .accepted)
        #expect(machine.step(Self.second, after: .turn, now: .seconds(1)) == .wait)
        #expect(machine.timerToArm() == .seconds(1) + Machine.briefWait)
        #expect(machine.timerFired(now: .milliseconds(1049)) == .nothing)
        #expect(machine.timerFired(now: .milliseconds(1050)) == .wake(Self.second))
        #expect(machine.step(Self.second, after: .turn, now: .milliseconds(1050)) == .heartbeat)
        #expect(machine.step(Self.second, after: .wrote(bytes: 2, more: false), now: .milliseconds(1050)) == .end)
    }

    @Test("A brief poll ends with the messages that come while it waits")
    func briefPollGetsMessages() {
        var machine = makePolled()
        #expect(machine.attach(Self.second, .brief, now: .zero) == .accepted)
        #expect(machine.step(Self.second, after: .turn, now: .zero) == .wait)
        #expect(machine.outboundAvailable() == Self.second)
        #expect(machine.step(Self.second, after: .turn, now: .zero) == .pull)
        #expect(machine.step(Self.second, after: .wrote(bytes: 9, more: false), now: .zero) == .end)
    }

    @Test("A stream of a new session gets the open frame once and stays")
    func streamOpens() {
        var machine = makeStreaming()
        #expect(machine.step(Self.first, after: .turn, now: .zero) == .wait)
        #expect(machine.attach(Self.second, .polling, now: .zero) == .busy(Self.first))
    }

    // MARK: Messages

    @Test("Messages that came while nobody received go to the next poll, which ends")
    func messagesWaitForPoll() {
        var machine = makePolled()
        #expect(machine.outboundAvailable() == nil)
        #expect(machine.attach(Self.second, .polling, now: .seconds(1)) == .accepted)
        #expect(machine.step(Self.second, after: .turn, now: .seconds(1)) == .pull)
        #expect(machine.step(Self.second, after: .wrote(bytes: 9, more: false), now: .seconds(1)) == .end)
    }

    @Test("A poll with nothing to say waits, and is woken once for what comes")
    func pollWaits() {
        var machine = makePolled()
        #expect(machine.attach(Self.second, .polling, now: .seconds(1)) == .accepted)
        #expect(machine.step(Self.second, after: .turn, now: .seconds(1)) == .wait)
        #expect(machine.outboundAvailable() == Self.second)
        #expect(machine.outboundAvailable() == nil)
        #expect(machine.step(Self.second, after: .turn, now: .seconds(2)) == .pull)
        #expect(machine.step(Self.second, after: .empty, now: .seconds(2)) == .wait)
        #expect(machine.outboundAvailable() == Self.second)
    }

    @Test("What becomes available while a stream is taking is taken next")
    func availableDuringPull() {
        var machine = makeStreaming()
        #expect(machine.outboundAvailable() == Self.first)
        #expect(machine.step(Self.first, after: .turn, now: .zero) == .pull)
        #expect(machine.outboundAvailable() == Self.first)
        #expect(machine.step(Self.first, after: .wrote(bytes: 5, more: false), now: .zero) == .pull)
        #expect(machine.step(Self.first, after: .empty, now: .zero) == .wait)
    }

    @Test("What a full poll left behind goes to the next one")
    func moreAfterPoll() {
        var machine = makePolled()
        #expect(machine.outboundAvailable() == nil)
        #expect(machine.attach(Self.second, .polling, now: .zero) == .accepted)
        #expect(machine.step(Self.second, after: .turn, now: .zero) == .pull)
        #expect(machine.step(Self.second, after: .wrote(bytes: 9, more: true), now: .zero) == .end)
        #expect(machine.attach(Self.first, .polling, now: .zero) == .accepted)
        #expect(machine.step(Self.first, after: .turn, now: .zero) == .pull)
    }

    // MARK: The stream limit

    @Test("A stream ends at its limit, not a byte before", arguments: [(997, false), (998, true), (999, true)])
    func streamLimit(bytes: Int, ends: Bool) {
        var machine = makeStreaming(streamLimit: 1000, openBytes: 2)
        _ = machine.outboundAvailable()
        #expect(machine.step(Self.first, after: .turn, now: .zero) == .pull)
        let step = machine.step(Self.first, after: .wrote(bytes: bytes, more: false), now: .zero)
        #expect(step == (ends ? .end : .wait))
        #expect(machine.attach(Self.second, .streaming, now: .zero) == (ends ? .accepted : .busy(Self.first)))
    }

    @Test("The next stream of a session counts from zero and gets no second open frame")
    func nextStreamCountsAnew() {
        var machine = makeStreaming(streamLimit: 10)
        _ = machine.outboundAvailable()
        #expect(machine.step(Self.first, after: .turn, now: .zero) == .pull)
        #expect(machine.step(Self.first, after: .wrote(bytes: 500, more: true), now: .zero) == .end)
        #expect(machine.attach(Self.second, .streaming, now: .zero) == .accepted)
        #expect(machine.step(Self.second, after: .turn, now: .zero) == .pull)
        #expect(machine.step(Self.second, after: .wrote(bytes: 9, more: false), now: .zero) == .wait)
    }

    // MARK: One receiver at a time

    @Test("A second receiver is told who holds the session, and the first goes on")
    func secondReceiver() {
        var machine = makeStreaming()
        #expect(machine.attach(Self.second, .polling, now: .seconds(1)) == .busy(Self.first))
        #expect(machine.step(Self.second, after: .turn, now: .seconds(1)) == .wait)
        #expect(machine.outboundAvailable() == Self.first)
        #expect(machine.step(Self.first, after: .turn, now: .seconds(1)) == .pull)
    }

    @Test("The loss of a receiver that no longer holds the session means nothing")
    func staleLoss() {
        var machine = makePolled()
        let ended = machine.receiverBroke(Self.first, now: .seconds(1))
        #expect(!ended)
        #expect(machine.phase == .open)
        #expect(machine.intake == .deliver)
    }

    // MARK: Loss

    @Test("The loss of the receiver ends the session at once, and the next receiver hears of it")
    func loss() {
        var machine = makeStreaming()
        let lost = machine.receiverBroke(Self.first, now: .seconds(1))
        #expect(lost)
        #expect(machine.intake == .unknown)
        #expect(machine.attach(Self.second, .polling, now: .seconds(1)) == .accepted)
        let reason = CloseReason(1002, "Connection interrupted")
        #expect(machine.step(Self.second, after: .turn, now: .seconds(1)) == .close(reason))
        #expect(machine.step(Self.second, after: .wrote(bytes: 9, more: false), now: .seconds(1)) == .end)
    }

    @Test("The loss of a receiver that was being told of the close is no second end")
    func lossWhileClosing() {
        var machine = makePolled()
        _ = machine.outboundAvailable()
        #expect(machine.attach(Self.second, .polling, now: .zero) == .accepted)
        #expect(machine.step(Self.second, after: .turn, now: .zero) == .pull)
        let reason = CloseReason(3000, "Go away!")
        #expect(machine.step(Self.second, after: .closed(reason), now: .zero) == .close(reason))
        let ended = machine.receiverBroke(Self.second, now: .zero)
        #expect(!ended)
        #expect(machine.phase == .closing(CloseReason(3000, "Go away!")))
    }

    // MARK: A poll whose client sends no more

    /// A session with a poll that waits, whose client has sent its end at one second.
    private func makeLeaving() -> Machine {
        var machine = makePolled()
        #expect(machine.attach(Self.second, .polling, now: .seconds(1)) == .accepted)
        #expect(machine.step(Self.second, after: .turn, now: .seconds(1)) == .wait)
        machine.inputEnded(Self.second, now: .seconds(1))
        #expect(machine.timerToArm() == .seconds(1) + Machine.briefWait)
        return machine
    }

    @Test("A poll whose client sends no more gets what comes within a moment, and the session lives on")
    func leavingPollGetsMessages() {
        var machine = makeLeaving()
        #expect(machine.timerFired(now: .milliseconds(1049)) == .nothing)
        #expect(machine.outboundAvailable() == Self.second)
        // Its turn is late.
        #expect(machine.timerFired(now: .milliseconds(1050)) == .nothing)
        #expect(machine.step(Self.second, after: .turn, now: .milliseconds(1060)) == .pull)
        #expect(machine.step(Self.second, after: .wrote(bytes: 9, more: false), now: .milliseconds(1060)) == .end)
        #expect(machine.phase == .open)
        #expect(machine.attach(Self.first, .polling, now: .seconds(2)) == .accepted)
    }

    @Test("A poll whose client sends no more ends the session when nothing comes, and says so")
    func leavingPollGetsNothing() {
        var machine = makeLeaving()
        #expect(machine.timerFired(now: .milliseconds(1050)) == .interrupt(Self.second))
        #expect(machine.intake == .unknown)
        let reason = CloseReason(1002, "Connection interrupted")
        #expect(machine.step(Self.second, after: .turn, now: .milliseconds(1050)) == .close(reason))
        #expect(machine.step(Self.second, after: .wrote(bytes: 9, more: false), now: .milliseconds(1050)) == .end)
        #expect(machine.timerFired(now: .milliseconds(6050)) == .expire(lost: false))
    }

    @Test("A poll whose client sends no more does not keep the next receiver waiting")
    func leavingPollMakesRoom() {
        var machine = makeLeaving()
        #expect(machine.attach(Self.first, .polling, now: .seconds(1)) == .left(Self.second))
        let lost = machine.receiverBroke(Self.second, now: .seconds(1))
        #expect(lost)
        #expect(machine.attach(Self.first, .polling, now: .seconds(1)) == .accepted)
    }

    @Test("The end of input of a receiver that no longer holds the session means nothing")
    func staleInputEnd() {
        var machine = makePolled()
        machine.inputEnded(Self.first, now: .seconds(1))
        #expect(machine.attach(Self.second, .polling, now: .seconds(1)) == .accepted)
        #expect(machine.attach(Self.first, .polling, now: .seconds(1)) == .busy(Self.second))
    }

    // MARK: The application closes

    @Test("A close comes after what is queued, ends the stream, and is repeated to every later receiver")
    func applicationCloses() {
        let reason = CloseReason(3000, "Go away!")
        var machine = makeStreaming()
        #expect(machine.outboundAvailable() == Self.first)
        #expect(machine.step(Self.first, after: .turn, now: .zero) == .pull)
        #expect(machine.step(Self.first, after: .wrote(bytes: 9, more: true), now: .zero) == .pull)
        #expect(machine.step(Self.first, after: .closed(reason), now: .zero) == .close(reason))
        #expect(machine.intake == .drop)
        #expect(machine.step(Self.first, after: .wrote(bytes: 9, more: false), now: .zero) == .end)
        for id in 2..<5 as Range<UInt64> {
            let receiver = ReceiverID(id)
            #expect(machine.attach(receiver, .streaming, now: .seconds(id)) == .accepted)
            #expect(machine.step(receiver, after: .turn, now: .seconds(id)) == .close(reason))
            #expect(machine.step(receiver, after: .wrote(bytes: 9, more: false), now: .seconds(id)) == .end)
        }
    }

    @Test("Each receiver of a closed session restarts the delay after which it is forgotten")
    func closingDelay() {
        let reason = CloseReason(3000, "Go away!")
        var machine = makePolled()
        _ = machine.outboundAvailable()
        for (id, second) in [(2, 1), (3, 5), (4, 9)] as [(UInt64, Int)] {
            let receiver = ReceiverID(id)
            #expect(machine.attach(receiver, .polling, now: .seconds(second)) == .accepted)
            var step = machine.step(receiver, after: .turn, now: .seconds(second))
            if step == .pull { step = machine.step(receiver, after: .closed(reason), now: .seconds(second)) }
            #expect(step == .close(reason))
            #expect(machine.step(receiver, after: .wrote(bytes: 9, more: false), now: .seconds(second)) == .end)
        }
        #expect(machine.timerFired(now: .seconds(14) - .milliseconds(1)) == .nothing)
        #expect(machine.timerFired(now: .seconds(14)) == .expire(lost: false))
        #expect(machine.attach(Self.first, .polling, now: .seconds(14)) == .gone)
    }

    // MARK: The disconnect delay

    @Test("A session that nobody asks for ends after the delay, counted from its making")
    func neverReceived() {
        var machine = makeMachine()
        #expect(machine.timerToArm() == .seconds(5))
        #expect(machine.timerFired(now: .seconds(5) - .nanoseconds(1)) == .nothing)
        #expect(machine.timerFired(now: .seconds(5)) == .expire(lost: true))
        #expect(machine.phase == .gone)
        #expect(machine.timerToArm() == nil)
    }

    @Test("The delay runs from the end of each poll")
    func delayAfterPoll() {
        var machine = makePolled()
        #expect(machine.attach(Self.second, .polling, now: .seconds(4)) == .accepted)
        _ = machine.outboundAvailable()
        #expect(machine.step(Self.second, after: .turn, now: .seconds(7)) == .pull)
        #expect(machine.timerFired(now: .seconds(7)) == .nothing)
        #expect(machine.step(Self.second, after: .wrote(bytes: 4, more: false), now: .seconds(8)) == .end)
        #expect(machine.timerFired(now: .seconds(12)) == .nothing)
        #expect(machine.timerFired(now: .seconds(13)) == .expire(lost: true))
    }

    @Test("The delay runs from the end of a stream at its limit")
    func delayAfterStream() {
        var machine = makeStreaming(streamLimit: 3)
        _ = machine.outboundAvailable()
        #expect(machine.step(Self.first, after: .turn, now: .seconds(60)) == .pull)
        #expect(machine.step(Self.first, after: .wrote(bytes: 4, more: false), now: .seconds(60)) == .end)
        #expect(machine.timerFired(now: .seconds(64)) == .nothing)
        #expect(machine.timerFired(now: .seconds(65)) == .expire(lost: true))
    }

    @Test("The delay does not run while a receiver waits")
    func noDelayWhileReceiving() {
        var machine = makeStreaming()
        for second in 5..<25 { #expect(machine.timerFired(now: .seconds(second)) == .nothing) }
    }

    // MARK: Heartbeats

    @Test("A stream that waits gets a heartbeat after the interval, and again")
    func heartbeatOfStream() {
        var machine = makeStreaming()
        for second in [25, 50, 75] {
            #expect(machine.timerFired(now: .seconds(second) - .nanoseconds(1)) == .nothing)
            #expect(machine.timerFired(now: .seconds(second)) == .wake(Self.first))
            #expect(machine.step(Self.first, after: .turn, now: .seconds(second)) == .heartbeat)
            #expect(machine.step(Self.first, after: .wrote(bytes: 2, more: false), now: .seconds(second)) == .wait)
        }
    }

    @Test("A heartbeat ends a poll and counts to a stream's limit")
    func heartbeatEnds() {
        var machine = makePolled()
        #expect(machine.attach(Self.second, .polling, now: .zero) == .accepted)
        #expect(machine.step(Self.second, after: .turn, now: .zero) == .wait)
        #expect(machine.timerFired(now: .seconds(25)) == .wake(Self.second))
        #expect(machine.step(Self.second, after: .turn, now: .seconds(25)) == .heartbeat)
        #expect(machine.step(Self.second, after: .wrote(bytes: 2, more: false), now: .seconds(25)) == .end)

        var stream = makeStreaming(streamLimit: 4)
        #expect(stream.timerFired(now: .seconds(25)) == .wake(Self.first))
        #expect(stream.step(Self.first, after: .turn, now: .seconds(25)) == .heartbeat)
        #expect(stream.step(Self.first, after: .wrote(bytes: 2, more: false), now: .seconds(25)) == .end)
    }

    @Test("A message instead of a heartbeat puts the next one off")
    func messagePutsHeartbeatOff() {
        var machine = makeStreaming()
        #expect(machine.outboundAvailable() == Self.first)
        #expect(machine.step(Self.first, after: .turn, now: .seconds(20)) == .pull)
        #expect(machine.step(Self.first, after: .wrote(bytes: 9, more: false), now: .seconds(20)) == .wait)
        #expect(machine.timerFired(now: .seconds(25)) == .nothing)
        #expect(machine.timerFired(now: .seconds(45)) == .wake(Self.first))
    }

    // MARK: The timer

    @Test("The timer is armed anew only when a deadline comes nearer, or when it has fired")
    func timerIsLazy() {
        var machine = makeMachine()
        #expect(machine.timerToArm() == .seconds(5))
        #expect(machine.timerToArm() == nil)
        #expect(machine.attach(Self.first, .polling, now: .seconds(1)) == .accepted)
        #expect(machine.timerToArm() == nil)
        #expect(machine.timerFired(now: .seconds(5)) == .nothing)
        #expect(machine.timerToArm() == .seconds(26))
        #expect(machine.step(Self.first, after: .turn, now: .seconds(6)) == .open)
        #expect(machine.step(Self.first, after: .wrote(bytes: 2, more: false), now: .seconds(6)) == .end)
        #expect(machine.timerToArm() == .seconds(11))
    }

    // MARK: The client's messages

    @Test("Messages are taken only while the session is open")
    func intake() {
        #expect(makeMachine().intake == .unknown)
        #expect(makePolled().intake == .deliver)
        var machine = makePolled()
        #expect(machine.timerFired(now: .seconds(5)) == .expire(lost: true))
        #expect(machine.intake == .unknown)
    }
}
