// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HoldfastHTTP
import HoldfastTransport

extension SockJSService {
    /// `htmlfile`: an endless page with a script block for each frame.
    func htmlFile(_ request: SockJSRequest, session id: String) -> Response {
        let callback: String
        do throws(Callback.Failure) {
            callback = try Callback.parse(query: request.request.rawQuery)
        } catch {
            return request.failure(.internalServerError, error.message, cors: false)
        }
        var fields = request.sessionFields(cors: false)
        fields[.xContentTypeOptions] = "nosniff"
        return receive(
            request,
            session: id,
            Receiving(
                transport: .htmlFile,
                mode: .streaming,
                wrapping: .htmlFile(callback: callback),
                contentType: ContentType.html,
                fields: fields
            )
        )
    }
}
