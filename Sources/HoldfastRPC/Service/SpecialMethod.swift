// SPDX-License-Identifier: Apache-2.0

/// The methods the framework answers itself.
///
/// They overtake the session's requests.
enum SpecialMethod: Sendable {
    case ping
    case connect
    case reconnect
    case closeSession

    /// The names that always mean these methods.
    init?(_ name: String) {
        switch name {
        case "ping": self = .ping
        case "connect": self = .connect
        case "closeSession": self = .closeSession
        default: return nil
        }
    }

    /// The names that mean these methods where the application does not use them: those of Kurento's documentation, which its
    /// own clients do not send, and a former one.
    init?(alias name: String) {
        switch name {
        case "reconnect": self = .reconnect
        case "close", "close_session": self = .closeSession
        default: return nil
        }
    }

    /// Whether no application may register this name.
    static func isReserved(_ name: String) -> Bool {
        SpecialMethod(name) != nil || name.hasPrefix("rpc.") || name.utf8.count > nameLimit
    }

    /// The longest name of a method, in bytes.
    static let nameLimit = 128
}
