// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HoldfastHTTP
import HoldfastRPC
import HoldfastTransport

/// Answers the `POST` of a JSON-RPC message or batch.
struct RPCPost: Sendable {
    let service: RPCService
    let origins: OriginPolicy

    /// - Throws: ``HTTPError`` 403 for a page of another origin, 415 for a body that is declared to be something else.
    func respond(to request: Request) async throws -> Response {
        guard request.isFrom(origins) else { return Response(.forbidden) }
        guard request[.contentType] != nil, let contentType = request.contentType else { throw Self.notJSON }
        guard contentType.isJSONRPC else {
            guard contentType.type == "text", contentType.subtype == "plain" else { throw Self.notJSON }
            return try await farewell(request)
        }
        let body = try await request.body.collectBuffer()
        let answer = await service.respond(to: body, info: request.connectionInfo(), executor: nil)
        guard let answer else { return Response(.noContent) }
        return Response(body: .buffer(answer, contentType: "application/json"))
    }

    /// Answers the last message of a page that is being left.
    ///
    /// It can be no more than plain text: no browser asks the server first then (Fetch Standard §3.2.2). All it may do is end the
    /// session whose id it knows.
    private func farewell(_ request: Request) async throws -> Response {
        let body = try await request.body.collectBuffer()
        let info = request.connectionInfo()
        guard service.endsSession(body, info: info) else { throw Self.notJSON }
        _ = await service.respond(to: body, info: info, executor: nil)
        return Response(.noContent)
    }

    private static var notJSON: HTTPError {
        HTTPError(.unsupportedMediaType, message: "the body must be application/json or application/json-rpc")
    }
}

extension MediaType {
    /// Whether a body of this type may hold JSON-RPC; besides JSON's own these are the names in use for it.
    ///
    /// Pages of other origins cannot send any of them without a preflight.
    fileprivate var isJSONRPC: Bool {
        isJSON || type == "application" && ["json-rpc", "jsonrequest"].contains(subtype)
    }
}
