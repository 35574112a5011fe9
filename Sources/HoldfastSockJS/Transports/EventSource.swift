// SPDX-License-Identifier: Apache-2.0
import HoldfastHTTP
import HoldfastTransport

extension SockJSService {
    /// `eventsource`: server-sent events, one a frame.
    func eventSource(_ request: SockJSRequest, session id: String) -> Response {
        receive(
            request,
            session: id,
            Receiving(
                transport: .eventSource,
                mode: .streaming,
                wrapping: .eventSource,
                contentType: ContentType.eventStream,
                fields: request.sessionFields(cors: true)
            )
        )
    }
}
