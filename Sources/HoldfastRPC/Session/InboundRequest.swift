// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport
internal import Synchronization

/// A request or notification on its way to a handler.
///
/// An object because it is handed on often: one count instead of one for each member.
final class InboundRequest: Sendable {
    /// The bytes of all requests of the process that run or wait.
    static let bytesInFlight = Atomic<Int>(0)

    let method: String
    /// `nil` for a notification.
    let id: RPCID?
    /// Without the session id, if it names the session; `nil` when absent.
    let params: JSON?
    let handler: MethodHandler
    let connection: MessageConnection
    let route: ReplyRoute
    /// How its reply is written.
    let wire: RPCOptions.Wire
    let isNew: Bool
    /// The bytes it keeps.
    let bytes: Int
    let counters: MessageCounters

    init(
        method: String,
        id: RPCID?,
        params: JSON?,
        handler: MethodHandler,
        connection: MessageConnection,
        route: ReplyRoute,
        wire: RPCOptions.Wire,
        isNew: Bool,
        bytes: Int,
        counters: MessageCounters = MessageCounters()
    ) {
        self.method = method
        self.id = id
        self.params = params
        self.handler = handler
        self.connection = connection
        self.route = route
        self.wire = wire
        self.isNew = isNew
        self.bytes = bytes
        self.counters = counters
        Self.bytesInFlight.wrappingAdd(bytes, ordering: .relaxed)
    }

    deinit {
        Self.bytesInFlight.wrappingSubtract(bytes, ordering: .relaxed)
    }

    /// Whether two requests' answers could not be told apart by the client.
    func collides(with other: InboundRequest) -> Bool {
        guard let id, let otherID = other.id, id == otherID else { return false }
        return route.isSession && other.route.isSession
    }

    func isSame(as other: InboundRequest) -> Bool {
        method == other.method && params == other.params
    }

    /// The method's name, cut and cleaned for a log line: it is the client's text.
    var loggableMethod: String {
        String(
            method.unicodeScalars.prefix(64).map { $0.isASCII && $0.value > 32 && $0.value < 127 ? Character($0) : "?" }
        )
    }
}

/// Where the reply to a request goes.
enum ReplyRoute: Sendable {
    /// To the session's connection, whichever it is by then: a reply follows a session that moved.
    case session
    /// To the connection that asked for a session which another connection carries.
    case connection(MessageConnection)
    /// Into a batch, or the body of an HTTP response.
    case slot(ReplyCollector, Int)

    var isSession: Bool {
        if case .session = self { true } else { false }
    }

    /// Answers a request that will not run because its session has ended.
    func refuse(_ error: RPCError, _ id: RPCID?) {
        guard let id else { return }
        switch self {
        case .session: break  // Its connection is closing, which says it all.
        case .connection(let connection): connection.reply(Message(text: ReplyWriter.error(error, to: id)))
        case .slot(let collector, let index): collector.fill(index, with: ReplyWriter.error(error, to: id))
        }
    }
}

/// What came of a request that ran.
enum RequestOutcome: Sendable {
    /// The reply is still to be sent.
    case answer(RPCReply)
    /// The reply is out, or none is wanted.
    case answered
    /// The request goes on without its handler; it is finished when it is answered.
    case goesOn
}

/// A reply before it is written.
enum RPCReply: Sendable {
    case result(JSON)
    case error(RPCError)
    /// No result: `null`, on Kurento's wire nothing but the session id.
    case void
    /// The automatic answer of a handler that gave none: an empty string.
    case empty
}

/// What runs a method.
struct MethodHandler: Sendable {
    /// `nil` follows the endpoint's option.
    var concurrency: RPCConcurrency?
    var run: @Sendable (InboundRequest, RPCSession, UInt64) async -> RequestOutcome

    func blocks(by standard: RPCConcurrency) -> Bool {
        (concurrency ?? standard) == .serial
    }

    /// Answers every request with the same error.
    static func failing(_ error: RPCError) -> MethodHandler {
        MethodHandler(concurrency: nil) { _, _, _ in .answer(.error(error)) }
    }
}
