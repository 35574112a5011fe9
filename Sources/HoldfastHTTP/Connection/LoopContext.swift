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
