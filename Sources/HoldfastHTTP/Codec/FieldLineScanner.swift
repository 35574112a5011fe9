// SPDX-License-Identifier: Apache-2.0

/// Finds one field line after another in a head or trailer section, looking at each byte once.
///
/// Offsets are relative to the start of the section's bytes, which must stay the same between calls except that
/// more may follow. What a step reports depends on the bytes alone, never on how they were split.
struct FieldLineScanner: Sendable {
    enum Step {
        case incomplete
        case field
        case end
        case lineTooLong
        case sectionTooLong
        case failure(RequestParseError.Reason)
    }

    /// Where the current line starts; after `.end` the first byte behind the section.
    private(set) var lineStart: Int
    /// The current line's name is `lineStart..<colon` once `colon` is positive.
    private var colon = 0
    /// The first byte not looked at yet.
    private var cursor: Int

    // The last field found.
    private(set) var nameStart = 0
    private(set) var nameEnd = 0
    /// The value without surrounding blanks.
    private(set) var valueStart = 0
    private(set) var valueEnd = 0
    /// The end of the value with its trailing blanks.
    private(set) var lineEnd = 0

    init(start: Int) {
        lineStart = start
        cursor = start
    }

    /// Looks for the end of the current line in `base[..<count]`.
    ///
    /// `lineLimit` bounds a line without its CRLF, `sectionLimit` the offset behind the section.
    @inline(__always)
    mutating func step(_ base: UnsafeRawPointer, _ count: Int, lineLimit: Int, sectionLimit: Int) -> Step {
        let start = lineStart
        // Every section needs its final CRLF, so this holds whatever follows.
        if start > sectionLimit &- 2 { return .sectionTooLong }
        guard start < count else { return .incomplete }
        let first = ByteScan.byte(base, start)
        if first == 0x0D {
            guard start &+ 1 < count else { return .incomplete }
            guard ByteScan.byte(base, start &+ 1) == 0x0A else { return .failure(.bareLineFeed) }
            lineStart = start &+ 2
            cursor = lineStart
            return .end
        }
        if colon == 0 {
            if ByteScan.isBlank(first) { return .failure(.foldedField) }
            while cursor < count, ByteScan.isToken(ByteScan.byte(base, cursor)) { cursor &+= 1 }
            if let step = tooLong(lineLimit, sectionLimit) { return step }
            guard cursor < count else { return .incomplete }
            let stop = ByteScan.byte(base, cursor)
            guard stop == 0x3A, cursor > start else {
                return .failure(stop == 0x0A ? .bareLineFeed : .invalidFieldName)
            }
            colon = cursor
            cursor &+= 1
        }
        while true {
            cursor = ByteScan.firstControl(base, from: cursor, to: count)
            if let step = tooLong(lineLimit, sectionLimit) { return step }
            guard cursor < count else { return .incomplete }
            switch ByteScan.byte(base, cursor) {
            case 0x09:
                cursor &+= 1
                continue
            case 0x0D:
                guard cursor &+ 1 < count else { return .incomplete }
                guard ByteScan.byte(base, cursor &+ 1) == 0x0A else { return .failure(.invalidFieldValue) }
            case 0x0A:
                return .failure(.bareLineFeed)
            default:
                return .failure(.invalidFieldValue)
            }
            nameStart = start
            nameEnd = colon
            (valueStart, valueEnd) = ByteScan.trimmed(base, colon &+ 1, cursor)
            lineEnd = cursor
            colon = 0
            cursor &+= 2
            lineStart = cursor
            return .field
        }
    }

    /// Names the bound that `cursor` crossed; the lower of the two when it crossed both.
    @inline(__always)
    private func tooLong(_ lineLimit: Int, _ sectionLimit: Int) -> Step? {
        if cursor &- lineStart <= lineLimit, cursor <= sectionLimit { return nil }
        return sectionLimit &- lineStart < lineLimit ? .sectionTooLong : .lineTooLong
    }
}
