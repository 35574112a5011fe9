// SPDX-License-Identifier: Apache-2.0

internal import NIOCore

/// The chunked transfer coding (RFC 9112 §7.1), strict: no blanks, CRLF only, extensions and trailers checked and
/// dropped.
///
/// Stricter than the RFC in one point: "bad whitespace" around extensions is refused, because parsers disagree on it.
struct ChunkedDecoder: Sendable {
    enum Event {
        case body(ByteBuffer)
        case end
        case needMoreData
        case failure(RequestParseError.Reason)
    }

    private enum State: Sendable {
        case sizeStart
        case size
        case extensionStart
        case extensionName
        case extensionValueStart
        case extensionValue
        case extensionQuoted
        case extensionQuotedPair
        case extensionQuotedEnd
        case sizeLineFeed
        case data
        case dataReturn
        case dataLineFeed
        case trailers
    }

    private enum SizeLine {
        case incomplete
        case complete
        case failure(RequestParseError.Reason)
    }

    private let limits: RequestParserLimits
    private let bodyLimit: Int
    private let wireLimit: Int
    private var state = State.sizeStart
    /// While reading a size line: its value so far; then the data bytes still to come.
    private var remaining = 0
    private var sizeDigits = 0
    private var sizeLineBytes = 0
    private var bodyBytes = 0
    private var wireBytes = 0
    private var overheadBytes = 0
    private var trailerCount = 0
    private var trailers = FieldLineScanner(start: 0)

    init(limits: RequestParserLimits, bodyLimit: Int) {
        self.limits = limits
        self.bodyLimit = bodyLimit
        let (doubled, tooBig) = bodyLimit.multipliedReportingOverflow(by: 2)
        let (sum, overflow) = doubled.addingReportingOverflow(limits.wireAllowance)
        wireLimit = tooBig || overflow ? .max : sum
    }

    mutating func next(_ buffer: inout ByteBuffer) -> Event {
        while true {
            switch state {
            case .data:
                guard let slice = buffer.readSlice(length: min(remaining, buffer.readableBytes)),
                    slice.readableBytes > 0
                else { return .needMoreData }
                remaining -= slice.readableBytes
                if remaining == 0 { state = .dataReturn }
                return .body(slice)
            case .dataReturn, .dataLineFeed:
                guard let byte: UInt8 = buffer.readInteger() else { return .needMoreData }
                guard byte == (state == .dataReturn ? 0x0D : 0x0A) else { return .failure(.invalidChunkEnd) }
                state = state == .dataReturn ? .dataLineFeed : .sizeStart
            case .trailers:
                return readTrailers(&buffer)
            default:
                switch readSizeLine(&buffer) {
                case .incomplete: return .needMoreData
                case .failure(let reason): return .failure(reason)
                case .complete: break
                }
            }
        }
    }

    // MARK: Size line

    private mutating func readSizeLine(_ buffer: inout ByteBuffer) -> SizeLine {
        var consumed = 0
        var result = SizeLine.incomplete
        buffer.withUnsafeReadableBytes { bytes in
            while consumed < bytes.count {
                let byte = bytes[consumed]
                consumed &+= 1
                if let reason = accept(byte) {
                    result = .failure(reason)
                    return
                }
                if state == .data || state == .trailers {
                    result = .complete
                    return
                }
            }
        }
        buffer.moveReaderIndex(forwardBy: consumed)
        return result
    }

    /// Takes one byte of the size line.
    @inline(__always)
    private mutating func accept(_ byte: UInt8) -> RequestParseError.Reason? {
        sizeLineBytes &+= 1
        switch state {
        case .sizeStart, .size:
            if let digit = ByteScan.hexValue(byte) {
                // Fifteen digits fit an Int; the sixteenth may not.
                sizeDigits &+= 1
                let (product, overflow) = remaining.multipliedReportingOverflow(by: 16)
                guard sizeDigits <= 16, !overflow else { return .invalidChunkSize }
                remaining = product | Int(digit)
                state = .size
                return nil
            }
            guard state == .size, byte == 0x0D || byte == 0x3B else { return .invalidChunkSize }
            state = byte == 0x0D ? .sizeLineFeed : .extensionStart
            return nil
        case .sizeLineFeed:
            guard byte == 0x0A else { return .invalidChunkSize }
            return finishSizeLine()
        default:
            return acceptExtension(byte)
        }
    }

    private mutating func acceptExtension(_ byte: UInt8) -> RequestParseError.Reason? {
        overheadBytes &+= 1
        if overheadBytes > limits.extensionsAndTrailers { return .extensionsAndTrailersTooLarge }
        switch state {
        case .extensionStart, .extensionValueStart:
            if ByteScan.isToken(byte) {
                state = state == .extensionStart ? .extensionName : .extensionValue
            } else if state == .extensionValueStart, byte == 0x22 {
                state = .extensionQuoted
            } else {
                return .invalidChunkExtension
            }
        case .extensionQuoted:
            if byte == 0x22 {
                state = .extensionQuotedEnd
            } else if byte == 0x5C {
                state = .extensionQuotedPair
            } else if byte < 0x20 && byte != 0x09 || byte == 0x7F {
                return .invalidChunkExtension
            }
        case .extensionQuotedPair:
            if byte < 0x20 && byte != 0x09 || byte == 0x7F { return .invalidChunkExtension }
            state = .extensionQuoted
        default:
            if byte == 0x0D {
                state = .sizeLineFeed
            } else if byte == 0x3B {
                state = .extensionStart
            } else if byte == 0x3D, state == .extensionName {
                state = .extensionValueStart
            } else if !ByteScan.isToken(byte) || state == .extensionQuotedEnd {
                return .invalidChunkExtension
            }
        }
        return nil
    }

    private mutating func finishSizeLine() -> RequestParseError.Reason? {
        // `bodyBytes <= bodyLimit` always holds here, so the difference cannot be negative.
        if remaining > bodyLimit - bodyBytes { return .bodyTooLarge }
        bodyBytes += remaining
        // The data and its CRLF are charged with their size line, so a chunk is refused before it is read. The CRLF
        // behind the last chunk belongs to the trailers.
        let (withData, tooBig) = wireBytes.addingReportingOverflow(remaining)
        let (sum, overflow) = withData.addingReportingOverflow(sizeLineBytes + (remaining == 0 ? 0 : 2))
        if tooBig || overflow || sum > wireLimit { return .wireBytesExceeded }
        wireBytes = sum
        state = remaining == 0 ? .trailers : .data
        sizeDigits = 0
        sizeLineBytes = 0
        return nil
    }

    // MARK: Trailers

    private mutating func readTrailers(_ buffer: inout ByteBuffer) -> Event {
        let budget = limits.extensionsAndTrailers - overheadBytes
        let event = buffer.withUnsafeReadableBytes { bytes -> Event in
            guard let base = bytes.baseAddress else { return .needMoreData }
            while true {
                // The final CRLF is not charged: a body without trailers has it too.
                switch trailers.step(base, bytes.count, lineLimit: limits.field, sectionLimit: budget + 2) {
                case .field:
                    trailerCount += 1
                    if trailerCount > limits.fieldCount { return .failure(.tooManyFields) }
                    if isForbidden(base) { return .failure(.forbiddenTrailer) }
                case .end: return .end
                case .incomplete: return .needMoreData
                case .lineTooLong: return .failure(.fieldTooLarge)
                case .sectionTooLong: return .failure(.extensionsAndTrailersTooLarge)
                case .failure(let reason): return .failure(reason)
                }
            }
        }
        if case .end = event {
            let length = trailers.lineStart
            let (sum, overflow) = wireBytes.addingReportingOverflow(length)
            if overflow || sum > wireLimit { return .failure(.wireBytesExceeded) }
            buffer.moveReaderIndex(forwardBy: length)
        }
        return event
    }

    /// Fields that would change the message's framing or routing after the fact (RFC 9110 §6.5.1).
    private func isForbidden(_ base: UnsafeRawPointer) -> Bool {
        let start = trailers.nameStart
        let end = trailers.nameEnd
        return switch end - start {
        case 4: ByteScan.equalsFolded(base, start, end, "host")
        case 14: ByteScan.equalsFolded(base, start, end, "content-length")
        case 17: ByteScan.equalsFolded(base, start, end, "transfer-encoding")
        default: false
        }
    }
}
