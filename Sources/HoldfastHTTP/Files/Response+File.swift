// SPDX-License-Identifier: Apache-2.0
import Foundation
import HTTPTypes
import NIOCore

extension Response {
    /// A file's content, with `Content-Type`, `Last-Modified` and `ETag`; 304 when the client has it already (RFC 9110 §13).
    ///
    /// The file is read off the loop, piece by piece, as the client takes it. The path is the application's to choose: check what of it
    /// comes from a client.
    ///
    /// - Parameters:
    ///   - path: The file's path.
    ///   - request: The request, for its `If-None-Match` and `If-Modified-Since`; `nil` to send the file in any case.
    ///   - contentType: The media type; `nil` to go by the file's extension.
    /// - Throws: ``HTTPError`` 404 when there is no such file.
    public static func file(
        _ path: String,
        for request: Request? = nil,
        contentType: String? = nil
    ) async throws -> Response {
        let file = try await FileFacts.read(path)
        let fields: HTTPFields = [
            .eTag: file.entityTag,
            .lastModified: HTTPDate.string(unixSeconds: file.modified),
        ]
        if let request, file.isKnown(to: request) { return Response(.notModified, fields: fields) }
        let body = ResponseBody.stream(
            length: file.size,
            contentType: contentType ?? FileFacts.contentType(of: path)
        ) { writer in
            let reader = try FileReader(path)
            var left = file.size
            while left > 0 {
                let piece = try await reader.read(upTo: min(left, 64 << 10))
                guard piece.readableBytes > 0 else { throw CancellationError() }
                left -= piece.readableBytes
                try await writer.write(buffer: piece)
            }
        }
        return Response(fields: fields, body: body)
    }
}

/// What a response says of a file.
private struct FileFacts: Sendable {
    var size: Int
    /// Seconds since 1970.
    var modified: Int64

    @concurrent
    static func read(_ path: String) async throws -> FileFacts {
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path),
            attributes[.type] as? FileAttributeType == .typeRegular,
            let size = attributes[.size] as? Int,
            let modified = attributes[.modificationDate] as? Date
        else { throw HTTPError(.notFound) }
        return FileFacts(size: size, modified: Int64(exactly: modified.timeIntervalSince1970.rounded(.down)) ?? 0)
    }

    var entityTag: String { "\"\(String(modified, radix: 16))-\(String(size, radix: 16))\"" }

    /// Whether the client's copy is this one; an entity tag outweighs a date (RFC 9110 §13.2.2).
    func isKnown(to request: Request) -> Bool {
        if let tags = request[.ifNoneMatch] {
            return tags == "*" || FieldList.elements(tags).contains { $0 == entityTag || $0 == "W/" + entityTag }
        }
        guard let text = request[.ifModifiedSince],
            let since = HTTPDate.parse(text, now: Int64(Date().timeIntervalSince1970))
        else { return false }
        return modified <= since
    }

    static func contentType(of path: String) -> String {
        let name = path.split(separator: "/").last ?? ""
        let ending = name.contains(".") ? name.split(separator: ".").last.map { $0.lowercased() } : nil
        return switch ending {
        case "html", "htm": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "js", "mjs": "text/javascript; charset=utf-8"
        case "json", "map": "application/json"
        case "txt", "md": "text/plain; charset=utf-8"
        case "svg": "image/svg+xml"
        case "png": "image/png"
        case "jpg", "jpeg": "image/jpeg"
        case "gif": "image/gif"
        case "webp": "image/webp"
        case "ico": "image/x-icon"
        case "woff2": "font/woff2"
        case "wasm": "application/wasm"
        case "pdf": "application/pdf"
        case "xml": "application/xml"
        default: "application/octet-stream"
        }
    }
}

/// Reads a file in order, off the caller's loop.
private actor FileReader {
    private let handle: FileHandle

    init(_ path: String) throws {
        guard let handle = FileHandle(forReadingAtPath: path) else { throw HTTPError(.notFound) }
        self.handle = handle
    }

    deinit {
        try? handle.close()
    }

    func read(upTo count: Int) throws -> ByteBuffer {
        ByteBuffer(bytes: try handle.read(upToCount: count) ?? Data())
    }
}
