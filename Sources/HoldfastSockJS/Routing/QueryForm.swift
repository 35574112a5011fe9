// SPDX-License-Identifier: Apache-2.0

/// Name-value pairs in the encoding of queries and HTML forms.
package enum QueryForm {
    /// The decoded value of the first pair with one of the names, earlier names first.
    package static func first(of names: [String], in pairs: some Collection<UInt8>) -> [UInt8]? {
        for name in names {
            for pair in pairs.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: true) {
                let equals = pair.firstIndex(of: UInt8(ascii: "="))
                guard decode(pair[..<(equals ?? pair.endIndex)]).elementsEqual(name.utf8) else { continue }
                return equals.map { decode(pair[pair.index(after: $0)...]) } ?? []
            }
        }
        return nil
    }

    /// Decodes percent escapes and `+`; what is no escape stays.
    static func decode(_ text: some Collection<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var index = text.startIndex
        while index != text.endIndex {
            let byte = text[index]
            text.formIndex(after: &index)
            switch byte {
            case UInt8(ascii: "+"):
                result.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                let digits = text[index...].prefix(2)
                guard digits.count == 2, let high = digits.first.flatMap(hexValue),
                    let low = digits.dropFirst().first.flatMap(hexValue)
                else {
                    result.append(byte)
                    continue
                }
                result.append(high << 4 | low)
                text.formIndex(&index, offsetBy: 2)
            default:
                result.append(byte)
            }
        }
        return result
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
