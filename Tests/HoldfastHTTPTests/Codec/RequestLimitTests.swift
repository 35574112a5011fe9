// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import HoldfastTransport
internal import NIOCore
internal import Testing

@testable internal import HoldfastHTTP

/// Rows 5, 7 and 8: N−1 and N pass, N+1 does not, in one piece and byte by byte.
@Suite struct RequestLimitTests {
    private func check(
        _ limits: Limits.HTTP,
        _ failure: RequestParseError.Reason,
        bodyLimit: Int? = nil,
        _ input: (_ offset: Int) -> String
    ) {
        for offset in [-1, 0, 1] {
            let bytes = latin1(input(offset))
            let whole = parse(bytes, limits: limits, bodyLimit: bodyLimit)
            #expect(whole.failure == (offset == 1 ? failure : nil), "limit \(offset)")
            #expect(whole.completed == (offset == 1 ? 0 : 1), "limit \(offset)")
            let trickled = parse(bytes, splits: Array(0..<bytes.count), limits: limits, bodyLimit: bodyLimit)
            #expect(trickled.failure == whole.failure)
            #expect(trickled.requests == whole.requests)
        }
    }

    private func letters(_ count: Int) -> String { String(repeating: "x", count: count) }

    @Test("Request line")
    func requestLine() {
        // "GET /" and " HTTP/1.1" take 14 bytes.
        check(limits { $0.requestLine = 64 }, .requestLineTooLong) {
            "GET /\(letters(50 + $0)) HTTP/1.1\r\nHost: a\r\n\r\n"
        }
    }

    @Test("A method has 32 bytes; longer ones are not implemented", arguments: ["", " / HTTP/1.1\r\n"])
    func method(_ rest: String) {
        #expect(parse(latin1(letters(32) + rest)).failure == nil)
        #expect(parse(latin1(letters(33) + rest)).failure == .methodTooLong)
        #expect(parse(latin1(letters(100 << 10) + rest)).failure == .methodTooLong)
    }

    @Test("One field")
    func field() {
        check(limits { $0.field = 32 }, .fieldTooLarge) {
            "GET / HTTP/1.1\r\nHost: a\r\nA: \(letters(29 + $0))\r\n\r\n"
        }
    }

    @Test("The name of one field")
    func fieldName() {
        check(limits { $0.field = 32 }, .fieldTooLarge) { "GET / HTTP/1.1\r\nHost: a\r\n\(letters(31 + $0)):\r\n\r\n" }
    }

    @Test("The whole head")
    func head() {
        // Everything but the letters takes 32 bytes.
        check(limits { $0.head = 132 }, .headTooLarge) {
            "GET / HTTP/1.1\r\nHost: a\r\nA: \(letters(100 + $0))\r\n\r\n"
        }
    }

    @Test("The number of fields")
    func fieldCount() {
        check(limits { $0.fieldCount = 10 }, .tooManyFields) {
            "GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: "a:\r\n", count: 9 + $0))\r\n"
        }
    }

    @Test("A declared body")
    func length() {
        check(limits { $0.body = 20 }, .bodyTooLarge) {
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(20 + $0)\r\n\r\n\(letters(20 + $0))"
        }
    }

    @Test("A chunked body")
    func chunked() {
        check(limits { $0.body = 20 }, .bodyTooLarge) {
            chunkedRequest("a\r\n\(letters(10))\r\n\(String(10 + $0, radix: 16))\r\n\(letters(10 + $0))\r\n0\r\n\r\n")
        }
    }

    @Test("A body limit set for one request")
    func routeLimit() {
        check(limits { $0.body = 1000 }, .bodyTooLarge, bodyLimit: 20) {
            chunkedRequest("\(String(20 + $0, radix: 16))\r\n\(letters(20 + $0))\r\n0\r\n\r\n")
        }
    }

    @Test("Chunk extensions")
    func extensions() {
        // An extension of n letters and the CR behind it are charged.
        check(limits { $0.chunkOverhead = 64 }, .extensionsAndTrailersTooLarge) {
            chunkedRequest("1;\(letters(20))\r\na\r\n0;\(letters(42 + $0))\r\n\r\n")
        }
    }

    @Test("Trailers")
    func trailers() {
        // "A: " and CRLF take five bytes.
        check(limits { $0.chunkOverhead = 64 }, .extensionsAndTrailersTooLarge) {
            chunkedRequest("0\r\nA: \(letters(59 + $0))\r\n\r\n")
        }
    }

    @Test("Extensions and trailers together")
    func extensionsAndTrailers() {
        check(limits { $0.chunkOverhead = 64 }, .extensionsAndTrailersTooLarge) {
            chunkedRequest("0;\(letters(31))\r\nA: \(letters(27 + $0))\r\n\r\n")
        }
    }

    @Test("One trailer and the number of trailers")
    func trailerFields() {
        check(limits { $0.field = 32 }, .fieldTooLarge) { chunkedRequest("0\r\nA: \(letters(29 + $0))\r\n\r\n") }
        check(limits { $0.fieldCount = 10 }, .tooManyFields) {
            chunkedRequest("0\r\n\(String(repeating: "a:\r\n", count: 10 + $0))\r\n")
        }
    }

    @Test("Wire bytes of a chunked body")
    func wireBytes() {
        // Two one-byte chunks take 6 bytes each, the last chunk 4 and its extension, the final CRLF 2.
        let small = limits {
            $0.body = 10
            $0.wireAllowance = 30
        }
        check(small, .wireBytesExceeded) {
            chunkedRequest("1\r\na\r\n1\r\nb\r\n0;\(letters(32 + $0))\r\n\r\n")
        }
    }

    @Test("Empty lines before a request, counted for each request anew")
    func emptyLines() {
        check(limits { $0.emptyLines = 3 }, .tooManyEmptyLines) {
            String(repeating: "\r\n", count: 3 + $0) + "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        }
    }

    @Test("The default limits are those of the reference")
    func defaults() {
        let limits = Limits.HTTP()
        #expect(limits.requestLine == 8192)
        #expect(limits.field == 8192)
        #expect(limits.head == 32768)
        #expect(limits.fieldCount == 100)
        #expect(limits.body == 1_048_576)
        #expect(limits.wireAllowance == 65536)
        #expect(limits.chunkOverhead == 16384)
        #expect(limits.emptyLines == 5)
    }

    @Test("A declared length beyond the limit fails before a body byte arrives")
    func declaredLength() {
        var parser = RequestParser(limits: .init())
        var buffer = ByteBuffer(string: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n")
        guard case .head = parser.next(&buffer) else {
            Issue.record("no head")
            return
        }
        parser.setBodyLimit(10)
        guard case .failure(let error) = parser.next(&buffer) else {
            Issue.record("no failure")
            return
        }
        #expect(error.reason == .bodyTooLarge)
        #expect(error.status == .contentTooLarge)
    }

    @Test("The next request has the default body limit again")
    func limitIsReset() {
        let one = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello"
        var parser = RequestParser(limits: limits { $0.body = 4 })
        var buffer = ByteBuffer(string: one + one)
        var failures = 0
        var ends = 0
        var isFirst = true
        for _ in 0..<8 {
            switch parser.next(&buffer) {
            case .head where isFirst:
                parser.setBodyLimit(5)
                isFirst = false
            case .end: ends += 1
            case .failure: failures += 1
            default: break
            }
        }
        #expect(ends == 1)
        #expect(failures > 0)
    }

    @Test("An unlimited body has no wire limit either")
    func unlimited() {
        let chunks = String(repeating: "1\r\nx\r\n", count: 30000)
        let input = latin1(chunkedRequest(chunks + "0\r\n\r\n"))
        #expect(parse(input, limits: limits { $0.body = .max }).requests.first?.body.count == 30000)
        #expect(parse(input, limits: limits { $0.body = 30000 }).failure == .wireBytesExceeded)
    }

    @Test("Megabytes of extension, trailer, empty lines or fields end at their limit, not in memory")
    func floods() {
        let flood = String(repeating: "x", count: 1 << 20)
        let blanks = String(repeating: " ", count: 1 << 20)
        let cases: [(String, String, RequestParseError.Reason, Int)] = [
            (chunkedRequest("1;"), flood, .extensionsAndTrailersTooLarge, 16 << 10),
            (chunkedRequest("0\r\nA: "), flood, .fieldTooLarge, 8 << 10),
            ("", String(repeating: "\r\n", count: 1 << 18), .tooManyEmptyLines, 1024),
            ("GET / HTTP/1.1\r\nHost: a\r\n", String(repeating: "a:\r\n", count: 1 << 18), .tooManyFields, 1024),
            ("GET /", flood, .requestLineTooLong, 8 << 10),
            ("", flood, .methodTooLong, 32),
            (chunkedRequest("1"), blanks, .extensionsAndTrailersTooLarge, 16 << 10),
            (chunkedRequest("1;a ="), blanks, .extensionsAndTrailersTooLarge, 16 << 10),
            ("GET / HTTP/1.1\r\nA: ", flood, .fieldTooLarge, 8 << 10),
        ]
        for (start, rest, reason, bound) in cases {
            var parser = RequestParser(limits: .init())
            var buffer = ByteBuffer(string: start)
            var fed = 0
            var failure: RequestParseError?
            while failure == nil, fed < rest.utf8.count {
                buffer.writeString(String(rest.dropFirst(fed).prefix(512)))
                fed += 512
                loop: while true {
                    switch parser.next(&buffer) {
                    case .failure(let error):
                        failure = error
                        break loop
                    case .needMoreData:
                        break loop
                    default:
                        break
                    }
                }
            }
            #expect(failure?.reason == reason)
            #expect(fed <= bound + 1024)
        }
    }

    private func chunkedRequest(_ body: String) -> String {
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(body)"
    }
}
