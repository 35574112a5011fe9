// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import HTTPTypes
internal import NIOCore

extension Response {
    /// A file's content, with `Content-Type`, `Last-Modified` and `ETag`.
    ///
    /// The request's conditions are met as RFC 9110 §13.2.2 has it: a client that knows the content is answered 304, one that wants
    /// another version 412. The file is read off the loop, piece by piece, as the client takes it. The tag is strong, and another one after every change of
    /// the content, as long as the file system's clock can tell two changes apart; else it is weak. The path is the application's to
    /// choose: check what of it comes from a client.
    ///
    /// - Parameters:
    ///   - path: The file's path.
    ///   - request: The request, for its conditions; `nil` to send the file in any case.
    ///   - contentType: The media type; `nil` to go by the file's extension.
    /// - Throws: ``HTTPError``: 404 when there is no such file, or it is no regular one or may not be read; 412; 503 when the process
    ///   has too many files open.
    public static func file(
        _ path: String,
        for request: Request? = nil,
        contentType: String? = nil
    ) async throws -> Response {
        try await file(try await OpenFile.open(path), for: request, contentType: contentType ?? FileType.of(path))
    }

    static func file(_ file: OpenFile, for request: Request?, contentType: String) async throws -> Response {
        let state = file.state
        let tag = state.entityTag
        switch request?.precondition(tag: tag, modified: state.modified.seconds) {
        case .notModified:
            // What else a 200 would say of the content, the client knows (RFC 9110 §15.4.5).
            return Response(.notModified, fields: [.eTag: tag.description])
        case let status?:
            throw HTTPError(status)
        case nil:
            break
        }
        // A date in the future would be later than that of the response (RFC 9110 §8.8.2.1).
        let modified = min(state.modified.seconds, Int64(Date().timeIntervalSince1970))
        let fields: HTTPFields = [
            .eTag: tag.description, .lastModified: HTTPDate.string(unixSeconds: modified),
        ]
        let body = ResponseBody.stream(length: state.size, contentType: contentType) { writer in
            var offset = 0
            while offset < state.size {
                let piece = try await file.read(at: offset, upTo: min(state.size - offset, 64 << 10))
                offset += piece.readableBytes
                try await writer.write(buffer: piece)
            }
        }
        return Response(fields: fields, body: body)
    }
}
