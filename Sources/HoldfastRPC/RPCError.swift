// SPDX-License-Identifier: Apache-2.0
public import HoldfastTransport

/// An error of JSON-RPC 2.0 (§5.1): what a handler throws to answer with it, and what a call to the client throws when the
/// client answers with one.
public struct RPCError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of error; −32768 to −32000 are reserved by the specification.
    public var code: Int
    /// A short description.
    public var message: String
    /// More about the error, of the application's making.
    public var data: JSON?
    /// The error's type, a member that Kurento's clients know and the specification does not.
    public var type: String?

    /// Creates an error.
    public init(code: Int, message: String, data: JSON? = nil, type: String? = nil) {
        self.code = code
        self.message = message
        self.data = data
        self.type = type
    }

    /// The code and the message.
    public var description: String { "\(message) (\(code))" }
}

extension RPCError {
    /// −32700: the message is not JSON.
    public static let parseError = RPCError(code: -32700, message: "Parse error")
    /// −32600: the message is JSON but no request.
    public static let invalidRequest = RPCError(code: -32600, message: "Invalid Request")
    /// −32601: there is no such method.
    public static let methodNotFound = RPCError(code: -32601, message: "Method not found")
    /// −32602: the parameters are not what the method takes.
    public static let invalidParams = RPCError(code: -32602, message: "Invalid params")
    /// −32603: the server failed.
    public static let internalError = RPCError(code: -32603, message: "Internal error")
    /// 40007: no session has the id the client named, or no longer.
    public static let unknownSession = RPCError(code: 40007, message: "reconnection error")
    /// −32051: the session has too many requests under way.
    public static let tooManyRequests = RPCError(code: -32051, message: "Too many requests in flight")
    /// −32053: the server takes no new sessions at the moment.
    public static let unavailable = RPCError(code: -32053, message: "Server is not available, try again later")

    /// −32050: whether the request was served is unknown; its answer was lost.
    package static let outcomeUnknown = RPCError(code: -32050, message: "Whether it was served is unknown")
    /// −32055: the id of a request that was answered names another request now.
    static let idReused = RPCError(code: -32055, message: "The id was used for another request")
    /// −32052: the request was answered, but the answer is kept no more.
    static let answerForgotten = RPCError(code: -32052, message: "The answer is no longer held")
    /// −32056: a later attempt of the same client to come back was here first.
    package static let superseded = RPCError(code: -32056, message: "A later attempt has the session")

    /// The same error with this explanation in `data`.
    func with(_ explanation: String) -> RPCError {
        var error = self
        error.data = JSON(stringLiteral: explanation)
        return error
    }
}
