// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HoldfastHTTP
import HoldfastTransport
import NIOCore

/// `xhr_send` and `jsonp_send`: messages from the client as a JSON array.
extension SockJSService {
    /// The most messages in one array; many empty ones take far more memory than their bytes.
    static let messagesPerRequest = 1 << 16

    /// Delivers a request's messages, as soon as the application takes any, and answers.
    func send(_ request: SockJSRequest, session id: String, _ transport: SendingTransport) async throws -> Response {
        let body = try await request.request.body.collectBuffer(upTo: options.bodyLimit)
        switch read(body, request, transport, for: table.session(id)) {
        case .refused(let response): return response
        case .messages(let messages, let session):
            return answer(try await session.deliver(messages), request, transport)
        }
    }

    /// Does the same at once; `nil`, with nothing done, when that would wait.
    func sendAtOnce(_ request: SockJSRequest, session id: String, _ transport: SendingTransport) -> Response? {
        let session = table.session(id)
        guard case .collected(let body) = request.request.body.storage, session?.takesMessages != false else {
            return nil
        }
        switch read(body, request, transport, for: session) {
        case .refused(let response): return response
        case .messages(let messages, let session):
            return answer(session.deliverNow(messages), request, transport)
        }
    }

    private enum Reading {
        case refused(Response)
        case messages([ByteBuffer], SockJSSession)
    }

    private func read(
        _ body: ByteBuffer,
        _ request: SockJSRequest,
        _ transport: SendingTransport,
        for session: SockJSSession?
    ) -> Reading {
        let cors = transport.allowsCORS
        var body = body
        if transport == .jsonp, Self.isForm(request.request[.contentType]) {
            body = ByteBuffer(bytes: QueryForm.first(of: ["d"], in: body.readableBytesView) ?? [])
        }
        let messages: [ByteBuffer]
        do throws(JSONStringArrayError) {
            messages = try JSONStringArray.decode(body, countLimit: Self.messagesPerRequest)
        } catch {
            switch error {
            case .empty, .notArray:
                return .refused(request.failure(.internalServerError, "Payload expected.", cors: cors))
            case .broken, .nonStringMember:
                return .refused(request.failure(.internalServerError, "Broken JSON encoding.", cors: cors))
            case .tooManyMessages, .messageTooLong:
                return .refused(request.failure(.contentTooLarge, "Too many messages.", cors: cors))
            }
        }
        guard let session, session.admits(request.binding) else { return .refused(request.unknownSession(cors: cors)) }
        return .messages(messages, session)
    }

    private static func isForm(_ contentType: String?) -> Bool {
        let type = contentType?.prefix { $0 != ";" && $0 != " " }
        return type?.lowercased() == "application/x-www-form-urlencoded"
    }

    private func answer(
        _ intake: SessionStateMachine.Intake,
        _ request: SockJSRequest,
        _ transport: SendingTransport
    ) -> Response {
        let cors = transport.allowsCORS
        if intake == .unknown { return request.unknownSession(cors: cors) }
        let fields = request.sessionFields(cors: cors)
        switch transport {
        case .xhr:
            return Response(.noContent, fields: fields, body: ResponseBody(.empty, contentType: ContentType.text))
        case .jsonp:
            // A form's answer needs a body, or the frame it goes to never loads.
            return .text("ok", fields: fields, contentType: ContentType.text)
        }
    }
}

extension SendingTransport {
    /// Whether pages of other origins read the response themselves.
    fileprivate var allowsCORS: Bool { self == .xhr }
}
