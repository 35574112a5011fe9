// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HoldfastHTTP
import HoldfastTransport
import NIOCore

extension SockJSService {
    /// `jsonp_send`: messages from the client as a JSON array, in the field `d` of a form or as they are.
    func jsonpSend(_ request: SockJSRequest, session id: String) async throws -> Response {
        var body = try await request.request.body.collectBuffer(upTo: options.bodyLimit)
        if Self.isForm(request.request[.contentType]) {
            body = ByteBuffer(bytes: QueryForm.first(of: ["d"], in: body.readableBytesView) ?? [])
        }
        if let refusal = try await deliver(body, request, session: id, cors: false) { return refusal }
        // A form's answer needs a body, or the frame it goes to never loads.
        return .text("ok", fields: request.sessionFields(cors: false), contentType: ContentType.text)
    }

    private static func isForm(_ contentType: String?) -> Bool {
        let type = contentType?.prefix { $0 != ";" && $0 != " " }
        return type?.lowercased() == "application/x-www-form-urlencoded"
    }
}
