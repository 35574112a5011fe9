// SPDX-License-Identifier: Apache-2.0
internal import Foundation

/// Numbers as people read them.
enum Figures {
    /// A duration with three digits that count: `87 ns`, `1.23 ms`, `12.3 s`.
    static func time(_ duration: Duration) -> String {
        let nanoseconds = duration / .nanoseconds(1)
        let units: [(String, Double)] = [("s", 1e9), ("ms", 1e6), ("µs", 1e3), ("ns", 1)]
        // What would round up to a thousand belongs to the next unit.
        let (unit, size) = units.first { nanoseconds >= $0.1 * 0.9995 } ?? ("ns", 1)
        return "\(threeDigits(nanoseconds / size, isWhole: size == 1)) \(unit)"
    }

    /// A long time: `10 s`, `3.2 s`.
    static func seconds(_ duration: Duration) -> String {
        let text = decimal(duration / .seconds(1), 1)
        return (text.hasSuffix(".0") ? String(text.dropLast(2)) : text) + " s"
    }

    /// Calls a second.
    static func rate(_ value: Double) -> String {
        guard value < 1000 else { return grouped(UInt64(value.rounded())) + "/s" }
        return threeDigits(value, isWhole: false) + "/s"
    }

    /// A whole number in groups of three.
    static func grouped(_ number: UInt64) -> String {
        var result = ""
        for (place, digit) in String(number).reversed().enumerated() {
            if place > 0, place % 3 == 0 { result.append(",") }
            result.append(digit)
        }
        return String(result.reversed())
    }

    /// A share in per cent.
    static func share(_ part: UInt64, of whole: UInt64) -> String {
        decimal(whole == 0 ? 0 : Double(part) / Double(whole) * 100, 1) + " %"
    }

    /// A number with this many digits after the point.
    static func decimal(_ value: Double, _ digits: Int) -> String {
        String(format: "%.\(digits)f", value)
    }

    private static func threeDigits(_ value: Double, isWhole: Bool) -> String {
        if isWhole || value >= 99.95 { return decimal(value, 0) }
        return decimal(value, value >= 9.995 ? 1 : 2)
    }
}
