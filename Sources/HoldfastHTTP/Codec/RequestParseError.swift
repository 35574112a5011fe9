// SPDX-License-Identifier: Apache-2.0

package import HTTPTypes

/// Why a request was refused.
///
/// The connection cannot be used for another request.
package struct RequestParseError: Error, Hashable, Sendable {
    /// Every reason the parser knows; the raw value is fixed text, safe for the log and the client.
    package enum Reason: String, Hashable, Sendable, CaseIterable {
        case tooManyEmptyLines = "too many empty lines before the request"
        case bareLineFeed = "line not ended by CRLF"
        case invalidMethod = "invalid method"
        case methodTooLong = "method not implemented"
        case invalidRequestLine = "invalid request line"
        case invalidTarget = "invalid request target"
        case unsupportedVersion = "HTTP version not supported"
        case requestLineTooLong = "request line too long"
        case fieldTooLarge = "header field too large"
        case headTooLarge = "request head too large"
        case tooManyFields = "too many header fields"
        case foldedField = "folded header field"
        case invalidFieldName = "invalid header field name"
        case invalidFieldValue = "invalid header field value"
        case missingHost = "missing Host"
        case duplicateHost = "more than one Host"
        case invalidHost = "invalid Host"
        case invalidContentLength = "invalid Content-Length"
        case duplicateContentLength = "more than one Content-Length"
        case conflictingFraming = "Content-Length with Transfer-Encoding"
        case transferEncodingInHTTP10 = "Transfer-Encoding in HTTP/1.0"
        case invalidTransferEncoding = "invalid Transfer-Encoding"
        case unsupportedTransferEncoding = "transfer coding not supported"
        case bodyTooLarge = "request body too large"
        case invalidChunkSize = "invalid chunk size"
        case invalidChunkExtension = "invalid chunk extension"
        case invalidChunkEnd = "chunk data not followed by CRLF"
        case extensionsAndTrailersTooLarge = "chunk extensions and trailers too large"
        case wireBytesExceeded = "chunked coding overhead too large"
        case forbiddenTrailer = "forbidden trailer field"
        case bytesAfterLastRequest = "bytes after the last request of the connection"
    }

    package var reason: Reason

    package init(_ reason: Reason) {
        self.reason = reason
    }

    /// The text of ``reason``.
    package var message: String { reason.rawValue }

    /// The status of the answer: 400, 413, 414, 431, 501 or 505.
    package var status: HTTPResponse.Status {
        switch reason {
        case .requestLineTooLong: .uriTooLong
        case .fieldTooLarge, .headTooLarge, .tooManyFields: .requestHeaderFieldsTooLarge
        case .bodyTooLarge: .contentTooLarge
        case .unsupportedTransferEncoding, .methodTooLong: .notImplemented
        case .unsupportedVersion: .httpVersionNotSupported
        default: .badRequest
        }
    }
}
