// SPDX-License-Identifier: Apache-2.0

/// Judges the Transfer-Encoding lines of one head (RFC 9112 §6.1).
///
/// Only exactly one `chunked` is served. A list that ends in its only `chunked` but names other codings is
/// well-formed and unsupported; everything else would leave the body's end in doubt and is invalid.
struct TransferEncoding: Sendable {
    enum Verdict {
        case chunked
        case unsupported
        case invalid
    }

    private(set) var isPresent = false
    private var codings = 0
    private var isMalformed = false
    private var chunkedAt = 0

    /// Adds one line, whose value with its blanks is `base[start..<end]`.
    mutating func add(_ base: UnsafeRawPointer, _ start: Int, _ end: Int) {
        isPresent = true
        // Parsers disagree about tabs here, so none is accepted.
        if ByteScan.containsTab(base, start, end) { isMalformed = true }
        TokenList.forEach(base, start, end) { start, end in
            codings &+= 1
            if ByteScan.equalsFolded(base, start, end, "chunked") {
                if chunkedAt > 0 { isMalformed = true }
                chunkedAt = codings
            } else if !Self.isToken(base, start, end) {
                isMalformed = true
            }
        }
    }

    var verdict: Verdict {
        if isMalformed || chunkedAt == 0 || chunkedAt != codings { return .invalid }
        return codings == 1 ? .chunked : .unsupported
    }

    private static func isToken(_ base: UnsafeRawPointer, _ start: Int, _ end: Int) -> Bool {
        var index = start
        while index < end {
            guard ByteScan.isToken(ByteScan.byte(base, index)) else { return false }
            index &+= 1
        }
        return start < end
    }
}
