// SPDX-License-Identifier: Apache-2.0
public import HTTPTypes

/// An error that says what the client is told: a status, and a text that is safe to show.
public struct HTTPError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The status of the response.
    public var status: HTTPResponse.Status
    /// The response's plain text; `nil` for the status's own phrase.
    public var message: String?
    /// Further header fields of the response.
    public var fields: HTTPFields

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - status: The status of the response.
    ///   - message: What the client is told.
    ///   - fields: Further header fields, such as `Retry-After`.
    public init(_ status: HTTPResponse.Status, message: String? = nil, fields: HTTPFields = [:]) {
        self.status = status
        self.message = message
        self.fields = fields
    }

    /// The status and the message.
    public var description: String {
        message.map { "\(status.code): \($0)" } ?? "\(status.code) \(status.reasonPhrase)"
    }
}

extension HTTPError: ResponseConvertible {
    /// The status with the message as plain text.
    public func response() -> Response {
        .text(message ?? status.reasonPhrase, status: status, fields: fields)
    }
}
