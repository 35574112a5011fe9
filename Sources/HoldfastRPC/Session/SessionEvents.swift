// SPDX-License-Identifier: Apache-2.0
internal import DequeModule
internal import HoldfastTransport

/// What happens in a session's life and the application wants to hear of: told one after the other, and never more than a few at a
/// time, whatever the client does.
struct SessionEvents: Sendable {
    enum Event: Sendable {
        case opened
        case reconnected
        case transportError(any Error)
        case closed(CloseReason)
        case gaps([RPCGap])
    }

    /// Events of a kind that wait; what exceeds them says nothing new.
    private static let waitingLimit = 16

    private var waiting: Deque<Event> = []
    /// Whether somebody tells them.
    private(set) var isTelling = false

    /// Adds an event; `true` when the caller has to see that they are told.
    mutating func add(_ event: Event) -> Bool {
        switch event {
        case .reconnected:
            if case .reconnected = waiting.last { return false }
            guard waiting.count < Self.waitingLimit else { return false }
        case .transportError:
            guard waiting.count < Self.waitingLimit else { return false }
        case .gaps(let gaps):
            if case .gaps(let others) = waiting.last {
                waiting[waiting.count - 1] = .gaps(merged(others, gaps))
                return false
            }
        case .opened, .closed:
            break
        }
        waiting.append(event)
        defer { isTelling = true }
        return !isTelling
    }

    /// Whether so much is missing that has not been told of that more is not to be taken.
    var isFull: Bool {
        guard case .gaps(let gaps) = waiting.last else { return waiting.count >= Self.waitingLimit }
        return gaps.count >= Self.gapLimit
    }

    /// Ranges of missing messages that wait to be told.
    private static let gapLimit = 256

    private func merged(_ gaps: [RPCGap], _ more: [RPCGap]) -> [RPCGap] {
        more.reduce(into: gaps) { gaps, gap in
            if let last = gaps.last, let both = last.joined(with: gap) {
                gaps[gaps.count - 1] = both
            } else {
                gaps.append(gap)
            }
        }
    }

    /// The next event to tell; `nil` ends the telling.
    mutating func next() -> Event? {
        if let event = waiting.popFirst() { return event }
        isTelling = false
        return nil
    }
}
