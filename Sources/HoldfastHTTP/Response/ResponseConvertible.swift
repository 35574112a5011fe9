// SPDX-License-Identifier: Apache-2.0
public import HTTPTypes

/// What a handler may return.
public protocol ResponseConvertible {
    /// Makes the response.
    ///
    /// - Throws: What encoding throws; the client then gets a 500.
    func response() throws -> Response
}

extension Response: ResponseConvertible {
    /// The response itself.
    public func response() -> Response { self }
}

extension String: ResponseConvertible {
    /// The string as plain text.
    public func response() -> Response { .text(self) }
}

extension HTTPResponse.Status: ResponseConvertible {
    /// The status without a body.
    public func response() -> Response { Response(self) }
}

extension ResponseConvertible where Self: Encodable {
    /// The value as JSON.
    public func response() throws -> Response { try .json(self) }
}
