// SPDX-License-Identifier: Apache-2.0

/// The methods the framework answers itself.
///
/// They overtake the session's requests.
enum SpecialMethod: Sendable {
    case ping
    case connect
    /// A `connect` that has to name its session.
    case reconnect
    case closeSession
    /// Brings answers to the server's calls, as Kurento's HTTP clients did.
    case poll
    /// Tells how far messages have come, in a session that loses nothing.
    case acknowledge
    /// Asks to be told that.
    case acknowledgeNow
    /// Tells of messages that will not come.
    case gap

    /// The names that always mean these methods.
    init?(_ name: String, on wire: RPCOptions.Wire) {
        switch name {
        case wire.pingMethod: self = .ping
        case wire.connectMethod: self = .connect
        case wire.closeMethod: self = .closeSession
        default: return nil
        }
    }

    /// The names that mean these methods where the application does not use them: those of Kurento's documentation, which its
    /// own clients do not send, and former ones.
    init?(alias name: String, on wire: RPCOptions.Wire) {
        guard wire == .kurento else { return nil }
        switch name {
        case "reconnect": self = .reconnect
        case "close", "close_session": self = .closeSession
        case "poll": self = .poll
        default: return nil
        }
    }

    /// The names that mean these methods in a session that loses nothing.
    init?(counting name: String) {
        switch name {
        case "rpc.ack": self = .acknowledge
        case "rpc.ackNow": self = .acknowledgeNow
        case "rpc.gap": self = .gap
        default: return nil
        }
    }

    /// Whether no application may register this name.
    static func isReserved(_ name: String) -> Bool {
        name.hasPrefix("rpc.") || name.utf8.count > nameLimit
    }

    /// The longest name of a method, in bytes.
    static let nameLimit = 128
}
