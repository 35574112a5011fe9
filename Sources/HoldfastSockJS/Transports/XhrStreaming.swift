// SPDX-License-Identifier: Apache-2.0
import HoldfastHTTP
import HoldfastTransport

extension SockJSService {
    /// `xhr_streaming`: a response that carries frames, a line each, up to the stream limit.
    func xhrStreaming(_ request: SockJSRequest, session id: String) -> Response {
        receive(
            request,
            session: id,
            Receiving(
                transport: .xhrStreaming,
                mode: .streaming,
                wrapping: .xhrStreaming,
                contentType: ContentType.javaScript,
                fields: request.sessionFields(cors: true)
            )
        )
    }
}
