// SPDX-License-Identifier: Apache-2.0

internal import HoldfastTransport
internal import NIOCore

/// The chunked transfer coding (RFC 9112 §7.1): CRLF only, extensions and trailers checked and dropped.
///
/// Blanks are taken where the grammar has "bad whitespace", around the `;` and the `=` of extensions, and nowhere else.
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
        /// Blanks that only another `;` makes good.
        case sizeBlank
        case extensionStart
        case extensionName
        case extensionNameBlank
        case extensionValueStart
        case extensionValue
        case extensionQuoted
        case extensionQuotedPair
        case extensionQuotedEnd
        case extensionValueBlank
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

    /// - Parameter bodyLimit: the most data bytes; what they take on the wire is bounded by it too.
    init(bodyLimit: Int, limits: Limits.HTTP) {
        self.bodyLimit = bodyLimit
        let (doubled, tooBig) = bodyLimit.multipliedReportingOverflow(by: 2)
        let (sum, overflow) = doubled.addingReportingOverflow(limits.wireAllowance)
        wireLimit = tooBig || overflow ? .max : sum
    }

    mutating func next(_ buffer: inout ByteBuffer, _ limits: Limits.HTTP) -> Event {
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
                return readTrailers(&buffer, limits)
            default:
                switch readSizeLine(&buffer, limits) {
                case .incomplete: return .needMoreData
                case .failure(let reason): return .failure(reason)
                case .complete: break
                }
            }
        }
    }

    // MARK: Size line

    private mutating func readSizeLine(_ buffer: inout ByteBuffer, _ limits: Limits.HTTP) -> SizeLine {
        var consumed = 0
        var result = SizeLine.incomplete
        buffer.withUnsafeReadableBytes { bytes in
            while consumed < bytes.count {
                let byte = bytes[consumed]
                consumed &+= 1
                if let reason = accept(byte, limits.chunkOverhead) {
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
    private mutating func accept(_ byte: UInt8, _ overheadLimit: Int) -> RequestParseError.Reason? {
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
            guard state == .size else { return .invalidChunkSize }
            switch byte {
            case 0x0D: state = .sizeLineFeed
            case 0x3B: state = .extensionStart
            case 0x20, 0x09: state = .sizeBlank
            default: return .invalidChunkSize
            }
            return nil
        case .sizeLineFeed:
            guard byte == 0x0A else { return .invalidChunkSize }
            return finishSizeLine()
        default:
            return acceptExtension(byte, overheadLimit)
        }
    }

    private mutating func acceptExtension(_ byte: UInt8, _ limit: Int) -> RequestParseError.Reason? {
        overheadBytes &+= 1
        if overheadBytes > limit { return .extensionsAndTrailersTooLarge }
        switch state {
        case .sizeBlank:
            if byte == 0x3B {
                state = .extensionStart
            } else if !ByteScan.isBlank(byte) {
                return .invalidChunkSize
            }
        case .extensionStart, .extensionValueStart:
            if ByteScan.isToken(byte) {
                state = state == .extensionStart ? .extensionName : .extensionValue
            } else if state == .extensionValueStart, byte == 0x22 {
                state = .extensionQuoted
            } else if !ByteScan.isBlank(byte) {
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
        case .extensionName where ByteScan.isToken(byte), .extensionValue where ByteScan.isToken(byte):
            break
        default:
            return endExtension(byte)
        }
        return nil
    }

    /// Takes what may stand behind an extension's name or value.
    private mutating func endExtension(_ byte: UInt8) -> RequestParseError.Reason? {
        let isName = state == .extensionName || state == .extensionNameBlank
        let isBehindBlank = state == .extensionNameBlank || state == .extensionValueBlank
        switch byte {
        case 0x0D where !isBehindBlank: state = .sizeLineFeed
        case 0x3B: state = .extensionStart
        case 0x3D where isName: state = .extensionValueStart
        case 0x20, 0x09: state = isName ? .extensionNameBlank : .extensionValueBlank
        default: return .invalidChunkExtension
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

    private mutating func readTrailers(_ buffer: inout ByteBuffer, _ limits: Limits.HTTP) -> Event {
        let budget = limits.chunkOverhead - overheadBytes
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
