// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HoldfastTransport
import Logging
import NIOCore
import Testing

@testable import HoldfastHTTP

/// Leaves its name in the response: what ran outermost stands last.
struct Mark: Middleware {
    static let field = HTTPField.Name("X-Mark") ?? .server
    var name: String

    init(_ name: String) {
        self.name = name
    }

    func handle(_ request: Request, _ context: RequestContext, next: Handler) async throws -> Response {
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            response = ErrorResponse.make(for: error, request, context)
        }
        response.fields.append(HTTPField(name: Self.field, value: name))
        return response
    }
}

/// Makes a request as a client would send it.
func makeRequest(
    _ method: HTTPRequest.Method,
    _ target: String,
    _ fields: [(String, String)] = [],
    body: String = ""
) throws -> Request {
    let lines = fields.map { "\($0): \($1)\r\n" }.joined()
    var buffer = ByteBuffer(string: "\(method.rawValue) \(target) HTTP/1.1\r\nHost: example.com\r\n\(lines)\r\n")
    var parser = RequestParser(limits: Limits.HTTP())
    guard case .head(let head) = parser.next(&buffer) else { throw RefusedRequest(target: target) }
    return Request(
        head: head,
        body: RequestBody(ByteBuffer(string: body)),
        peer: Peer(address: "192.0.2.1:5000", isSecure: false)
    )
}

/// The parser did not take a request of a test.
struct RefusedRequest: Error {
    var target: String
}

func makeContext(_ parameters: Parameters = Parameters(), logger: Logger? = nil) -> RequestContext {
    let logger = logger ?? Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    return RequestContext(parameters: parameters, server: ServerContext(limits: Limits(), logger: logger))
}

extension Response {
    /// The body of a response that is not streamed, as text.
    var bodyText: String {
        switch body.storage {
        case .text(let text): text
        case .bytes(let bytes): String(buffer: bytes)
        default: ""
        }
    }
}

extension Router {
    /// The response to a request, through middleware and with errors made responses.
    func respond(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ fields: [(String, String)] = [],
        logger: Logger? = nil
    ) async throws -> Response {
        let request = try makeRequest(method, path, fields)
        let resolution = try freeze().resolve(method: method, path: request.path)
        let context = makeContext(resolution.parameters, logger: logger)
        do {
            return try await resolution.route.handler(request, context)
        } catch {
            return ErrorResponse.make(for: error, request, context)
        }
    }

    func text(_ method: HTTPRequest.Method, _ path: String) async throws -> String {
        let response = try await respond(method, path)
        return "\(response.status.code) \(response.bodyText)"
    }

    func marks(_ method: HTTPRequest.Method, _ path: String) async throws -> String {
        try await respond(method, path).fields[values: Mark.field].joined(separator: " ")
    }
}
