// SPDX-License-Identifier: Apache-2.0
public import HoldfastTransport
public import Logging

/// What a handler knows about the request it serves, besides the parameters.
public struct RPCCall: Sendable {
    /// The session the request belongs to.
    ///
    /// A plain HTTP request that names no session gets one for itself alone, to which nothing can be sent.
    public let session: RPCSession
    private let request: InboundRequest

    init(_ request: InboundRequest, session: RPCSession) {
        self.request = request
        self.session = session
    }

    /// The link the request came on; for a plain HTTP request one that is closed and only tells about it.
    public var connection: MessageConnection { request.connection }

    /// The method's name.
    public var method: String { request.method }

    /// The request's id; `nil` for a notification.
    public var id: RPCID? { request.id }

    /// Whether the client wants no answer; what the handler returns or throws is then dropped.
    public var isNotification: Bool { request.id == nil }

    /// Whether this request opened its session.
    public var isNew: Bool { request.isNew }

    /// A logger that adds the session and the request to each line.
    public var logger: Logger {
        var logger = session.service.logger
        logger[metadataKey: "session"] = "\(session.shortID)"
        logger[metadataKey: "method"] = "\(request.loggableMethod)"
        if let id { logger[metadataKey: "id"] = "\(id.description.prefix(64))" }
        return logger
    }
}
