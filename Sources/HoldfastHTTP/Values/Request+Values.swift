// SPDX-License-Identifier: Apache-2.0
internal import HTTPTypes

extension Request {
    /// The names and values of the query, decoded at each access.
    ///
    /// - Throws: ``HTTPError`` 400 when the query is malformed.
    public var query: FormValues {
        get throws { try FormValues(decoding: rawQuery ?? "") }
    }

    /// The cookies, parsed at each access.
    public var cookies: Cookies { Cookies(fields[values: .cookie]) }

    /// The media type of the body; `nil` when it is absent or malformed.
    public var contentType: MediaType? { self[.contentType].flatMap(MediaType.init) }

    /// Reads the body as a form, `application/x-www-form-urlencoded`.
    ///
    /// - Throws: ``HTTPError`` 415 for another media type, 400 for a malformed form, and what ``RequestBody/collect(upTo:)`` throws.
    public func form() async throws -> FormValues {
        guard contentType?.matches(.form) == true else {
            throw HTTPError(.unsupportedMediaType, message: "the body must be \(MediaType.form)")
        }
        return try FormValues(decoding: try await body.text())
    }
}
