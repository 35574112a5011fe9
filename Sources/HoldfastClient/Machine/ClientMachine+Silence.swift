// SPDX-License-Identifier: Apache-2.0
internal import HoldfastRPC
internal import HoldfastTransport
internal import NIOCore

/// Heartbeat and silence.
extension ClientMachine {
    mutating func setHeartbeat(_ interval: Duration?, _ now: Duration) {
        heartbeat = interval
        disarm(.heartbeat)
        pingID = nil
        if phase == .open { startHeartbeat(now) }
    }

    mutating func startHeartbeat(_ now: Duration) {
        guard heartbeat != nil else { return }
        nextPingNamesInterval = true
        pingID = nil
        ping(now)
    }

    private mutating func ping(_ now: Duration) {
        guard let heartbeat else { return }
        let id = makeID()
        pingID = id
        var params: JSON?
        if nextPingNamesInterval {
            let milliseconds = (heartbeat / .milliseconds(1)).rounded()
            params = ["interval": JSON(integerLiteral: Int(exactly: milliseconds) ?? .max)]
            nextPingNamesInterval = false
        }
        // Not counted as activity: a connection with nothing but pings stays alive by the answers.
        var message = EnvelopeWriter.request(id: Envelope.ID(id), method: wire.pingMethod, params: params)
        if resumption?.window.deadline != nil {
            message.writeCounters(MessageCounters(received: resumption?.window.tell()))
        }
        actions.append(.send(message, id: nil, over: link))
        arm(.heartbeat, after: heartbeat, now)
    }

    mutating func heartbeatDue(_ now: Duration) {
        guard let heartbeat, phase == .open else { return }
        guard pingID != nil else { return ping(now) }
        // Whatever arrived proves that the server lives, even while its answer waits behind a large message.
        let deadline = lastReceived + heartbeat * 2
        guard now >= deadline else { return arm(.heartbeat, after: min(deadline - now, heartbeat), now) }
        reconnect(CloseReason(.goingAway, "ping timeout"), now)
    }

    mutating func idleDue(_ now: Duration) {
        guard phase == .open else { return }
        let deadline = lastActivity + settings.idleTimeout
        guard now >= deadline else { return arm(.idle, after: deadline - now, now) }
        reconnect(CloseReason(.goingAway, "idle timeout"), now)
    }
}
