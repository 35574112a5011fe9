// SPDX-License-Identifier: Apache-2.0
public import HTTPTypes
internal import HoldfastTransport

/// Lets pages of other origins use the routes behind it (Cross-Origin Resource Sharing, Fetch Standard §3.2).
///
/// It answers preflight requests and adds the `Access-Control-` fields to responses, those to errors included. An origin that is not
/// listed gets none of them, so that its browser keeps the response from the page; the request itself is not refused.
/// A response that brings an `Access-Control-Allow-Origin` of its own is left as it is.
public struct CORSMiddleware: CheckedMiddleware {
    /// Stands for all origins.
    public enum AnyOrigin: Sendable {
        /// Every page may read the responses, but never with the user's cookies.
        case any
    }

    /// The methods that pages may use unless others are given: GET, HEAD, POST, PUT, PATCH and DELETE.
    public static let defaultMethods: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete]
    /// The request fields that pages may set unless others are given: `Accept`, `Authorization` and `Content-Type`.
    public static let defaultHeaders: [HTTPField.Name] = [.accept, .authorization, .contentType]

    /// Nil for any origin.
    private let origins: OriginPolicy?
    private let credentials: Bool
    private let preflight: HTTPFields
    private let exposed: String?
    let problem: String?

    /// Allows the listed origins.
    ///
    /// - Parameters:
    ///   - origins: Origins as browsers write them, such as `https://example.com`; anything else stops the server from starting.
    ///   - credentials: Whether pages may send cookies and other credentials, default false.
    ///   - methods: The methods that pages may use.
    ///   - headers: The request fields that pages may set.
    ///   - exposed: The response fields that pages may read beyond the harmless ones.
    ///   - maxAge: How long browsers may remember a preflight's answer, 10 minutes unless given.
    public init(
        origins: [String],
        credentials: Bool = false,
        methods: [HTTPRequest.Method] = defaultMethods,
        headers: [HTTPField.Name] = defaultHeaders,
        exposed: [HTTPField.Name] = [],
        maxAge: Duration = .seconds(600)
    ) {
        self.init(OriginPolicy.list(origins), credentials, methods, headers, exposed, maxAge)
    }

    /// Allows all origins, without credentials; for the other parameters see
    /// ``init(origins:credentials:methods:headers:exposed:maxAge:)``.
    public init(
        origins: AnyOrigin,
        methods: [HTTPRequest.Method] = defaultMethods,
        headers: [HTTPField.Name] = defaultHeaders,
        exposed: [HTTPField.Name] = [],
        maxAge: Duration = .seconds(600)
    ) {
        self.init(nil, false, methods, headers, exposed, maxAge)
    }

    private init(
        _ origins: OriginPolicy?,
        _ credentials: Bool,
        _ methods: [HTTPRequest.Method],
        _ headers: [HTTPField.Name],
        _ exposed: [HTTPField.Name],
        _ maxAge: Duration
    ) {
        self.origins = origins
        self.credentials = credentials
        self.exposed = exposed.isEmpty ? nil : exposed.map(\.rawName).joined(separator: ", ")
        preflight = [
            .accessControlAllowMethods: methods.map(\.rawValue).joined(separator: ", "),
            .accessControlAllowHeaders: headers.map(\.rawName).joined(separator: ", "),
            .accessControlMaxAge: String(max(0, maxAge.components.seconds)),
        ]
        let unusable = origins?.unusableEntries ?? []
        problem =
            unusable.isEmpty
            ? nil
            : "CORS cannot allow " + unusable.map { "“\($0)”" }.joined(separator: ", ")
                + ": an origin is a scheme, a host and a port if need be, like https://example.com"
    }

    /// Answers a preflight from an allowed origin; adds the fields to every other response.
    public func handle(_ request: Request, _ context: RequestContext, next: Handler) async throws -> Response {
        let origin = request[.origin]
        let allowed = allows(origin)
        if allowed, request.method == .options, request[.accessControlRequestMethod] != nil {
            var response = Response(.noContent, fields: preflight)
            addOrigin(origin, to: &response)
            return response
        }
        var response: Response
        do {
            response = try await next(request, context)
        } catch let error as CancellationError {
            throw error
        } catch {
            response = ErrorResponse.make(for: error, request, context)
        }
        guard response.fields[.accessControlAllowOrigin] == nil else { return response }
        if allowed {
            addOrigin(origin, to: &response)
            if let exposed { response.fields[.accessControlExposeHeaders] = exposed }
        } else {
            addVary(to: &response)
        }
        return response
    }

    private func allows(_ origin: String?) -> Bool {
        guard let origin else { return false }
        // Without a host to compare with, only what is listed passes.
        return origins?.allows(origins: [origin], host: nil, isSecure: false) ?? true
    }

    private func addOrigin(_ origin: String?, to response: inout Response) {
        guard origins != nil else {
            response.fields[.accessControlAllowOrigin] = "*"
            return
        }
        response.fields[.accessControlAllowOrigin] = origin
        if credentials { response.fields[.accessControlAllowCredentials] = "true" }
        addVary(to: &response)
    }

    /// A cache must not give one origin's response to another.
    private func addVary(to response: inout Response) {
        guard origins != nil else { return }
        let present = response.fields[values: .vary]
        guard !present.contains(where: { FieldList.contains($0, "origin") || FieldList.contains($0, "*") }) else {
            return
        }
        response.fields.append(HTTPField(name: .vary, value: "Origin"))
    }
}

extension Middleware where Self == CORSMiddleware {
    /// Lets pages of the listed origins use the routes; see ``CORSMiddleware``.
    public static func cors(
        origins: [String],
        credentials: Bool = false,
        methods: [HTTPRequest.Method] = CORSMiddleware.defaultMethods,
        headers: [HTTPField.Name] = CORSMiddleware.defaultHeaders,
        exposed: [HTTPField.Name] = [],
        maxAge: Duration = .seconds(600)
    ) -> CORSMiddleware {
        CORSMiddleware(
            origins: origins,
            credentials: credentials,
            methods: methods,
            headers: headers,
            exposed: exposed,
            maxAge: maxAge
        )
    }

    /// Lets all pages use the routes, without credentials; see ``CORSMiddleware``.
    public static func cors(
        origins: CORSMiddleware.AnyOrigin,
        methods: [HTTPRequest.Method] = CORSMiddleware.defaultMethods,
        headers: [HTTPField.Name] = CORSMiddleware.defaultHeaders,
        exposed: [HTTPField.Name] = [],
        maxAge: Duration = .seconds(600)
    ) -> CORSMiddleware {
        CORSMiddleware(origins: origins, methods: methods, headers: headers, exposed: exposed, maxAge: maxAge)
    }
}
