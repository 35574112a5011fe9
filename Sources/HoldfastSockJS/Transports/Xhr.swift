// SPDX-License-Identifier: Apache-2.0
import HoldfastHTTP
import HoldfastTransport

extension SockJSService {
    /// `xhr`: a response for each poll, with one frame; a `brief` in the query asks for it almost at once.
    func xhr(_ request: SockJSRequest, session id: String) -> Response {
        receive(
            request,
            session: id,
            Receiving(
                transport: .xhrPolling,
                mode: request.isBrief ? .brief : .polling,
                wrapping: .xhr,
                contentType: ContentType.javaScript,
                fields: request.sessionFields(cors: true)
            )
        )
    }
}
