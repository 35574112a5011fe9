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
    package init?(rest: String) {
        var rest = rest
        guard let path = rest.withUTF8({ Self.parse($0.span) }) else { return nil }
        self = path
    }

    private static func parse(_ path: Span<UInt8>) -> SockJSPath? {
        guard !path.isEmpty else { return .greeting }
        guard path[0] == slash else { return nil }
        guard path.count > 1 else { return .greeting }
        let end = path[path.count - 1] == slash ? path.count - 1 : path.count
        let first = 1..<segmentEnd(path, 1, end)
        guard first.upperBound < end else { return page(path.extracting(first)) }
        let second = (first.upperBound + 1)..<segmentEnd(path, first.upperBound + 1, end)
        guard second.upperBound < end else { return nil }
        let third = (second.upperBound + 1)..<segmentEnd(path, second.upperBound + 1, end)
        // The server's name is for balancers only: whatever it says, the session is the same.
        guard third.upperBound == end, isValid(path.extracting(first)), isValid(path.extracting(second)),
            let endpoint = SessionEndpoint(text(path.extracting(third)))
        else { return nil }
        return .session(id: text(path.extracting(second)), endpoint)
    }

    private static func segmentEnd(_ path: Span<UInt8>, _ start: Int, _ end: Int) -> Int {
        var index = start
        while index < end, path[index] != slash { index += 1 }
        return index
    }

    private static func text(_ segment: Span<UInt8>) -> String {
        segment.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
    }

    private static func page(_ name: Span<UInt8>) -> SockJSPath? {
        switch text(name) {
        case "info": .info
        case "websocket": .rawWebSocket
        case let name where isIframe(name): .iframe
        default: nil
        }
    }

    private static let slash = UInt8(ascii: "/")

    /// The longest name of a server or session in bytes.
    package static let longestName = 128

    private static func isValid(_ name: Span<UInt8>) -> Bool {
        guard (1...longestName).contains(name.count) else { return false }
        // An escaped dot or slash would be one to whoever decodes the path next: neither `.` nor `%2e` nor `%2f`.
        var matched = 0
        for index in name.indices {
            switch (matched, name[index]) {
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

    private static func isIframe(_ name: String) -> Bool {
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

    init?(_ name: String) {
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
