// SPDX-License-Identifier: Apache-2.0
internal import NIOCore
internal import NIOPosix

/// A cutter's links and conditions; lives on one loop.
final class CutterCore {
    let eventLoop: any EventLoop
    private(set) var conditions: LinkConditions
    private let port: Int
    private var ends: [ObjectIdentifier: CutterEnd] = [:]
    /// How many bytes may still pass before a link is cut.
    private var budgets: [LinkDirection: Int] = [:]

    init(_ eventLoop: any EventLoop, port: Int, conditions: LinkConditions) {
        self.eventLoop = eventLoop
        self.port = port
        self.conditions = conditions
    }

    var linkCount: Int { ends.values.count { $0.direction == .toServer } }

    var isArmed: Bool { !budgets.isEmpty }

    func update(_ change: (inout LinkConditions) -> Void) {
        change(&conditions)
        for end in Array(ends.values) { end.conditionsChanged() }
    }

    func cut() {
        for end in Array(ends.values) { end.reset() }
    }

    func cut(after count: Int, _ direction: LinkDirection) {
        budgets[direction] = max(count, 1)
    }

    /// Takes a link from a client and makes its other half.
    func accept(_ channel: any Channel) throws {
        guard !conditions.refusesLinks else {
            CutterEnd.reset(channel)
            return
        }
        let front = CutterEnd(self, .toServer, channel)
        try channel.pipeline.syncOperations.addHandler(front)
        let bound = NIOLoopBound((self, front), eventLoop: eventLoop)
        ClientBootstrap(group: eventLoop)
            .channelOption(.autoRead, value: false)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let (core, front) = bound.value
                    try channel.pipeline.syncOperations.addHandler(CutterEnd(core, .toClient, channel, peer: front))
                }
            }
            .connect(host: "127.0.0.1", port: port)
            .whenFailure { _ in CutterEnd.reset(bound.value.1.channel) }
    }

    func add(_ end: CutterEnd) { ends[ObjectIdentifier(end)] = end }
    func remove(_ end: CutterEnd) { ends[ObjectIdentifier(end)] = nil }

    /// How many of `count` bytes may pass, and whether the link is cut behind them.
    func allow(_ count: Int, _ direction: LinkDirection) -> (count: Int, cuts: Bool) {
        guard let budget = budgets[direction] else { return (count, false) }
        guard count >= budget else {
            budgets[direction] = budget - count
            return (count, false)
        }
        budgets[direction] = nil
        return (budget, true)
    }
}

@available(*, unavailable)
extension CutterCore: Sendable {}
