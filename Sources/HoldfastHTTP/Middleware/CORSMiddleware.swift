// SPDX-License-Identifier: Apache-2.0
public import HTTPTypes
public import HoldfastTransport

/// Lets pages of other origins use the routes behind it (Cross-Origin Resource Sharing, Fetch Standard §3.2).
///
/// It answers preflight requests and adds the `Access-Control-` fields to responses, those to errors included. An origin that is not
/// listed gets none of them, so that its browser keeps the response from the page; the request itself is not refused.
/// A response that brings an `Access-Control-Allow-Origin` of its own is left as it is.
public struct CORSMiddleware: CheckedMiddleware {
    /// The methods that pages may use unless others are given: GET, HEAD, POST, PUT, PATCH and DELETE.
    public static let defaultMethods: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete]
    /// The request fields that pages may set unless others are given: `Accept`, `Authorization` and `Content-Type`.
    public static let defaultHeaders: [HTTPField.Name] = [.accept, .authorization, .contentType]

    private let origins: OriginPolicy
    private let credentials: Bool
    private let preflight: HTTPFields
    private let exposed: String?
    let problem: String?
    /// Whether a preflight allows whatever fields it names, instead of those listed; default false.
    package var allowsRequestedHeaders = false

    /// Allows the pages of the origins listed, or of all.
    ///
    /// - Parameters:
    ///   - origins: A list, such as `["https://example.com"]`, or `.any`. An entry that is no origin stops the server from starting.
    ///   - credentials: Whether pages may send cookies and other credentials, default false. Together with `.any` it stops the server
    ///     from starting: every page could act as the user.
    ///   - methods: The methods that pages may use.
    ///   - headers: The request fields that pages may set.
    ///   - exposed: The response fields that pages may read beyond the harmless ones.
    ///   - maxAge: How long browsers may remember a preflight's answer, 10 minutes unless given.
    public init(
        origins: OriginPolicy,
        credentials: Bool = false,
        methods: [HTTPRequest.Method] = defaultMethods,
        headers: [HTTPField.Name] = defaultHeaders,
        exposed: [HTTPField.Name] = [],
        maxAge: Duration = .seconds(600)
    ) {
        self.origins = origins
        self.credentials = credentials
        self.exposed = exposed.isEmpty ? nil : exposed.map(\.rawName).joined(separator: ", ")
        preflight = [
            .accessControlAllowMethods: methods.map(\.rawValue).joined(separator: ", "),
            .accessControlAllowHeaders: headers.map(\.rawName).joined(separator: ", "),
            .accessControlMaxAge: String(max(0, maxAge.bounded.components.seconds)),
        ]
        problem =
            credentials && origins.allowsAnyPage
            ? "CORS cannot allow credentials to every page: list the origins"
            : origins.problem.map { "CORS: " + $0 }
    }

    /// Answers a preflight from an allowed origin; adds the fields to every other response.
    public func handle(_ request: Request, _ context: RequestContext, next: Handler) async throws -> Response {
        let origin = request[.origin]
        let allowed = allows(origin)
        if allowed, request.method == .options, request[.accessControlRequestMethod] != nil {
            var response = Response(.noContent, fields: preflight)
            if allowsRequestedHeaders, let headers = request[.accessControlRequestHeaders] {
                response.fields[.accessControlAllowHeaders] = headers
            }
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
        // A copy that a cache keeps may be asked for by a page later.
        guard let origin else { return origins.allowsAnyPage }
        // Without a host to compare with, only what is listed passes.
        return origins.allows(origins: [origin], host: nil, isSecure: false)
    }

    private func addOrigin(_ origin: String?, to response: inout Response) {
        guard !origins.allowsAnyPage else {
            response.fields[.accessControlAllowOrigin] = "*"
            return
        }
        response.fields[.accessControlAllowOrigin] = origin
        if credentials { response.fields[.accessControlAllowCredentials] = "true" }
        addVary(to: &response)
    }

    /// A cache must not give one origin's response to another.
    private func addVary(to response: inout Response) {
        guard !origins.allowsAnyPage else { return }
        let present = response.fields[values: .vary]
        guard !present.contains(where: { FieldList.contains($0, "origin") || FieldList.contains($0, "*") }) else {
            return
        }
        response.fields.append(HTTPField(name: .vary, value: "Origin"))
    }
}

extension Middleware where Self == CORSMiddleware {
    /// Lets pages of other origins use the routes; see ``CORSMiddleware``.
    public static func cors(
        origins: OriginPolicy,
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

    /// Lets pages of the listed origins use the routes; see ``CORSMiddleware``.
    ///
    /// `use` and `group` need it: for the compiler, a literal there is no ``OriginPolicy`` yet.
    public static func cors(
        origins: [String],
        credentials: Bool = false,
        methods: [HTTPRequest.Method] = CORSMiddleware.defaultMethods,
        headers: [HTTPField.Name] = CORSMiddleware.defaultHeaders,
        exposed: [HTTPField.Name] = [],
        maxAge: Duration = .seconds(600)
    ) -> CORSMiddleware {
        .cors(
            origins: OriginPolicy.list(origins),
            credentials: credentials,
            methods: methods,
            headers: headers,
            exposed: exposed,
            maxAge: maxAge
        )
    }
}
