// SPDX-License-Identifier: Apache-2.0
public import HTTPTypes

/// One HTTP response.
public struct Response: Sendable {
    /// The status.
    public var status: HTTPResponse.Status
    /// The header fields; `Content-Length`, `Transfer-Encoding`, `Connection` and `Date` are the server's to set.
    public var fields: HTTPFields
    /// The body.
    public var body: ResponseBody

    /// Creates a response.
    public init(_ status: HTTPResponse.Status = .ok, fields: HTTPFields = [:], body: ResponseBody = .empty) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// A plain text response.
    public static func text(_ text: String, status: HTTPResponse.Status = .ok, fields: HTTPFields = [:]) -> Response {
        Response(status, fields: fields, body: .text(text))
    }

    /// A JSON response.
    ///
    /// - Throws: What encoding `value` throws.
    public static func json(
        _ value: some Encodable,
        status: HTTPResponse.Status = .ok,
        fields: HTTPFields = [:]
    ) throws -> Response {
        Response(status, fields: fields, body: try .json(value))
    }

    /// A response that sends the client elsewhere.
    ///
    /// - Parameters:
    ///   - location: The `Location` value; one that is not valid in a header field makes the response a 500.
    ///   - status: 303 unless given.
    public static func redirect(to location: String, status: HTTPResponse.Status = .seeOther) -> Response {
        // The field's initialiser would replace what is invalid, and send the client to a place nobody named.
        guard HTTPField.isValidValue(location) else { return Response(.internalServerError) }
        return Response(status, fields: [.location: location])
    }
}
