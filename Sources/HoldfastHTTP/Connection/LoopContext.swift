// SPDX-License-Identifier: Apache-2.0
package import HoldfastTransport
package import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// A connection that ends when its server does; used on its loop.
package protocol LoopMember: AnyObject {
    /// Connections are nearly used up: one that is idle is kept for a moment only.
    func pressureBegan()
    /// The server shuts down: finish what is under way, and close.
    func drain()
    /// The time to finish is over.
    func closeAtOnce()
}

/// What the connections of one event loop share; touched on that loop only.
package final class LoopContext {
    package let eventLoop: any EventLoop
    package let executor: LoopExecutor
    private var dateCache = DateCache()
    private var date: (second: Int64, bytes: [UInt8]) = (.min, [])
    private var members: [ObjectIdentifier: any LoopMember] = [:]
    private var round = PressureRound()
    private(set) package var isDraining = false

    package init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.executor = LoopExecutor.shared(by: eventLoop)
    }

    /// The `Date` of a response at `now` of the loop's clock; the wall clock is asked once a second.
    func date(at now: Duration) -> [UInt8] {
        let second = now.components.seconds
        if date.second != second {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            date = (second, dateCache.bytes(unixSeconds: Int64(time.tv_sec)))
        }
        return date.bytes
    }

    /// How many connections the loop has.
    package var connectionCount: Int { members.count }

    /// Has a member told when the server drains, at once if it does already, and when its time is over.
    ///
    /// The member is held until ``unregister(_:)``.
    package func register(_ member: any LoopMember) {
        members[ObjectIdentifier(member)] = member
        if isDraining { member.drain() }
    }

    /// Registers a member until a future of this loop completes.
    package func register(_ member: any LoopMember, until future: EventLoopFuture<Void>) {
        register(member)
        future.assumeIsolated().whenComplete { _ in self.unregister(member) }
    }

    package func unregister(_ member: any LoopMember) {
        members[ObjectIdentifier(member)] = nil
    }

    // MARK: Pressure

    /// Members that are told in one turn of the loop.
    private static let toldAtOnce = 256
    /// The time from the end of one round to the next.
    private static let roundPause = TimeAmount.seconds(1)

    /// A walk through the members, to tell them that connections are nearly used up.
    private struct PressureRound {
        var isUnderWay = false
        /// Pressure has begun again meanwhile.
        var isWanted = false
        var untold: [any LoopMember] = []
    }

    /// Tells every connection that there is pressure, many at a time, with the loop's other work in between.
    ///
    /// Pressure that comes and goes costs a round a second at most.
    package func pressureBegan() {
        guard !round.isUnderWay else {
            round.isWanted = true
            return
        }
        round = PressureRound(isUnderWay: true, untold: Array(members.values))
        goRound()
    }

    private func goRound() {
        for member in round.untold.suffix(Self.toldAtOnce) { member.pressureBegan() }
        round.untold.removeLast(min(Self.toldAtOnce, round.untold.count))
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        if round.untold.isEmpty {
            eventLoop.scheduleTask(in: Self.roundPause) { bound.value.endRound() }
        } else {
            executor.runInNextTurn { bound.value.goRound() }
        }
    }

    private func endRound() {
        let isWanted = round.isWanted
        round = PressureRound()
        if isWanted { pressureBegan() }
    }

    // MARK: The end

    /// Tells every connection, present and future, to finish and close.
    package func drain() {
        isDraining = true
        for member in Array(members.values) { member.drain() }
    }

    /// Cuts every connection.
    package func closeAll() {
        for member in Array(members.values) { member.closeAtOnce() }
    }
}

@available(*, unavailable)
extension LoopContext: Sendable {}
