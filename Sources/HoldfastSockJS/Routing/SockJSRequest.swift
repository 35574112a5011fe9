// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HoldfastHTTP
import HoldfastTransport

/// A request to a SockJS endpoint and what its answers have in common.
struct SockJSRequest: Sendable {
    let request: Request
    let context: RequestContext
    let service: SockJSService
    /// The values of `Origin`: one or none, else the request is refused.
    private let origins: [String]

    init(request: Request, context: RequestContext, service: SockJSService) {
        self.request = request
        self.context = context
        self.service = service
        self.origins = request.head.values(.origin)
    }

    private var options: SockJSOptions { service.options }

    /// Whether the page that asks may.
    ///
    /// Beside the `Origin` there is what browsers say of requests that carry none: script tags and frames of other sites.
    var isFromAllowedOrigin: Bool {
        let isAllowed = options.allowedOrigins.allows(
            origins: origins,
            host: request.head.host,
            isSecure: request.isSecure
        )
        guard isAllowed, origins.isEmpty, !options.allowedOrigins.allowsAnyPage else { return isAllowed }
        return !["cross-site", "same-site"].contains(request[.secFetchSite] ?? "")
    }

    /// Who asks.
    var binding: SessionBinding {
        options.bindSessions
            ? SessionBinding(origin: origins.first, userAgent: request[.userAgent])
            : SessionBinding(origin: nil, userAgent: nil)
    }

    /// Whether the client holds the session to be open: an item of a receiving request's query is `continued`.
    ///
    /// Without it a request for a session that is forgotten opens a new one, as the protocol wants, and what the client sends before
    /// it hears of that runs where the client does not expect it.
    var isContinued: Bool { hasItem("continued") }

    /// Whether a poll is not to wait for messages: an item of its query is `brief`.
    var isBrief: Bool { hasItem("brief") }

    private func hasItem(_ name: Substring) -> Bool {
        request.rawQuery?.split(separator: "&").contains(name) ?? false
    }

    // MARK: Header fields

    /// The fields of every answer below a session's URL.
    func sessionFields(cors: Bool) -> HTTPFields {
        service.sessionFields.make(cors: cors, origin: origins.first) { request[$0] }
    }

    func addCORS(to fields: inout HTTPFields) {
        fields.setCORS(
            origin: origins.first,
            requestedHeaders: request[.accessControlRequestHeaders],
            options: options
        )
    }

    // MARK: Answers

    func failure(_ status: HTTPResponse.Status, _ text: String, cors: Bool) -> Response {
        .text(text + "\n", status: status, fields: sessionFields(cors: cors), contentType: ContentType.text)
    }

    func unknownSession(cors: Bool) -> Response {
        failure(.notFound, "Unknown session", cors: cors)
    }

    func preflight(_ path: SockJSPath) -> Response {
        var fields = HTTPFields()
        addCORS(to: &fields)
        fields.setPreflight(
            methods: path.methods.map(\.rawValue).joined(separator: ", "),
            expires: WallClock.dateInAYear()
        )
        if case .session = path { fields.setStickyCookie(cookies: request[.cookie], options: options) }
        return Response(.noContent, fields: fields)
    }
}

extension SockJSPath {
    /// The methods it answers.
    var methods: [HTTPRequest.Method] {
        switch self {
        case .greeting, .iframe, .rawWebSocket, .session(_, .webSocket): [.get]
        case .info: [.options, .get]
        case .session(_, .receiving(.xhr)), .session(_, .receiving(.xhrStreaming)), .session(_, .sending(.xhr)):
            [.options, .post]
        case .session(_, .receiving): [.get]
        case .session(_, .sending(.jsonp)): [.post]
        }
    }
}

extension FrameWrapping {
    /// Whether pages of other origins read the response themselves, rather than run it.
    var allowsCORS: Bool {
        switch self {
        case .xhr, .xhrStreaming, .eventSource: true
        case .htmlFile, .jsonp: false
        }
    }
}
