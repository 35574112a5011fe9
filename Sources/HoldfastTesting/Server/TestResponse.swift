// SPDX-License-Identifier: Apache-2.0
internal import Foundation
public import HTTPTypes

/// A server's answer to a test's request.
public struct TestResponse: Sendable, Hashable {
    /// The status.
    public let status: HTTPResponse.Status
    /// The header fields as they came.
    public let fields: HTTPFields
    /// The whole body.
    public let body: [UInt8]

    /// The body as UTF-8 text.
    public var text: String { String(decoding: body, as: UTF8.self) }

    /// Decodes the body as JSON.
    ///
    /// - Throws: `DecodingError`.
    public func decode<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
        try JSONDecoder().decode(type, from: Data(body))
    }
}
