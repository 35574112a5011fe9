// SPDX-License-Identifier: Apache-2.0

/// The code of a WebSocket or SockJS close (RFC 6455 §7.4).
public struct CloseCode: RawRepresentable, Sendable, Hashable, CustomStringConvertible, ExpressibleByIntegerLiteral {
    /// The number on the wire.
    public var rawValue: UInt16

    /// Creates a code from its number; any number is kept as it is.
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// Creates a code from a literal such as `4001`.
    public init(integerLiteral value: UInt16) {
        self.rawValue = value
    }

    /// 1000: the purpose of the connection is fulfilled.
    public static let normalClosure = CloseCode(rawValue: 1000)
    /// 1001: this side is going away, for example at shutdown.
    public static let goingAway = CloseCode(rawValue: 1001)
    /// 1002: the peer broke the protocol.
    public static let protocolError = CloseCode(rawValue: 1002)
    /// 1003: a kind of data that this endpoint does not take.
    public static let unsupportedData = CloseCode(rawValue: 1003)
    /// 1005: the peer closed without a code; never sent on the wire.
    public static let noStatusReceived = CloseCode(rawValue: 1005)
    /// 1006: the connection was lost without a close; never sent on the wire.
    public static let abnormalClosure = CloseCode(rawValue: 1006)
    /// 1007: text that is not UTF-8.
    public static let invalidPayload = CloseCode(rawValue: 1007)
    /// 1008: a limit or policy was violated.
    public static let policyViolation = CloseCode(rawValue: 1008)
    /// 1009: a message over the size limit.
    public static let messageTooBig = CloseCode(rawValue: 1009)
    /// 1011: the server met an unexpected condition.
    public static let internalError = CloseCode(rawValue: 1011)
    /// 1013: try again later.
    public static let tryAgainLater = CloseCode(rawValue: 1013)
    /// 3000: SockJS's close by the application.
    public static let goAway = CloseCode(rawValue: 3000)
    /// 4408: the receiver was too slow; its session stays.
    public static let slowConsumer = CloseCode(rawValue: 4408)
    /// 4429: the peer sent faster than it may; its session stays.
    public static let rateLimited = CloseCode(rawValue: 4429)
    /// 4409: another connection took the session over.
    public static let replaced = CloseCode(rawValue: 4409)
    /// 4400: the peer sent something that its session's rules do not allow; its session stays.
    public static let protocolViolation = CloseCode(rawValue: 4400)
    /// 4410: the client has moved its session to another connection.
    public static let migrated = CloseCode(rawValue: 4410)
    /// 4411: a later attempt of the same client has the session.
    public static let superseded = CloseCode(rawValue: 4411)

    /// The number in decimal.
    public var description: String { "\(rawValue)" }
}

/// Why a connection closed: the code and the peer's or our own words.
public struct CloseReason: Sendable, Hashable, CustomStringConvertible {
    /// The close code.
    public var code: CloseCode
    /// The reason text, possibly empty; at most 123 bytes are sent.
    public var text: String

    /// Creates a reason.
    public init(_ code: CloseCode, _ text: String = "") {
        self.code = code
        self.text = text
    }

    /// Whether a close handshake ended the connection, rather than a loss or a violation.
    public var isClean: Bool {
        switch code {
        case .abnormalClosure, .protocolError, .invalidPayload, .policyViolation, .messageTooBig, .internalError,
            .slowConsumer, .rateLimited:
            false
        default: true
        }
    }

    /// The code, with the text when there is one.
    public var description: String { text.isEmpty ? "\(code)" : "\(code) \(text)" }
}
