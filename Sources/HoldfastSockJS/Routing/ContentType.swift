// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HoldfastHTTP

/// Content types in the spelling that clients of the protocol compare with.
enum ContentType {
    static let text = "text/plain; charset=UTF-8"
    static let html = "text/html; charset=UTF-8"
    static let javaScript = "application/javascript; charset=UTF-8"
    static let json = "application/json; charset=UTF-8"
    /// Without a charset: clients compare the whole.
    static let eventStream = "text/event-stream"
}

extension Response {
    static func text(
        _ text: String,
        status: HTTPResponse.Status = .ok,
        fields: HTTPFields,
        contentType: String
    ) -> Response {
        Response(status, fields: fields, body: .text(text, contentType: contentType))
    }
}
