// SPDX-License-Identifier: Apache-2.0
import NIOCore
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Counts connections and holds the listeners back while there are too many.
package final class ConnectionGate: Sendable {
    private struct State {
        var count = 0
        var paused: [@Sendable () -> Void] = []
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter: UInt64 = 0
    }

    private let limit: Int
    /// Whether 90 % of the limit are used.
    private let pressure = Atomic<Bool>(false)
    private let state = Mutex(State())

    package init(limit: Int) {
        self.limit = limit
    }

    /// 90 % of the descriptors the process may open, at most 100,000.
    static func defaultLimit() -> Int {
        var limit = rlimit()
        #if canImport(Glibc)
        let result = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        #else
        let result = getrlimit(RLIMIT_NOFILE, &limit)
        #endif
        guard result == 0, let soft = Int(exactly: limit.rlim_cur) else { return 100_000 }
        return max(16, min(100_000, soft / 10 * 9))
    }

    var isUnderPressure: Bool { pressure.load(ordering: .relaxed) }

    package var count: Int { state.withLock { $0.count } }

    /// Whether one more connection may be accepted; if not, `resume` runs when it may.
    func mayAccept(resume: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            if state.count < limit { return true }
            state.paused.append(resume)
            return false
        }
    }

    func opened() {
        let count = state.withLock { state in
            state.count += 1
            return state.count
        }
        pressure.store(isPressing(count), ordering: .relaxed)
    }

    private func isPressing(_ count: Int) -> Bool { count >= limit - limit / 10 }

    func closed() {
        let (paused, waiters) = state.withLock {
            state -> ([@Sendable () -> Void], [CheckedContinuation<Void, Never>]) in
            state.count -= 1
            pressure.store(isPressing(state.count), ordering: .relaxed)
            var result: ([@Sendable () -> Void], [CheckedContinuation<Void, Never>]) = ([], [])
            if state.count < limit {
                result.0 = state.paused
                state.paused = []
            }
            if state.count == 0 {
                result.1 = Array(state.waiters.values)
                state.waiters = [:]
            }
            return result
        }
        for resume in paused { resume() }
        for waiter in waiters { waiter.resume() }
    }

    func waitUntilEmpty() async {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let cancelled = Task.isCancelled
                let done = state.withLock { state in
                    if cancelled || state.count == 0 { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if done { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { $0.waiters.removeValue(forKey: id) }
            waiter?.resume()
        }
    }
}

/// Accepts while the gate is open, and waits a second when descriptors have run out.
final class AcceptHandler: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = Never

    private let gate: ConnectionGate
    private var backingOff = false
    private var readWanted = false

    init(gate: ConnectionGate) {
        self.gate = gate
    }

    func read(context: ChannelHandlerContext) {
        guard !backingOff else {
            readWanted = true
            return
        }
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        let mayAccept = gate.mayAccept {
            eventLoop.execute { bound.value.read() }
        }
        if mayAccept { context.read() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError, [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.errnoCode) else {
            context.fireErrorCaught(error)
            return
        }
        backingOff = true
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: .seconds(1)) {
            let (handler, context) = bound.value
            handler.backingOff = false
            if handler.readWanted {
                handler.readWanted = false
                context.read()
            }
        }
    }
}
