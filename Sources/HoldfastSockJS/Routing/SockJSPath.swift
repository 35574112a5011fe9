// SPDX-License-Identifier: Apache-2.0

/// What a path below an endpoint's base URL stands for.
package enum SockJSPath: Sendable, Hashable {
    case greeting
    case info
    case iframe
    case rawWebSocket
    case session(id: String, SessionEndpoint)

    /// Parses what follows the base in the path as it was sent: nothing, or a slash and more.
    ///
    /// Nothing is decoded, collapsed or normalised. One slash may follow any path.
    package init?(rest: Substring) {
        guard !rest.isEmpty else {
            self = .greeting
            return
        }
        guard rest.utf8.first == UInt8(ascii: "/") else { return nil }
        var segments = rest.dropFirst().split(separator: "/", maxSplits: 4, omittingEmptySubsequences: false)
        // The base itself ends in one slash at most.
        if segments.count > 1, segments.last == "", segments != ["", ""] { segments.removeLast() }
        switch segments.count {
        case 1:
            switch segments[0] {
            // The base with a single slash.
            case "": self = .greeting
            case "info": self = .info
            case "websocket": self = .rawWebSocket
            case let name where Self.isIframe(name): self = .iframe
            default: return nil
            }
        case 3:
            // The server's name is for balancers only: whatever it says, the session is the same.
            guard Self.isValid(segments[0]), Self.isValid(segments[1]), let endpoint = SessionEndpoint(segments[2])
            else {
                return nil
            }
            self = .session(id: String(segments[1]), endpoint)
        default:
            return nil
        }
    }

    /// The longest name of a server or session in bytes.
    package static let longestName = 128

    private static func isValid(_ name: Substring) -> Bool {
        guard (1...longestName).contains(name.utf8.count) else { return false }
        // An escaped dot or slash would be one to whoever decodes the path next: neither `.` nor `%2e` nor `%2f`.
        var matched = 0
        for byte in name.utf8 {
            switch (matched, byte) {
            case (_, UInt8(ascii: ".")): return false
            case (2, UInt8(ascii: "e")), (2, UInt8(ascii: "E")), (2, UInt8(ascii: "f")), (2, UInt8(ascii: "F")):
                return false
            case (1, UInt8(ascii: "2")): matched = 2
            case (_, UInt8(ascii: "%")): matched = 1
            default: matched = 0
            }
        }
        return true
    }

    private static func isIframe(_ name: Substring) -> Bool {
        guard name.hasPrefix("iframe"), name.hasSuffix(".html") else { return false }
        // The two overlap in no name that has both: `iframe` has no dot.
        return name.utf8.dropFirst(6).dropLast(5).allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
            case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
            default: false
            }
        }
    }
}

/// The last part of a session's URL.
package enum SessionEndpoint: Sendable, Hashable {
    case webSocket
    case receiving(ReceivingTransport)
    case sending(SendingTransport)

    init?(_ name: Substring) {
        switch name {
        case "websocket": self = .webSocket
        case "xhr": self = .receiving(.xhr)
        case "xhr_streaming": self = .receiving(.xhrStreaming)
        case "eventsource": self = .receiving(.eventSource)
        case "htmlfile": self = .receiving(.htmlFile)
        case "jsonp": self = .receiving(.jsonp)
        case "xhr_send": self = .sending(.xhr)
        case "jsonp_send": self = .sending(.jsonp)
        default: return nil
        }
    }
}

/// Carries frames to the client.
package enum ReceivingTransport: Sendable, Hashable, CaseIterable {
    case xhr
    case xhrStreaming
    case eventSource
    case htmlFile
    case jsonp
}

/// Carries messages from the client.
package enum SendingTransport: Sendable, Hashable, CaseIterable {
    case xhr
    case jsonp
}
