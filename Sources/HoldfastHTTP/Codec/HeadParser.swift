// SPDX-License-Identifier: Apache-2.0

internal import HoldfastTransport

/// The incremental parser of one request head: request line, fields, framing rules.
///
/// Works on the bytes from the method on; they must stay in place between calls, more may follow.
struct HeadParser: Sendable {
    enum Progress {
        case incomplete
        /// The head takes this many bytes; ``facts`` is final.
        case complete(Int)
        case failure(RequestParseError.Reason)
    }

    /// The longest method, in bytes; the longest registered one has 17.
    ///
    /// What is longer is refused with 501 as soon as that is seen.
    static let longestMethod = 32

    private(set) var facts = HeadFacts()
    private var cursor = 0
    private var fields: FieldLineScanner?
    private var transferEncoding = TransferEncoding()
    private var sawHost = false

    mutating func parse(_ bytes: UnsafeRawBufferPointer, limits: Limits.HTTP) -> Progress {
        guard let base = bytes.baseAddress else { return .incomplete }
        let count = bytes.count
        if fields == nil {
            switch parseRequestLine(base, count, limits) {
            case .complete(let end):
                facts.fieldsStart = end
                fields = FieldLineScanner(start: end)
            case let other:
                return other
            }
        }
        guard var scanner = fields else { return .incomplete }
        while true {
            switch scanner.step(base, count, lineLimit: limits.field, sectionLimit: limits.head) {
            case .field:
                facts.fieldCount &+= 1
                if facts.fieldCount > limits.fieldCount { return .failure(.tooManyFields) }
                // A name has at least one byte.
                facts.fieldNames |= HeadFacts.bit(
                    length: scanner.nameEnd &- scanner.nameStart,
                    first: ByteScan.byte(base, scanner.nameStart),
                    last: ByteScan.byte(base, scanner.nameEnd &- 1)
                )
                if let reason = recognise(base, scanner) { return .failure(reason) }
            case .end:
                if let reason = finish() { return .failure(reason) }
                return .complete(scanner.lineStart)
            case .incomplete:
                fields = scanner
                return .incomplete
            case .lineTooLong:
                return .failure(.fieldTooLarge)
            case .sectionTooLong:
                return .failure(.headTooLarge)
            case .failure(let reason):
                return .failure(reason)
            }
        }
    }

    // MARK: Request line

    private mutating func parseRequestLine(
        _ base: UnsafeRawPointer,
        _ count: Int,
        _ limits: Limits.HTTP
    ) -> Progress {
        if facts.methodEnd == 0 {
            if let other = parseMethod(base, count) { return other }
            cursor = facts.methodEnd &+ 1
        }
        cursor = ByteScan.firstLineFeed(base, from: cursor, to: count)
        // `cursor` counts the line with its CR, so the line itself may be one shorter.
        if cursor > limits.requestLine {
            let endsHere = cursor &- 1 == limits.requestLine && ByteScan.byte(base, cursor &- 1) == 0x0D
            if !endsHere { return .failure(.requestLineTooLong) }
        }
        guard cursor < count else { return .incomplete }
        // `cursor > methodEnd`: before it stands at least the space behind the method.
        guard ByteScan.byte(base, cursor &- 1) == 0x0D else { return .failure(.bareLineFeed) }
        if let reason = parseRequestLine(base, end: cursor &- 1) { return .failure(reason) }
        return .complete(cursor &+ 1)
    }

    /// Takes the method with the space behind it; nil when it is there.
    ///
    /// It is judged before the line's end is looked for, so that anything that is not HTTP (a TLS hello, say) is refused at its
    /// first byte, and an endless name where no method could still be meant.
    @inline(__always)
    private mutating func parseMethod(_ base: UnsafeRawPointer, _ count: Int) -> Progress? {
        var index = 0
        var packed: UInt64 = 0
        while index < count {
            let byte = ByteScan.byte(base, index)
            guard ByteScan.isToken(byte) else {
                switch byte {
                case 0x20 where index > 0:
                    facts.methodEnd = index
                    // Longer names would only leave their last eight bytes in `packed`.
                    facts.knownMethod = index < 8 ? HeadFacts.KnownMethod(rawValue: packed) : nil
                    return nil
                case 0x0D where index > 0: return .failure(.invalidRequestLine)
                case 0x0A: return .failure(.bareLineFeed)
                default: return .failure(.invalidMethod)
                }
            }
            if index == Self.longestMethod { return .failure(.methodTooLong) }
            packed = packed &<< 8 | UInt64(byte)
            index &+= 1
        }
        return .incomplete
    }

    /// Splits the complete line `base[0..<end]` behind its method; `methodEnd < end`.
    private mutating func parseRequestLine(_ base: UnsafeRawPointer, end: Int) -> RequestParseError.Reason? {
        let target = facts.methodEnd &+ 1
        var queryStart = 0
        var index = target
        while true {
            index = ByteScan.firstTargetStop(base, from: index, to: end)
            guard index < end, ByteScan.byte(base, index) == 0x3F else { break }
            index &+= 1
            if queryStart == 0 { queryStart = index }
        }
        guard index < end else { return .invalidRequestLine }
        guard ByteScan.byte(base, index) == 0x20 else { return .invalidTarget }
        guard index > target else { return .invalidRequestLine }
        facts.targetEnd = index
        facts.queryStart = queryStart
        if let reason = parseVersion(base, index &+ 1, end) { return reason }
        return parseTarget(base, target, index)
    }

    private mutating func parseVersion(
        _ base: UnsafeRawPointer,
        _ start: Int,
        _ end: Int
    ) -> RequestParseError.Reason? {
        // Exactly eight bytes, so the load below stays inside the line.
        guard end &- start == 8 else { return .invalidRequestLine }
        let word = UInt64(bigEndian: base.loadUnaligned(fromByteOffset: start, as: UInt64.self))
        if word == 0x4854_5450_2F31_2E31 { return nil }
        if word == 0x4854_5450_2F31_2E30 {
            facts.isHTTP10 = true
            return nil
        }
        guard word &>> 24 == 0x48_5454_502F, ByteScan.isDigit(ByteScan.byte(base, start &+ 5)),
            ByteScan.byte(base, start &+ 6) == 0x2E, ByteScan.isDigit(ByteScan.byte(base, start &+ 7))
        else { return .invalidRequestLine }
        // A later minor version understands the answers of 1.1 (RFC 9110 §2.5); another major one does not.
        return ByteScan.byte(base, start &+ 5) == 0x31 ? nil : .unsupportedVersion
    }

    /// Sorts out the four forms of RFC 9112 §3.2; `start < end`.
    private mutating func parseTarget(
        _ base: UnsafeRawPointer,
        _ start: Int,
        _ end: Int
    ) -> RequestParseError.Reason? {
        facts.pathStart = start
        facts.pathEnd = facts.queryStart == 0 ? end : facts.queryStart &- 1
        if facts.knownMethod == .connect {
            guard let authority = HostSyntax(base, start, end), authority.port != nil else { return .invalidTarget }
            return nil
        }
        let first = ByteScan.byte(base, start)
        if first == 0x2F { return nil }
        if first == 0x2A {
            return end &- start == 1 && facts.knownMethod == .options ? nil : .invalidTarget
        }
        let authority: Int
        if end &- start > 7, ByteScan.equalsFolded(base, start, start &+ 7, "http://") {
            authority = start &+ 7
        } else if end &- start > 8, ByteScan.equalsFolded(base, start, start &+ 8, "https://") {
            authority = start &+ 8
        } else {
            return .invalidTarget
        }
        var authorityEnd = authority
        while authorityEnd < facts.pathEnd, ByteScan.byte(base, authorityEnd) != 0x2F { authorityEnd &+= 1 }
        guard let host = HostSyntax(base, authority, authorityEnd) else { return .invalidTarget }
        facts.isAbsoluteForm = true
        facts.hostStart = authority
        facts.hostEnd = host.end(authorityEnd)
        facts.pathStart = authorityEnd
        return nil
    }

    // MARK: Fields

    /// Notes the field just found when it bears on framing or the connection.
    @inline(__always)
    private mutating func recognise(
        _ base: UnsafeRawPointer,
        _ line: FieldLineScanner
    ) -> RequestParseError.Reason? {
        switch line.nameEnd &- line.nameStart {
        case 4:
            return isNamed(base, line, "host") ? noteHost(base, line) : nil
        case 6:
            if isNamed(base, line, "expect") {
                facts.expectsContinue = ByteScan.equalsFolded(base, line.valueStart, line.valueEnd, "100-continue")
            }
        case 7:
            if isNamed(base, line, "upgrade") { facts.hasUpgradeField = true }
        case 10:
            if isNamed(base, line, "connection") { noteConnection(base, line) }
        case 14:
            return isNamed(base, line, "content-length") ? noteContentLength(base, line) : nil
        case 17:
            if isNamed(base, line, "transfer-encoding") {
                transferEncoding.add(base, line.nameEnd &+ 1, line.lineEnd)
            }
        default:
            break
        }
        return nil
    }

    @inline(__always)
    private func isNamed(_ base: UnsafeRawPointer, _ line: FieldLineScanner, _ name: StaticString) -> Bool {
        ByteScan.equalsFolded(base, line.nameStart, line.nameEnd, name)
    }

    private mutating func noteHost(_ base: UnsafeRawPointer, _ line: FieldLineScanner) -> RequestParseError.Reason? {
        if sawHost { return .duplicateHost }
        sawHost = true
        guard let host = HostSyntax(base, line.valueStart, line.valueEnd) else { return .invalidHost }
        // The authority of an absolute target outweighs this field (RFC 9112 §3.2.2).
        guard !facts.isAbsoluteForm else { return nil }
        facts.hostStart = line.valueStart
        facts.hostEnd = host.end(line.valueEnd)
        return nil
    }

    private mutating func noteConnection(_ base: UnsafeRawPointer, _ line: FieldLineScanner) {
        TokenList.forEach(base, line.valueStart, line.valueEnd) { start, end in
            switch end &- start {
            case 5:
                if ByteScan.equalsFolded(base, start, end, "close") { facts.saysClose = true }
            case 7:
                if ByteScan.equalsFolded(base, start, end, "upgrade") { facts.saysUpgrade = true }
            case 10:
                if ByteScan.equalsFolded(base, start, end, "keep-alive") { facts.saysKeepAlive = true }
            default:
                break
            }
        }
    }

    private mutating func noteContentLength(
        _ base: UnsafeRawPointer,
        _ line: FieldLineScanner
    ) -> RequestParseError.Reason? {
        if facts.hasContentLength { return .duplicateContentLength }
        facts.hasContentLength = true
        // Spaces may surround the number. Parsers disagree about tabs, so none is accepted.
        guard line.valueStart < line.valueEnd, !ByteScan.containsTab(base, line.nameEnd, line.lineEnd)
        else { return .invalidContentLength }
        var value = 0
        for offset in line.valueStart..<line.valueEnd {
            let byte = ByteScan.byte(base, offset)
            guard ByteScan.isDigit(byte) else { return .invalidContentLength }
            let (product, tooBig) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = product.addingReportingOverflow(Int(byte &- 0x30))
            if tooBig || overflow { return .invalidContentLength }
            value = sum
        }
        facts.contentLength = value
        return nil
    }

    // MARK: The head as a whole

    private mutating func finish() -> RequestParseError.Reason? {
        // Also beside an absolute target: RFC 9112 §3.2 wants the field in any case.
        if !sawHost, !facts.isHTTP10 { return .missingHost }
        guard transferEncoding.isPresent else { return nil }
        if facts.isHTTP10 { return .transferEncodingInHTTP10 }
        if facts.hasContentLength { return .conflictingFraming }
        switch transferEncoding.verdict {
        case .chunked: facts.isChunked = true
        case .unsupported: return .unsupportedTransferEncoding
        case .invalid: return .invalidTransferEncoding
        }
        return nil
    }
}
