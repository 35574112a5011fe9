// SPDX-License-Identifier: Apache-2.0

/// A number of a JSON text as its digits and a power of ten, exact however large: `1e3`, `1000` and `1000.0` are equal.
package struct JSONNumber: Sendable, Hashable {
    private var isNegative = false
    /// Without zeros at either end; none at all for zero.
    private var digits: [UInt8] = []
    /// The power of ten of the last digit; 0 for zero.
    private var exponent = 0

    /// Reads a token.
    ///
    /// - Parameter text: A number in the grammar of RFC 8259 §6.
    /// - Returns: nil if the power of ten is beyond the range of `Int`.
    package init?(_ text: some Collection<UInt8>) {
        var rest = text[...]
        isNegative = rest.first == UInt8(ascii: "-")
        if isNegative { rest = rest.dropFirst() }
        var fraction = 0
        var isFraction = false
        while let byte = rest.popFirst(), byte | 0x20 != UInt8(ascii: "e") {
            guard byte != UInt8(ascii: ".") else {
                isFraction = true
                continue
            }
            if isFraction { fraction += 1 }
            if !digits.isEmpty || byte != UInt8(ascii: "0") { digits.append(byte &- UInt8(ascii: "0")) }
        }
        var zeros = 0
        while digits.last == 0 {
            digits.removeLast()
            zeros += 1
        }
        guard !digits.isEmpty else {
            isNegative = false
            return
        }
        var power = 0
        if !rest.isEmpty {
            guard let written = Int(String(decoding: rest, as: UTF8.self)) else { return nil }
            power = written
        }
        let (sum, overflow) = power.addingReportingOverflow(zeros - fraction)
        guard !overflow else { return nil }
        exponent = sum
    }

    /// The number if it is whole and fits.
    package var integer: Int? {
        guard (0...18).contains(exponent) else { return nil }
        var value = 0
        for digit in digits + Array(repeating: 0, count: exponent) {
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflows) = tens.subtractingReportingOverflow(Int(digit))
            guard !overflow, !overflows else { return nil }
            value = sum
        }
        // Counted downwards, where there is one more.
        guard !isNegative else { return value }
        let (negated, overflow) = 0.subtractingReportingOverflow(value)
        return overflow ? nil : negated
    }
}
