// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes

/// Writes the field lines of a response.
struct FieldWriter {
    /// Whether the application gave this field itself.
    private(set) var hasDate = false
    private(set) var hasContentType = false

    /// Writes `field` unless it is one that only the encoder writes; returns false when its value is not fit for the wire.
    ///
    /// `HTTPField` itself keeps CR, LF and NUL out. This check stands behind it: a value that ends a line early would
    /// hand the connection to whoever chose the value.
    @inline(__always)
    mutating func write(_ field: HTTPField, code: Int, into writer: inout RawWriter) -> Bool {
        let mark = writer.count
        writer.write(name: field.name.rawName)
        let nameEnd = writer.count
        // A full writer has stopped; whatever it lacks is written in the next round.
        if writer.isFull { return true }
        if isReserved(writer.written, mark, nameEnd, code: code) {
            writer.rewind(to: mark)
            return true
        }
        writer.write(": ")
        let isValid = field.withUnsafeBytesOfValue { bytes in
            let raw = UnsafeRawBufferPointer(bytes)
            guard let base = raw.baseAddress else { return true }
            var stop = ByteScan.firstControl(base, from: 0, to: raw.count)
            while stop < raw.count, raw[stop] == 0x09 {
                stop = ByteScan.firstControl(base, from: stop + 1, to: raw.count)
            }
            writer.write(raw)
            return stop == raw.count
        }
        writer.write("\r\n")
        return isValid
    }

    /// Whether the name in `base[start..<end]` belongs to a field that framing or the connection decides.
    @inline(__always)
    private mutating func isReserved(_ base: UnsafeRawPointer, _ start: Int, _ end: Int, code: Int) -> Bool {
        switch end &- start {
        case 4:
            if ByteScan.equalsFolded(base, start, end, "date") { hasDate = true }
            return false
        case 10:
            if ByteScan.equalsFolded(base, start, end, "connection") { return code != 101 }
            return ByteScan.equalsFolded(base, start, end, "keep-alive")
        case 12:
            if ByteScan.equalsFolded(base, start, end, "content-type") { hasContentType = true }
            return false
        case 14:
            return ByteScan.equalsFolded(base, start, end, "content-length")
        case 17:
            return ByteScan.equalsFolded(base, start, end, "transfer-encoding")
        default:
            return false
        }
    }
}
