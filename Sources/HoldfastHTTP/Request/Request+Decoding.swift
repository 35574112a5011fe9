// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HoldfastTransport

extension Request {
    /// Reads the body as JSON into a type of yours.
    ///
    /// - Parameters:
    ///   - type: The type to decode.
    ///   - limit: The most bytes of body; `nil` for the route's limit.
    /// - Throws: ``HTTPError`` 415 when the body is declared to be something else, 400 when it is not JSON or does not fit the type;
    ///   the message says where.
    public func decode<Value: Decodable>(as type: Value.Type = Value.self, upTo limit: Int? = nil) async throws -> Value
    {
        if self[.contentType] != nil, contentType?.isJSON != true {
            throw HTTPError(.unsupportedMediaType, message: "the body must be application/json")
        }
        let bytes = try await body.collectBuffer(upTo: limit)
        do {
            return try JSON(parsing: bytes).decode(as: type)
        } catch let error as DecodingError {
            throw HTTPError(.badRequest, message: describe(error))
        } catch let error as JSONError {
            throw HTTPError(.badRequest, message: "the body is not JSON: \(error)")
        }
    }
}
