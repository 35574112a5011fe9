// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HoldfastHTTP
import HoldfastTransport

extension SockJSService {
    /// `/info`: does no work, since clients take its time for the distance to the server.
    func info(_ request: SockJSRequest) -> Response {
        var fields = HTTPFields()
        fields.setNoCache()
        request.addCORS(to: &fields)
        let body = Info.body(options, entropy: .random(in: .min ... .max))
        return Response(.ok, fields: fields, body: .buffer(body, contentType: ContentType.json))
    }

    /// `/iframe….html`.
    func iframe(_ request: SockJSRequest) -> Response {
        var fields = HTTPFields()
        fields[.eTag] = iframePage.entityTag
        fields.setCacheForAYear(expires: WallClock.dateInAYear())
        if !options.allowedOrigins.allowsAnyPage {
            fields[.frameOptions] = "SAMEORIGIN"
            fields[.contentSecurityPolicy] = "frame-ancestors 'self'"
        }
        if request.request[.ifNoneMatch] == iframePage.entityTag { return Response(.notModified, fields: fields) }
        return Response(.ok, fields: fields, body: .buffer(iframePage.body, contentType: ContentType.html))
    }
}
