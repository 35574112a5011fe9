// SPDX-License-Identifier: Apache-2.0
public import HoldfastTransport

/// A request or notification as an ``RPCHandler`` gets it.
public struct RPCRequest: Sendable {
    /// The method's name.
    public let method: String
    /// The id; `nil` for a notification.
    public let id: RPCID?
    /// The parameters as the client wrote them, without the session id that names its session on Kurento's wire; `null` when there
    /// are none.
    public let params: JSON
    /// Whether this request opened its session.
    public let isNew: Bool

    init(_ request: InboundRequest) {
        method = request.method
        id = request.id
        params = request.params ?? .null
        isNew = request.isNew
    }

    /// The parameters as a type of the application's.
    ///
    /// - Parameters:
    ///   - type: The type.
    ///   - positions: The members that the values of an array stand for, in order; none unless given.
    /// - Throws: ``RPCError`` −32602 saying what does not fit; left uncaught, it answers the request.
    public func decode<Params: Decodable>(
        as type: Params.Type = Params.self,
        params positions: String...
    ) throws -> Params {
        try ParamsDecoder.decode(type, from: params, positions: positions)
    }
}
