// SPDX-License-Identifier: Apache-2.0

/// HTTP dates (RFC 9110 §5.6.7) as seconds since 1970, without calendars or formatters.
package enum HTTPDate {
    /// How many bytes an IMF-fixdate takes.
    static let length = 29

    private static let days: StaticString = "ThuFriSatSunMonTueWed"
    private static let months: StaticString = "JanFebMarAprMayJunJulAugSepOctNovDec"
    /// 0000-01-01 and 9999-12-31T23:59:59, the years four digits can write.
    private static let range: ClosedRange<Int64> = -62_167_219_200...253_402_300_799

    /// The IMF-fixdate of a time, such as `Sun, 06 Nov 1994 08:49:37 GMT`; times beyond year 9999 are clamped.
    package static func bytes(unixSeconds: Int64) -> [UInt8] {
        let time = min(max(unixSeconds, range.lowerBound), range.upperBound)
        // Floor division, so that times before 1970 work too.
        let secondOfDay = Int(((time % 86400) + 86400) % 86400)
        let dayNumber = Int((time - Int64(secondOfDay)) / 86400)
        let date = civil(fromDays: dayNumber)
        var result: [UInt8] = []
        result.reserveCapacity(length)
        append(name: ((dayNumber % 7) + 7) % 7, of: days, to: &result)
        result.append(contentsOf: [0x2C, 0x20])
        append(number: date.day, digits: 2, to: &result)
        result.append(0x20)
        append(name: date.month - 1, of: months, to: &result)
        result.append(0x20)
        append(number: date.year, digits: 4, to: &result)
        result.append(0x20)
        append(number: secondOfDay / 3600, digits: 2, to: &result)
        result.append(0x3A)
        append(number: secondOfDay / 60 % 60, digits: 2, to: &result)
        result.append(0x3A)
        append(number: secondOfDay % 60, digits: 2, to: &result)
        result.append(contentsOf: [0x20, 0x47, 0x4D, 0x54])
        return result
    }

    /// ``bytes(unixSeconds:)`` as text.
    package static func string(unixSeconds: Int64) -> String {
        String(decoding: bytes(unixSeconds: unixSeconds), as: UTF8.self)
    }

    /// Reads an IMF-fixdate, an RFC 850 date or an asctime date; nil when `text` is none of them.
    ///
    /// `now` (seconds since 1970) decides the century of RFC 850's two-digit year: a date that would lie more than
    /// 50 years ahead belongs to the past.
    package static func parse(_ text: String, now: Int64) -> Int64? {
        var reader = Reader(bytes: Array(text.utf8))
        guard let weekday = reader.letters() else { return nil }
        if weekday.count == 3, reader.skip(", ") {
            guard isDay(weekday), let day = reader.number(2), reader.skip(" "), let month = month(reader.letters()),
                reader.skip(" "), let year = reader.number(4), reader.skip(" "), let second = reader.time(),
                reader.skip(" GMT"), reader.isAtEnd
            else { return nil }
            return seconds(year, month, day, second)
        }
        if reader.skip(", ") {
            guard isLongDay(weekday), let day = reader.number(2), reader.skip("-"),
                let month = month(reader.letters()), reader.skip("-"), let shortYear = reader.number(2),
                reader.skip(" "), let second = reader.time(), reader.skip(" GMT"), reader.isAtEnd
            else { return nil }
            let clamped = min(max(now, range.lowerBound), range.upperBound)
            let thisYear = civil(fromDays: Int(clamped / 86400)).year
            var year = thisYear - thisYear % 100 + shortYear
            if year > thisYear + 50 { year -= 100 }
            return seconds(year, month, day, second)
        }
        guard isDay(weekday), reader.skip(" "), let month = month(reader.letters()), reader.skip(" "),
            let day = reader.skip(" ") ? reader.number(1) : reader.number(2), reader.skip(" "),
            let second = reader.time(), reader.skip(" "), let year = reader.number(4), reader.isAtEnd
        else { return nil }
        return seconds(year, month, day, second)
    }

    // MARK: Calendar

    /// The proleptic Gregorian date of a day counted from 1970-01-01.
    ///
    /// Years are counted from March, so that the leap day is the last of its year, in eras of 400 years (146,097 days).
    private static func civil(fromDays days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear - 399) / 400
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func seconds(_ year: Int, _ month: Int, _ day: Int, _ second: Int) -> Int64? {
        guard day >= 1 else { return nil }
        let number = days(year, month, day)
        // A day beyond its month comes back as another date.
        guard civil(fromDays: number) == (year, month, day) else { return nil }
        return Int64(number) * 86400 + Int64(second)
    }

    // MARK: Names and numbers

    private static func append(name index: Int, of names: StaticString, to result: inout [UInt8]) {
        names.withUTF8Buffer { result.append(contentsOf: $0[(index * 3)..<(index * 3 + 3)]) }
    }

    private static func append(number: Int, digits: Int, to result: inout [UInt8]) {
        var divisor = digits == 4 ? 1000 : 10
        while divisor > 0 {
            result.append(UInt8(truncatingIfNeeded: 0x30 + number / divisor % 10))
            divisor /= 10
        }
    }

    private static func index(of name: ArraySlice<UInt8>, in names: StaticString) -> Int? {
        guard name.count == 3 else { return nil }
        return names.withUTF8Buffer { all in
            stride(from: 0, to: all.count, by: 3).first { all[$0..<($0 + 3)].elementsEqual(name) }.map { $0 / 3 }
        }
    }

    private static func isDay(_ name: ArraySlice<UInt8>) -> Bool { index(of: name, in: days) != nil }

    private static func isLongDay(_ name: ArraySlice<UInt8>) -> Bool {
        ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
            .contains { $0.utf8.elementsEqual(name) }
    }

    private static func month(_ name: ArraySlice<UInt8>?) -> Int? {
        name.flatMap { index(of: $0, in: months) }.map { $0 + 1 }
    }

    /// A cursor over the text of a date.
    private struct Reader {
        let bytes: [UInt8]
        var position = 0

        var isAtEnd: Bool { position == bytes.count }

        mutating func skip(_ text: StaticString) -> Bool {
            let length = text.utf8CodeUnitCount
            guard bytes.count - position >= length else { return false }
            let matches = text.withUTF8Buffer { $0.elementsEqual(bytes[position..<(position + length)]) }
            if matches { position += length }
            return matches
        }

        mutating func letters() -> ArraySlice<UInt8>? {
            let start = position
            while position < bytes.count, (bytes[position] | 0x20) &- 0x61 < 26 { position += 1 }
            return start < position ? bytes[start..<position] : nil
        }

        mutating func number(_ digits: Int) -> Int? {
            guard bytes.count - position >= digits else { return nil }
            var value = 0
            for byte in bytes[position..<(position + digits)] {
                guard ByteScan.isDigit(byte) else { return nil }
                value = value * 10 + Int(byte - 0x30)
            }
            position += digits
            return value
        }

        /// `hh:mm:ss` as a second of the day; a leap second counts as the last one of its minute.
        mutating func time() -> Int? {
            guard let hour = number(2), skip(":"), let minute = number(2), skip(":"), let second = number(2),
                hour < 24, minute < 60, second <= 60
            else { return nil }
            return hour * 3600 + minute * 60 + min(second, 59)
        }
    }
}
