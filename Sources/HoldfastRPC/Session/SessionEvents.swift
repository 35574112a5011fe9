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
        case .opened, .closed, .gaps:
            break
        }
        waiting.append(event)
        defer { isTelling = true }
        return !isTelling
    }

    /// The next event to tell; `nil` ends the telling.
    mutating func next() -> Event? {
        if let event = waiting.popFirst() { return event }
        isTelling = false
        return nil
    }
}
