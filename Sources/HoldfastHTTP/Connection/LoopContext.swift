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

/// What the connections of one event loop share; touched on that loop only.
package final class LoopContext {
    package let eventLoop: any EventLoop
    package let executor: LoopExecutor
    private var dateCache = DateCache()
    private var date: (second: Int64, bytes: [UInt8]) = (.min, [])
    private struct Connection {
        var drain: () -> Void
        var close: () -> Void
    }

    private var connections: [ObjectIdentifier: Connection] = [:]
    private(set) package var isDraining = false

    package init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.executor = LoopExecutor(eventLoop)
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
    package var connectionCount: Int { connections.count }

    /// Has `drain` called when the server drains, at once if it does already, and `close` when its time is over.
    package func register(_ owner: AnyObject, drain: @escaping () -> Void, close: @escaping () -> Void) {
        connections[ObjectIdentifier(owner)] = Connection(drain: drain, close: close)
        if isDraining { drain() }
    }

    package func unregister(_ owner: AnyObject) {
        connections[ObjectIdentifier(owner)] = nil
    }

    /// Tells every connection, present and future, to finish and close.
    package func drain() {
        isDraining = true
        for connection in Array(connections.values) { connection.drain() }
    }

    /// Cuts every connection.
    package func closeAll() {
        for connection in Array(connections.values) { connection.close() }
    }
}

@available(*, unavailable)
extension LoopContext: Sendable {}
