// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HoldfastHTTP
import HoldfastTransport

extension SockJSService {
    /// `xhr_send`: messages from the client as a JSON array, of whatever content type.
    func xhrSend(_ request: SockJSRequest, session id: String) async throws -> Response {
        let body = try await request.request.body.collectBuffer(upTo: options.bodyLimit)
        if let refusal = try await deliver(body, request, session: id, cors: true) { return refusal }
        let fields = request.sessionFields(cors: true)
        return Response(.noContent, fields: fields, body: ResponseBody(.empty, contentType: ContentType.text))
    }
}
