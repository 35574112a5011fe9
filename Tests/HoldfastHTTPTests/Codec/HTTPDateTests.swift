// SPDX-License-Identifier: Apache-2.0

internal import TestSupport
import Testing

@testable internal import HoldfastHTTP

@Suite struct HTTPDateTests {
    private static let knownTimes: [(Int64, String)] = [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
        (-2_208_988_800, "Mon, 01 Jan 1900 00:00:00 GMT"),
        (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ]

    @Test("Known times are written and read", arguments: knownTimes)
    func known(_ seconds: Int64, _ text: String) {
        #expect(HTTPDate.string(unixSeconds: seconds) == text)
        #expect(HTTPDate.parse(text, now: 0) == seconds)
    }

    @Test("Times out of range are clamped", arguments: [Int64.max, 253_402_300_800])
    func clamped(_ seconds: Int64) {
        #expect(HTTPDate.string(unixSeconds: seconds) == "Fri, 31 Dec 9999 23:59:59 GMT")
        #expect(HTTPDate.string(unixSeconds: .min) == "Sat, 01 Jan 0000 00:00:00 GMT")
    }

    @Test("Every day of 500 years goes out and comes back, weekdays in turn")
    func roundTrip() {
        var generator = Seeded(state: 7)
        let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        for day in stride(from: Int64(0), to: 182_622, by: 13) {
            let seconds = day * 86400 + Int64.random(in: 0..<86400, using: &generator)
            let text = HTTPDate.string(unixSeconds: seconds)
            #expect(HTTPDate.parse(text, now: 0) == seconds)
            #expect(text.hasPrefix(weekdays[Int(day % 7)]))
        }
    }

    @Test(
        "The three forms of RFC 9110 mean the same time",
        arguments: [
            "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        ]
    )
    func forms(_ text: String) {
        #expect(HTTPDate.parse(text, now: 784_111_777) == 784_111_777)
    }

    @Test("A two-digit year lies at most 50 years ahead")
    func century() {
        let now: Int64 = 1_700_000_000  // 2023
        #expect(HTTPDate.parse("Monday, 01-Jan-73 00:00:00 GMT", now: now) == 3_250_454_400)
        #expect(HTTPDate.parse("Monday, 01-Jan-74 00:00:00 GMT", now: now) == 126_230_400)
        #expect(HTTPDate.parse("Monday, 01-Jan-70 00:00:00 GMT", now: 0) == 0)
    }

    @Test("A leap second counts as the second before it")
    func leapSecond() {
        #expect(
            HTTPDate.parse("Sat, 31 Dec 2016 23:59:60 GMT", now: 0)
                == HTTPDate.parse("Sat, 31 Dec 2016 23:59:59 GMT", now: 0)
        )
    }

    @Test(
        "What is no date is refused",
        arguments: [
            "", "Sun", "Sun,", "Sun, ", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sun, 06 Nov 1994 08:49:37 GMT ", " Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT",
            "Xxx, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Xxx 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
            "Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 29 Feb 1900 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06-Nov-94 08:49:37 GMT",
            "Sunday, 06-Nov-1994 08:49:37 GMT", "Sonntag, 06-Nov-94 08:49:37 GMT", "Sun Nov 6 08:49:37 1994",
            "Sun Nov  6 08:49:37 94", "sun, 06 nov 1994 08:49:37 gmt", "784111777",
            "Sun, 06 Nov 199\u{E4} 08:49:37 GMT",
        ]
    )
    func refused(_ text: String) {
        #expect(HTTPDate.parse(text, now: 784_111_777) == nil)
    }

    @Test("No text traps, whatever its cut or change")
    func garbage() {
        var generator = Seeded(state: 11)
        let forms = ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
        var accepted = 0
        for round in 0..<3000 {
            var bytes = Array(forms[round % 3].utf8)
            bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...127, using: &generator)
            bytes.removeLast(Int.random(in: 0...2, using: &generator))
            if HTTPDate.parse(String(decoding: bytes, as: UTF8.self), now: .max) != nil { accepted += 1 }
        }
        #expect(accepted < 1000)
    }

    @Test("The cache gives each second its text")
    func cache() {
        var cache = DateCache()
        for second in [784_111_777, 784_111_777, 784_111_778, 784_111_777] as [Int64] {
            #expect(cache.bytes(unixSeconds: second) == HTTPDate.bytes(unixSeconds: second))
        }
    }
}
