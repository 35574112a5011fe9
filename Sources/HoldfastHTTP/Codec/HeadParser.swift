// SPDX-License-Identifier: Apache-2.0

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

    private(set) var facts = HeadFacts()
    private var cursor = 0
    private var fields: FieldLineScanner?
    private var transferEncoding = TransferEncoding()
    private var sawHost = false

    mutating func parse(_ bytes: UnsafeRawBufferPointer, limits: RequestParserLimits) -> Progress {
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
                if let reason = finish(base) { return .failure(reason) }
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
        _ limits: RequestParserLimits
    ) -> Progress {
        // Anything that is not HTTP (a TLS hello, say) is refused at its first byte.
        guard count > 0 else { return .incomplete }
        guard Self.isMethodByte(ByteScan.byte(base, 0)) else { return .failure(.invalidMethod) }
        cursor = ByteScan.firstLineFeed(base, from: cursor, to: count)
        // `cursor` counts the line with its CR, so the line itself may be one shorter.
        if cursor > limits.requestLine {
            let endsHere = cursor &- 1 == limits.requestLine && ByteScan.byte(base, cursor &- 1) == 0x0D
            if !endsHere { return .failure(.requestLineTooLong) }
        }
        guard cursor < count else { return .incomplete }
        // `cursor >= 1`: byte 0 is a method byte, not a line feed.
        guard ByteScan.byte(base, cursor &- 1) == 0x0D else { return .failure(.bareLineFeed) }
        if let reason = parseRequestLine(base, end: cursor &- 1) { return .failure(reason) }
        return .complete(cursor &+ 1)
    }

    private static func isMethodByte(_ byte: UInt8) -> Bool {
        byte &- 0x41 < 26 || ByteScan.isDigit(byte) || byte == 0x2D
    }

    /// Splits the complete line `base[0..<end]`.
    private mutating func parseRequestLine(_ base: UnsafeRawPointer, end: Int) -> RequestParseError.Reason? {
        var index = 0
        var packed: UInt64 = 0
        while index < end {
            let byte = ByteScan.byte(base, index)
            if byte == 0x20 { break }
            guard Self.isMethodByte(byte) else { return .invalidMethod }
            packed = packed &<< 8 | UInt64(byte)
            index &+= 1
        }
        guard index > 0, index <= 32 else { return .invalidMethod }
        guard index < end else { return .invalidRequestLine }
        facts.methodEnd = index
        // Longer names would only leave their last eight bytes in `packed`.
        facts.knownMethod = index < 8 ? HeadFacts.KnownMethod(rawValue: packed) : nil

        let target = index &+ 1
        var queryStart = 0
        index = target
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
        // Any other `HTTP/d.d`, HTTP/1.2 and the HTTP/2 preface included, is a version we do not speak.
        guard word &>> 24 == 0x48_5454_502F, ByteScan.isDigit(ByteScan.byte(base, start &+ 5)),
            ByteScan.byte(base, start &+ 6) == 0x2E, ByteScan.isDigit(ByteScan.byte(base, start &+ 7))
        else { return .invalidRequestLine }
        return .unsupportedVersion
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
            facts.absoluteDefaultPort = 80
        } else if end &- start > 8, ByteScan.equalsFolded(base, start, start &+ 8, "https://") {
            authority = start &+ 8
            facts.absoluteDefaultPort = 443
        } else {
            return .invalidTarget
        }
        var authorityEnd = authority
        while authorityEnd < facts.pathEnd, ByteScan.byte(base, authorityEnd) != 0x2F { authorityEnd &+= 1 }
        guard HostSyntax(base, authority, authorityEnd) != nil else { return .invalidTarget }
        facts.hostStart = authority
        facts.hostEnd = authorityEnd
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
        guard HostSyntax(base, line.valueStart, line.valueEnd) != nil else { return .invalidHost }
        facts.hostFieldStart = line.valueStart
        facts.hostFieldEnd = line.valueEnd
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

    private mutating func finish(_ base: UnsafeRawPointer) -> RequestParseError.Reason? {
        if !sawHost, !facts.isHTTP10 { return .missingHost }
        if facts.absoluteDefaultPort == 0 {
            facts.hostStart = facts.hostFieldStart
            facts.hostEnd = facts.hostFieldEnd
        } else if sawHost {
            let same = HostSyntax.same(
                base,
                facts.hostStart..<facts.hostEnd,
                facts.hostFieldStart..<facts.hostFieldEnd,
                defaultPort: facts.absoluteDefaultPort
            )
            if !same { return .hostMismatch }
        }
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
