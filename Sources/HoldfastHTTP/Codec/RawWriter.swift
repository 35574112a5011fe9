// SPDX-License-Identifier: Apache-2.0

/// A cursor that writes into raw memory and stops, once and for all, at its end.
struct RawWriter {
    private let base: UnsafeMutableRawPointer?
    private let capacity: Int
    private(set) var count = 0
    /// Whether something did not fit; `count` then means nothing.
    private(set) var isFull = false

    init(_ bytes: UnsafeMutableRawBufferPointer) {
        base = bytes.baseAddress
        capacity = bytes.count
    }

    /// What was written so far.
    ///
    /// Only `count` bytes of it may be read.
    var written: UnsafeRawPointer {
        guard let base else { return UnsafeRawPointer(("" as StaticString).utf8Start) }
        return UnsafeRawPointer(base)
    }

    /// Forgets what was written behind `mark`, an earlier `count`.
    @inline(__always)
    mutating func rewind(to mark: Int) { count = mark }

    /// Reserves `length` bytes and returns where they start.
    @inline(__always)
    private mutating func claim(_ length: Int) -> UnsafeMutableRawPointer? {
        // `count <= capacity` always, so the difference is not negative and what is claimed lies inside the memory.
        guard !isFull, let base, length <= capacity &- count else {
            isFull = true
            return nil
        }
        let start = base + count
        count &+= length
        return start
    }

    @inline(__always)
    mutating func write(_ text: StaticString) {
        let length = text.utf8CodeUnitCount
        claim(length)?.copyMemory(from: text.utf8Start, byteCount: length)
    }

    @inline(__always)
    mutating func write(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        claim(bytes.count)?.copyMemory(from: source, byteCount: bytes.count)
    }

    @inline(__always)
    mutating func write(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { write($0) }
    }

    @inline(__always)
    mutating func write(name: String) {
        var name = name
        name.withUTF8 { write(UnsafeRawBufferPointer($0)) }
    }

    /// Writes a number that is not negative.
    @inline(__always)
    mutating func write(decimal value: Int) {
        write(value, base: 10)
    }

    /// Writes a number that is not negative with lower-case hexadecimal digits.
    @inline(__always)
    mutating func write(hex value: Int) {
        write(value, base: 16)
    }

    private mutating func write(_ value: Int, base: UInt) {
        var digits = 1
        var rest = value.magnitude
        while rest >= base {
            rest /= base
            digits += 1
        }
        guard let start = claim(digits) else { return }
        rest = value.magnitude
        for index in stride(from: digits - 1, through: 0, by: -1) {
            let digit = UInt8(truncatingIfNeeded: rest % base)
            start.storeBytes(of: digit < 10 ? 0x30 + digit : 0x57 + digit, toByteOffset: index, as: UInt8.self)
            rest /= base
        }
    }
}
