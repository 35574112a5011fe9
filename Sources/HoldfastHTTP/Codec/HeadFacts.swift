// SPDX-License-Identifier: Apache-2.0

/// What the parser learnt about a request head: plain numbers, offsets relative to the method's first byte.
struct HeadFacts: Sendable {
    /// Methods that need no string; the raw value is the name's bytes, first byte highest.
    enum KnownMethod: UInt64, Sendable {
        case get = 0x474554
        case put = 0x505554
        case head = 0x48454144
        case post = 0x504F5354
        case patch = 0x5041544348
        case trace = 0x5452414345
        case query = 0x5155455259
        case delete = 0x44454C455445
        case options = 0x4F5054494F4E53
        case connect = 0x434F4E4E454354
    }

    var knownMethod: KnownMethod?
    var methodEnd = 0
    /// The raw target is `methodEnd + 1 ..< targetEnd`.
    var targetEnd = 0
    var pathStart = 0
    var pathEnd = 0
    /// The query is `queryStart ..< targetEnd`; zero when there is no `?`.
    var queryStart = 0
    var fieldsStart = 0
    /// The authority without an empty port: from the target in absolute form, else from Host.
    ///
    /// Empty when there is none.
    var hostStart = 0
    var hostEnd = 0
    var fieldCount = 0
    /// A bit for each name among the fields; several names share one.
    var fieldNames: UInt64 = 0
    var contentLength = 0
    var hasContentLength = false
    var isChunked = false
    var isHTTP10 = false
    /// Whether the target is in absolute form, whose authority counts instead of Host's (RFC 9112 §3.2.2).
    var isAbsoluteForm = false
    var saysClose = false
    var saysKeepAlive = false
    var saysUpgrade = false
    var hasUpgradeField = false
    var expectsContinue = false

    /// The bit in ``fieldNames`` of a name of `length` bytes, whatever its case.
    @inline(__always)
    static func bit(length: Int, first: UInt8, last: UInt8) -> UInt64 {
        // Letters differ from their capitals in a bit that is dropped here.
        let mixed = length &* 11 ^ Int(first & 0x1F) &* 3 ^ Int(last & 0x1F) &* 2
        return 1 &<< UInt64(truncatingIfNeeded: mixed)
    }
}
