// SPDX-License-Identifier: Apache-2.0

package import HoldfastTransport
package import NIOCore

/// The parser of all requests of one connection: head, body, end, head, and so on.
///
/// Feed it one buffer that only ever grows at its end; it takes what it has understood from the front. What it reports
/// depends on the bytes alone: however they are split, the events are the same, except that a body may come in more
/// slices. After a failure every call reports that failure again.
///
/// It takes what the standards' grammar has, and is stricter than they ask where parsers that disagree have let requests be
/// smuggled, or where nobody honest would notice:
/// - One `Content-Length` of digits, no list of equal ones (RFC 9112 §6.3 lets a server choose), and no tab beside it.
/// - `Transfer-Encoding` is exactly one `chunked`, without empty list elements, parameters or tabs (RFC 9110 §5.6.1.2 would have
///   the empty elements ignored); other codings before it are 501, and with `Content-Length` or in HTTP/1.0 it is 400.
/// - Lines end in CRLF; a line feed alone, folded fields and blanks before a colon are 400.
/// - A host is a name of unreserved characters and escapes, an IPv4 or an IPv6 literal: no sub-delimiters, no zone, no later
///   literal (RFC 3986 §3.2.2), and it is never empty, which `http` does not allow (RFC 9110 §4.2.1).
/// - A method of more than 32 bytes is 501 as soon as that is seen; no such method could have a route.
/// - A chunk's size has at most 16 digits, leading zeros included; its extensions are checked, and end where the grammar says.
/// - `Host`, `Content-Length` and `Transfer-Encoding` among the trailers are 400 rather than dropped.
package struct RequestParser: Sendable {
    /// What one call found.
    package enum Event: Sendable {
        /// A complete head. Bytes behind it stay in the buffer until the next call.
        case head(RequestHead)
        /// Body bytes, sharing the buffer's storage; never empty.
        case body(ByteBuffer)
        /// The request is complete.
        case end
        /// Nothing more to report before more bytes come.
        case needMoreData
        /// The request is refused, and with it everything that follows on this connection.
        case failure(RequestParseError)
    }

    private enum State: Sendable {
        case emptyLines
        case head
        case bodyStart
        case length
        case chunked
        case end
        case closed
        case failed(RequestParseError)
    }

    private let limits: Limits.HTTP
    private var state = State.emptyLines
    private var emptyLines = 0
    private var headParser = HeadParser()
    private var framing = RequestHead.Framing.none
    private var keepAlive = true
    private var bodyLimit: Int
    private var remaining = 0
    private var chunked: ChunkedDecoder

    package init(limits: Limits.HTTP) {
        self.limits = limits
        bodyLimit = limits.body
        chunked = ChunkedDecoder(bodyLimit: limits.body, limits: limits)
    }

    /// Sets the body limit of the current request, in bytes.
    ///
    /// Call it between `.head` and the next ``next(_:)``, which reports a declared length beyond the limit (413)
    /// even before a body byte arrived. The next request starts with the limit given at creation again.
    package mutating func setBodyLimit(_ limit: Int) {
        bodyLimit = max(0, limit)
    }

    /// Whether the parser is between two requests and has seen no byte of the next one but empty lines.
    ///
    /// Bytes still in the buffer count as seen only once ``next(_:)`` was called with them.
    package var isIdle: Bool {
        if case .emptyLines = state { return true }
        return false
    }

    /// Takes the next event from the front of `buffer`.
    package mutating func next(_ buffer: inout ByteBuffer) -> Event {
        switch state {
        case .emptyLines:
            if let event = skipEmptyLines(&buffer) { return event }
            return parseHead(&buffer)
        case .head:
            return parseHead(&buffer)
        case .bodyStart:
            return startBody(&buffer)
        case .length:
            return readLength(&buffer)
        case .chunked:
            return readChunked(&buffer)
        case .end:
            return finish()
        case .closed:
            return discard(&buffer)
        case .failed(let error):
            return .failure(error)
        }
    }

    // MARK: Head

    private mutating func skipEmptyLines(_ buffer: inout ByteBuffer) -> Event? {
        while true {
            guard let first: UInt8 = buffer.getInteger(at: buffer.readerIndex) else { return .needMoreData }
            guard first == 0x0D || first == 0x0A else { break }
            guard first == 0x0D else { return fail(.bareLineFeed) }
            guard let second: UInt8 = buffer.getInteger(at: buffer.readerIndex + 1) else { return .needMoreData }
            guard second == 0x0A else { return fail(.invalidRequestLine) }
            emptyLines += 1
            if emptyLines > limits.emptyLines { return fail(.tooManyEmptyLines) }
            buffer.moveReaderIndex(forwardBy: 2)
        }
        state = .head
        return nil
    }

    private mutating func parseHead(_ buffer: inout ByteBuffer) -> Event {
        let progress = buffer.withUnsafeReadableBytes { bytes in
            headParser.parse(bytes, limits: limits)
        }
        switch progress {
        case .incomplete:
            return .needMoreData
        case .failure(let reason):
            return fail(reason)
        case .complete(let length):
            // The parser looked at `length` readable bytes, so the slice exists.
            guard let slice = buffer.readSlice(length: length) else { return .needMoreData }
            let head = RequestHead(bytes: slice, facts: headParser.facts)
            headParser = HeadParser()
            emptyLines = 0
            framing = head.framing
            keepAlive = head.keepAlive
            bodyLimit = limits.body
            state = framing == .none ? .end : .bodyStart
            return .head(head)
        }
    }

    // MARK: Body

    private mutating func startBody(_ buffer: inout ByteBuffer) -> Event {
        switch framing {
        case .none:
            return finish()
        case .length(let length):
            if length > bodyLimit { return fail(.bodyTooLarge) }
            if length == 0 { return finish() }
            remaining = length
            state = .length
            return readLength(&buffer)
        case .chunked:
            chunked = ChunkedDecoder(bodyLimit: bodyLimit, limits: limits)
            state = .chunked
            return readChunked(&buffer)
        }
    }

    private mutating func readLength(_ buffer: inout ByteBuffer) -> Event {
        guard let slice = buffer.readSlice(length: min(remaining, buffer.readableBytes)), slice.readableBytes > 0
        else { return .needMoreData }
        remaining -= slice.readableBytes
        if remaining == 0 { state = .end }
        return .body(slice)
    }

    private mutating func readChunked(_ buffer: inout ByteBuffer) -> Event {
        switch chunked.next(&buffer, limits) {
        case .body(let slice): .body(slice)
        case .end: finish()
        case .needMoreData: .needMoreData
        case .failure(let reason): fail(reason)
        }
    }

    // MARK: Ends

    private mutating func finish() -> Event {
        state = keepAlive ? .emptyLines : .closed
        return .end
    }

    /// Line ends behind the last request are harmless; anything else is a request that must never be served.
    private mutating func discard(_ buffer: inout ByteBuffer) -> Event {
        while let byte: UInt8 = buffer.readInteger() {
            if byte != 0x0D, byte != 0x0A { return fail(.bytesAfterLastRequest) }
        }
        return .needMoreData
    }

    private mutating func fail(_ reason: RequestParseError.Reason) -> Event {
        let error = RequestParseError(reason)
        state = .failed(error)
        return .failure(error)
    }
}
