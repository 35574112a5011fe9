// SPDX-License-Identifier: Apache-2.0

package import HTTPTypes
package import NIOCore

/// A parsed request head: the recognised framing facts and the raw bytes.
///
/// Everything else is read from the bytes when asked for. The bytes share the storage of the buffer they arrived in;
/// ``detached()`` gives a head that no longer does.
package struct RequestHead: Sendable {
    /// How the request's body ends.
    package enum Framing: Sendable, Hashable {
        case none
        case length(Int)
        case chunked
    }

    /// The head from the method to the final CRLF, both included.
    package private(set) var bytes: ByteBuffer
    let facts: HeadFacts

    init(bytes: ByteBuffer, facts: HeadFacts) {
        self.bytes = bytes
        self.facts = facts
    }

    /// The request method; names in RFC 9110 cost no allocation.
    package var method: HTTPRequest.Method {
        switch facts.knownMethod {
        case .get: .get
        case .put: .put
        case .head: .head
        case .post: .post
        case .patch: .patch
        case .trace: .trace
        case .query: .query
        case .delete: .delete
        case .options: .options
        case .connect: .connect
        // The parser admits only tokens, so the name is always valid.
        case nil: HTTPRequest.Method(text(0, facts.methodEnd)) ?? .get
        }
    }

    /// Whether the request is HTTP/1.0; otherwise it is HTTP/1.1.
    package var isHTTP10: Bool { facts.isHTTP10 }

    /// Whether the client lets the connection go on after this request.
    package var keepAlive: Bool { !facts.saysClose && (!facts.isHTTP10 || facts.saysKeepAlive) }

    /// Whether the client waits for 100 (Continue) before it sends the body.
    package var expectContinue: Bool { facts.expectsContinue && !facts.isHTTP10 }

    /// Whether Connection names `upgrade` and an Upgrade field is present; never in HTTP/1.0 (RFC 9110 §7.8).
    package var hasUpgrade: Bool { facts.saysUpgrade && facts.hasUpgradeField && !facts.isHTTP10 }

    /// How the body ends.
    ///
    /// A request without framing fields has none.
    package var framing: Framing {
        if facts.isChunked { return .chunked }
        return facts.hasContentLength ? .length(facts.contentLength) : .none
    }

    // MARK: Target

    /// The request target as received.
    package var target: String { text(facts.methodEnd + 1, facts.targetEnd) }

    /// The target before `?`, still percent-encoded: `*` for OPTIONS, `host:port` for CONNECT, else it starts with `/`.
    package var path: String {
        facts.pathStart == facts.pathEnd ? "/" : text(facts.pathStart, facts.pathEnd)
    }

    /// The target behind the first `?`, still percent-encoded; nil without one.
    package var query: String? {
        facts.queryStart == 0 ? nil : text(facts.queryStart, facts.targetEnd)
    }

    /// The authority of an absolute-form target, else the Host field, without an empty port; nil only in HTTP/1.0.
    package var host: String? {
        facts.hostStart == facts.hostEnd ? nil : text(facts.hostStart, facts.hostEnd)
    }

    /// Calls `body` with the bytes of ``path``, which must not escape.
    package func withPath<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        guard facts.pathStart < facts.pathEnd else {
            return withUnsafeBytes(of: UInt8(ascii: "/")) { body($0) }
        }
        return bytes.withUnsafeReadableBytes { all in
            body(UnsafeRawBufferPointer(rebasing: all[facts.pathStart..<facts.pathEnd]))
        }
    }

    // MARK: Fields

    /// How many field lines the head has.
    package var fieldCount: Int { facts.fieldCount }

    /// The value of a field; several lines are joined by `, `, those of Cookie by `; `.
    package func value(_ name: HTTPField.Name) -> String? {
        var result: String?
        forEachLine(of: name) { base, start, end in
            let value = Self.text(base, start, end)
            if let first = result {
                result = first + (name == .cookie ? "; " : ", ") + value
            } else {
                result = value
            }
        }
        return result
    }

    /// The values of all lines of a field, in order.
    package func values(_ name: HTTPField.Name) -> [String] {
        var result: [String] = []
        forEachLine(of: name) { base, start, end in
            result.append(Self.text(base, start, end))
        }
        return result
    }

    /// Whether a field is present.
    package func contains(_ name: HTTPField.Name) -> Bool {
        var found = false
        forEachLine(of: name) { _, _, _ in found = true }
        return found
    }

    /// Whether a field that is a comma-separated list has `token` as an element, ignoring case.
    package func contains(token: String, in name: HTTPField.Name) -> Bool {
        var found = false
        forEachLine(of: name) { base, start, end in
            TokenList.forEach(base, start, end) { start, end in
                if Self.isEqual(base, start, end, token, foldingBoth: true) { found = true }
            }
        }
        return found
    }

    /// All fields in order.
    ///
    /// Well-known names come out in their registered spelling.
    package var fields: HTTPFields {
        var result = HTTPFields()
        result.reserveCapacity(facts.fieldCount)
        forEachLine { base, line in
            let length = line.nameEnd - line.nameStart
            let known = KnownFieldNames.name(base, line.nameStart, length)
            // The scanner admits only tokens, so the name is always valid.
            guard let name = known ?? HTTPField.Name(Self.text(base, line.nameStart, line.nameEnd)) else { return }
            let value = UnsafeRawBufferPointer(
                start: base + line.valueStart,
                count: line.valueEnd - line.valueStart
            )
            result.append(HTTPField(name: name, value: value))
        }
        return result
    }

    /// The same head with storage of its own, so that it can outlive the buffer it arrived in cheaply.
    package func detached() -> RequestHead {
        var copy = self
        copy.bytes = ByteBuffer(bytes: bytes.readableBytesView)
        return copy
    }

    // MARK: Reading the bytes

    private func text(_ start: Int, _ end: Int) -> String {
        bytes.withUnsafeReadableBytes { all in
            String(decoding: all[start..<end], as: UTF8.self)
        }
    }

    @inline(__always)
    private static func text(_ base: UnsafeRawPointer, _ start: Int, _ end: Int) -> String {
        String(decoding: UnsafeRawBufferPointer(start: base + start, count: end - start), as: UTF8.self)
    }

    /// Calls `body` with each place at which a line of the field has its value.
    @inline(__always)
    private func forEachLine(
        of name: HTTPField.Name,
        _ body: (_ base: UnsafeRawPointer, _ valueStart: Int, _ valueEnd: Int) -> Void
    ) {
        let name = name.canonicalName
        // Most lookups are for fields that are not there.
        guard mayContain(name) else { return }
        bytes.withUnsafeReadableBytes { all in
            guard let base = all.baseAddress else { return }
            // The parser found each line to be a name, a colon, a value and CRLF, and has no line feed elsewhere; an empty line
            // comes last.
            var start = facts.fieldsStart
            while true {
                let end = ByteScan.firstLineFeed(base, from: start, to: all.count)
                guard end < all.count else { return }
                let colon = start &+ name.utf8.count
                if colon < end, ByteScan.byte(base, colon) == 0x3A,
                    Self.isEqual(base, start, colon, name, foldingBoth: false)
                {
                    // The colon is not the CR before `end`, so the range is none that ends before it starts.
                    let value = ByteScan.trimmed(base, colon &+ 1, end &- 1)
                    body(base, value.start, value.end)
                }
                start = end &+ 1
            }
        }
    }

    @inline(__always)
    private func mayContain(_ name: String) -> Bool {
        guard let first = name.utf8.first, let last = name.utf8.last else { return false }
        return facts.fieldNames & HeadFacts.bit(length: name.utf8.count, first: first, last: last) != 0
    }

    /// Walks the fields again; the parser found them all valid, so no step can fail.
    @inline(__always)
    private func forEachLine(_ body: (UnsafeRawPointer, FieldLineScanner) -> Void) {
        bytes.withUnsafeReadableBytes { all in
            guard let base = all.baseAddress else { return }
            var scanner = FieldLineScanner(start: facts.fieldsStart)
            while case .field = scanner.step(base, all.count, lineLimit: .max, sectionLimit: .max) {
                body(base, scanner)
            }
        }
    }

    /// Compares bytes with a text that is already in lower case unless `foldingBoth`.
    @inline(__always)
    private static func isEqual(
        _ base: UnsafeRawPointer,
        _ start: Int,
        _ end: Int,
        _ text: String,
        foldingBoth: Bool
    ) -> Bool {
        guard text.utf8.count == end - start else { return false }
        var offset = start
        for byte in text.utf8 {
            let expected = foldingBoth ? ByteScan.lowercased(byte) : byte
            if ByteScan.lowercased(ByteScan.byte(base, offset)) != expected { return false }
            // Stays below `end`: the lengths are equal.
            offset &+= 1
        }
        return true
    }
}
