// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// Everything that happens because time passes.
extension WebSocketStateMachine {
    /// When ``tick(now:)`` must be called next; nil when the connection has ended.
    ///
    /// Traffic moves it later. A timer that fires early is harmless, so it need not be re-armed for every frame: after
    /// each tick is enough, and after an action that ends the connection.
    package var nextDeadline: Duration? {
        switch phase {
        case .open:
            guard pausedSince == nil else { return nil }
            let silence = pingSentAt.map { $0 + limits.pongTimeout } ?? lastReceived + limits.pingAfterSilence
            guard let incompleteSince else { return silence }
            return min(silence, incompleteSince + limits.messageDeadline)
        case .closing(let deadline), .draining(let deadline):
            return deadline
        case .ended:
            return nil
        }
    }

    /// Does what is due.
    package mutating func tick(now: Duration) -> Action? {
        guard let deadline = nextDeadline, deadline <= now else { return nil }
        guard isOpen else {
            phase = .ended
            return .closeTransport
        }
        if let incompleteSince, incompleteSince + limits.messageDeadline <= now {
            return fail(.policyViolation("message took too long"), now: now)
        }
        guard pingSentAt == nil else {
            return fail(CloseStatus(code: 1001, reason: "no answer to ping"), now: now)
        }
        pingSentAt = now
        return .sendPing(payload: ByteBuffer())
    }

    /// The caller stops or resumes reading, to slow the peer down.
    ///
    /// The peer's silence and slowness do not count while it does not read.
    package mutating func readingChanged(_ isReading: Bool, now: Duration) {
        guard isReading else {
            if pausedSince == nil { pausedSince = now }
            return
        }
        guard let since = pausedSince else { return }
        pausedSince = nil
        lastReceived = now
        pingSentAt = nil
        if let began = incompleteSince { incompleteSince = began + (now - since) }
    }
}
