// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HoldfastHTTP
import HoldfastTransport

extension SockJSService {
    /// `jsonp`: a script for each poll, that calls back with one frame.
    func jsonp(_ request: SockJSRequest, session id: String) -> Response {
        let callback: String
        do throws(Callback.Failure) {
            callback = try Callback.parse(query: request.request.rawQuery)
        } catch {
            return request.failure(.internalServerError, error.message, cors: false)
        }
        var fields = request.sessionFields(cors: false)
        fields[.xContentTypeOptions] = "nosniff"
        // Opened as a page it is saved under this name, whatever its URL looks like; script tags do not care.
        fields[.contentDisposition] = "attachment; filename=\"jsonp.txt\""
        return receive(
            request,
            session: id,
            Receiving(
                transport: .jsonpPolling,
                mode: .polling,
                wrapping: .jsonp(callback: callback),
                contentType: ContentType.javaScript,
                fields: fields
            )
        )
    }
}
