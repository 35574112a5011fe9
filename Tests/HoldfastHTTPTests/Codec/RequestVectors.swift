// SPDX-License-Identifier: Apache-2.0

@testable internal import HoldfastHTTP

/// Inputs with a known verdict.
///
/// Refused ones come first in smuggling corpora, accepted ones guard against zeal.
struct RequestVector: CustomStringConvertible, Sendable {
    var name: String
    var input: [UInt8]
    /// How many requests must come out complete.
    var completed: Int
    var failure: RequestParseError.Reason?

    var description: String { name }

    init(_ name: String, _ input: String, completed: Int = 0, _ failure: RequestParseError.Reason?) {
        self.name = name
        self.input = latin1(input)
        self.completed = completed
        self.failure = failure
    }

    /// A request head with `lines` behind a valid request line and Host.
    fileprivate static func fields(
        _ name: String,
        _ lines: String,
        _ failure: RequestParseError.Reason?
    ) -> RequestVector {
        RequestVector(
            name,
            "POST /x HTTP/1.1\r\nHost: a\r\n\(lines)\r\n\r\n",
            completed: failure == nil ? 1 : 0,
            failure
        )
    }

    /// A request with this chunked body.
    fileprivate static func chunked(
        _ name: String,
        _ body: String,
        _ failure: RequestParseError.Reason?
    ) -> RequestVector {
        RequestVector(
            name,
            "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(body)",
            completed: failure == nil ? 1 : 0,
            failure
        )
    }

    /// A request without fields but Host and this request line.
    fileprivate static func line(
        _ name: String,
        _ line: String,
        _ failure: RequestParseError.Reason?
    ) -> RequestVector {
        RequestVector(name, "\(line)\r\nHost: a\r\n\r\n", completed: failure == nil ? 1 : 0, failure)
    }

    static let all: [RequestVector] = framing + transferEncoding + fieldSyntax + chunks + lines + hosts + whole
    static let refused = all.filter { $0.failure != nil }
    static let accepted = all.filter { $0.failure == nil }

    private static let framing: [RequestVector] = [
        .fields("length then coding", "Content-Length: 3\r\nTransfer-Encoding: chunked", .conflictingFraming),
        .fields("coding then length", "Transfer-Encoding: chunked\r\nContent-Length: 3", .conflictingFraming),
        .fields("same length twice", "Content-Length: 0\r\nContent-Length: 0", .duplicateContentLength),
        .fields("two lengths", "Content-Length: 1\r\nContent-Length: 2", .duplicateContentLength),
        .fields("length list", "Content-Length: 1,1", .invalidContentLength),
        .fields("length with plus", "Content-Length: +1", .invalidContentLength),
        .fields("length in hexadecimal", "Content-Length: 0x1", .invalidContentLength),
        .fields("length with inner space", "Content-Length: 1 1", .invalidContentLength),
        .fields("empty length", "Content-Length:", .invalidContentLength),
        .fields("blank length", "Content-Length: \t ", .invalidContentLength),
        .fields("negative length", "Content-Length: -1", .invalidContentLength),
        .fields("length beyond 63 bits", "Content-Length: 9223372036854775808", .invalidContentLength),
        .fields("length beyond 64 bits", "Content-Length: 18446744073709551616", .invalidContentLength),
        .fields("length with letter", "Content-Length: 1a", .invalidContentLength),
        .fields("greatest length", "Content-Length: 9223372036854775807", .bodyTooLarge),
        .fields("length of zero", "Content-Length: 0", nil),
        .fields("length with leading zeros", "Content-Length: 000", nil),
        .fields("length with tab behind", "Content-Length: 0 \t", .invalidContentLength),
        .fields("length with tab before", "Content-Length:\t0", .invalidContentLength),
        .fields("length with trailing space", "Content-Length: 0 ", nil),
    ]

    private static let transferEncoding: [RequestVector] = [
        .fields("gzip, chunked", "Transfer-Encoding: gzip, chunked", .unsupportedTransferEncoding),
        .fields(
            "identity and chunked on two lines",
            "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
            .unsupportedTransferEncoding
        ),
        .fields("chunked, identity", "Transfer-Encoding: chunked, identity", .invalidTransferEncoding),
        .fields("chunked, xchunked", "Transfer-Encoding: chunked, xchunked", .invalidTransferEncoding),
        .fields("xchunked", "Transfer-Encoding: xchunked", .invalidTransferEncoding),
        .fields("identity", "Transfer-Encoding: identity", .invalidTransferEncoding),
        .fields("gzip", "Transfer-Encoding: gzip", .invalidTransferEncoding),
        .fields("empty coding", "Transfer-Encoding:", .invalidTransferEncoding),
        .fields("comma only", "Transfer-Encoding: ,", .invalidTransferEncoding),
        .fields("chunked with comma", "Transfer-Encoding: chunked,", .invalidTransferEncoding),
        .fields("chunked with parameter", "Transfer-Encoding: chunked;a=b", .invalidTransferEncoding),
        .fields("quoted chunked", "Transfer-Encoding: \"chunked\"", .invalidTransferEncoding),
        .fields("chunked with tab behind", "Transfer-Encoding: chunked\t", .invalidTransferEncoding),
        .fields("chunked with tab before", "Transfer-Encoding: \tchunked", .invalidTransferEncoding),
        .fields("chunked with vertical tab before", "Transfer-Encoding: \u{0B}chunked", .invalidFieldValue),
        .fields("chunked with form feed behind", "Transfer-Encoding: chunked\u{0C}", .invalidFieldValue),
        .fields("chunked, chunked", "Transfer-Encoding: chunked, chunked", .invalidTransferEncoding),
        .fields(
            "chunked on two lines",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            .invalidTransferEncoding
        ),
        .fields("coding name with space", "Transfer-Encoding : chunked", .invalidFieldName),
        RequestVector(
            "coding in HTTP/1.0",
            "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            .transferEncodingInHTTP10
        ),
        RequestVector(
            "coding in mixed case",
            "POST / HTTP/1.1\r\nHost: a\r\ntRANSFER-eNCODING:ChUnKeD\r\n\r\n0\r\n\r\n",
            completed: 1,
            nil
        ),
    ]

    private static let fieldSyntax: [RequestVector] = [
        .fields("space before colon", "A : b", .invalidFieldName),
        .fields("tab before colon", "A\t: b", .invalidFieldName),
        .fields("folded by space", "A: b\r\n c", .foldedField),
        .fields("folded by tab", "A: b\r\n\tc", .foldedField),
        .fields("line of a space", "A: b\r\n ", .foldedField),
        .fields("empty name", ": b", .invalidFieldName),
        .fields("no colon", "A", .invalidFieldName),
        .fields("name with 8-bit byte", "\u{E4}: b", .invalidFieldName),
        .fields("name with NUL", "A\0: b", .invalidFieldName),
        .fields("name with parenthesis", "A(b): c", .invalidFieldName),
        .fields("name with slash", "A/b: c", .invalidFieldName),
        .fields("bare line feed behind a field", "A: b\nC: d", .bareLineFeed),
        .fields("bare line feed in a name", "A\nC: d", .bareLineFeed),
        .fields("bare return in a value", "A: b\rC: d", .invalidFieldValue),
        .fields("return before CRLF", "A: b\r\r\n", .invalidFieldValue),
        .fields("NUL in a value", "A: b\0c", .invalidFieldValue),
        .fields("escape in a value", "A: b\u{1B}c", .invalidFieldValue),
        .fields("delete in a value", "A: b\u{7F}c", .invalidFieldValue),
        .fields("8-bit value", "A: \u{E4}\u{FF}\u{80}", nil),
        .fields("UTF-8 value", "A: \u{C3}\u{A4}", nil),
        .fields("tab in a value", "A: b\tc", nil),
        .fields("empty value", "A:", nil),
        .fields("blank value", "A: \t  ", nil),
        .fields("every token character", "!#$%&'*+-.^_`|~09azAZ: b", nil),
        RequestVector("space before the first field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", .foldedField),
        RequestVector("head ended by return and letter", "GET / HTTP/1.1\r\nHost: a\r\n\rX", .bareLineFeed),
        RequestVector("head ended by line feed", "GET / HTTP/1.1\r\nHost: a\r\n\n", .bareLineFeed),
        RequestVector("request line ended by line feed", "GET / HTTP/1.1\nHost: a\r\n\r\n", .bareLineFeed),
    ]

    private static let chunks: [RequestVector] = [
        .chunked("one chunk", "3\r\nabc\r\n0\r\n\r\n", nil),
        .chunked("hexadecimal sizes", "a\r\n0123456789\r\nA\r\n0123456789\r\n00\r\n\r\n", nil),
        .chunked("extensions", "3;a;b=c;d=\"e \\\" \t f\"\r\nabc\r\n0;x\r\n\r\n", nil),
        .chunked("trailers", "3\r\nabc\r\n0\r\nA: b\r\nc:\r\n\r\n", nil),
        .chunked("size with prefix", "0x3\r\nabc\r\n0\r\n\r\n", .invalidChunkSize),
        .chunked("empty size", "\r\nabc\r\n0\r\n\r\n", .invalidChunkSize),
        .chunked("size with space behind", "3 \r\nabc\r\n0\r\n\r\n", .invalidChunkSize),
        .chunked("size with tab behind", "3\t\r\nabc\r\n0\r\n\r\n", .invalidChunkSize),
        .chunked("size with space before", " 3\r\nabc\r\n0\r\n\r\n", .invalidChunkSize),
        .chunked("negative size", "-3\r\nabc\r\n0\r\n\r\n", .invalidChunkSize),
        .chunked("size with underscore", "0_3\r\nabc\r\n0\r\n\r\n", .invalidChunkSize),
        .chunked("size beyond 63 bits", "8000000000000000\r\nabc\r\n0\r\n\r\n", .invalidChunkSize),
        .chunked("size beyond 64 bits", "10000000000000003\r\nabc\r\n0\r\n\r\n", .invalidChunkSize),
        .chunked("size of 17 digits", "00000000000000003\r\nabc\r\n0\r\n\r\n", .invalidChunkSize),
        .chunked("greatest size", "7fffffffffffffff\r\nabc\r\n0\r\n\r\n", .bodyTooLarge),
        .chunked("size ended by line feed", "3\nabc\r\n0\r\n\r\n", .invalidChunkSize),
        .chunked("size ended by return", "3\rabc\r\n0\r\n\r\n", .invalidChunkSize),
        .chunked("no line end behind data", "3\r\nabc0\r\n\r\n", .invalidChunkEnd),
        .chunked("line feed behind data", "3\r\nabc\n0\r\n\r\n", .invalidChunkEnd),
        .chunked("return and letter behind data", "3\r\nabc\rX0\r\n\r\n", .invalidChunkEnd),
        .chunked("extension ended by line feed", "3;a\nabc\r\n0\r\n\r\n", .invalidChunkExtension),
        .chunked("extension value ended by line feed", "3;a=b\nabc\r\n0\r\n\r\n", .invalidChunkExtension),
        .chunked("extension ended by return", "3;a\rX\nabc\r\n0\r\n\r\n", .invalidChunkSize),
        .chunked("line feed in a quoted extension", "3;a=\"\n\"\r\nabc\r\n0\r\n\r\n", .invalidChunkExtension),
        .chunked("CRLF in a quoted extension", "3;a=\"\r\n\"\r\nabc\r\n0\r\n\r\n", .invalidChunkExtension),
        .chunked("quoted CRLF in an extension", "3;a=\"\\\r\n\"\r\nabc\r\n0\r\n\r\n", .invalidChunkExtension),
        .chunked("text behind a quoted extension", "3;a=\"b\"c\r\nabc\r\n0\r\n\r\n", .invalidChunkExtension),
        .chunked("blanks around extensions", "3 ; a\t= b \t;c =\"d\" ;e\r\nabc\r\n0\t;\tf\r\n\r\n", nil),
        .chunked("blank behind an extension", "3;a \r\nabc\r\n0\r\n\r\n", .invalidChunkExtension),
        .chunked("blank behind an extension's value", "3;a=b\t\r\nabc\r\n0\r\n\r\n", .invalidChunkExtension),
        .chunked("blank behind a quoted value", "3;a=\"b\" \r\nabc\r\n0\r\n\r\n", .invalidChunkExtension),
        .chunked("blanks for an extension", "3; \r\nabc\r\n0\r\n\r\n", .invalidChunkExtension),
        .chunked("blanks for an extension's value", "3;a= \r\nabc\r\n0\r\n\r\n", .invalidChunkExtension),
        .chunked("blank in an extension's name", "3;a b\r\nabc\r\n0\r\n\r\n", .invalidChunkExtension),
        .chunked("blank in an extension's value", "3;a=b c\r\nabc\r\n0\r\n\r\n", .invalidChunkExtension),
        .chunked("value behind a value", "3;a=b =c\r\nabc\r\n0\r\n\r\n", .invalidChunkExtension),
        .chunked("blank and digit in a size", "3 0\r\nabc\r\n0\r\n\r\n", .invalidChunkSize),
        .chunked("blank and line feed behind a size", "3 \nabc\r\n0\r\n\r\n", .invalidChunkSize),
        .chunked("extension without name", "3;\r\nabc\r\n0\r\n\r\n", .invalidChunkExtension),
        .chunked("extension with value only", "3;=a\r\nabc\r\n0\r\n\r\n", .invalidChunkExtension),
        .chunked("extension without value", "3;a=\r\nabc\r\n0\r\n\r\n", .invalidChunkExtension),
        .chunked("extension with NUL", "3;a\0\r\nabc\r\n0\r\n\r\n", .invalidChunkExtension),
        .chunked("Content-Length in trailers", "0\r\nContent-Length: 3\r\n\r\n", .forbiddenTrailer),
        .chunked("Transfer-Encoding in trailers", "0\r\nTransfer-Encoding: chunked\r\n\r\n", .forbiddenTrailer),
        .chunked("Host in trailers", "0\r\nHost: b\r\n\r\n", .forbiddenTrailer),
        .chunked("trailer with space before colon", "0\r\nA : b\r\n\r\n", .invalidFieldName),
        .chunked("folded trailer", "0\r\nA: b\r\n c\r\n\r\n", .foldedField),
        .chunked("trailer ended by line feed", "0\r\nA: b\n\r\n", .bareLineFeed),
        .chunked("NUL in a trailer", "0\r\nA: \0\r\n\r\n", .invalidFieldValue),
        .chunked("last chunk ended by line feed", "0\n\r\n", .invalidChunkSize),
        .chunked("trailers ended by line feed", "0\r\n\n", .bareLineFeed),
        .chunked("trailers ended by return and letter", "0\r\n\rX", .bareLineFeed),
    ]

    private static let lines: [RequestVector] = [
        .line("origin form", "GET /a/b?c=d?e HTTP/1.1", nil),
        .line("characters browsers leave alone", "GET /a|b[c]{d}^`\"<>\\ HTTP/1.1", nil),
        .line("asterisk form", "OPTIONS * HTTP/1.1", nil),
        .line("absolute form", "GET http://a/b?c HTTP/1.1", nil),
        .line("absolute form with default port", "GET HTTPS://A:443 HTTP/1.1", nil),
        .line("authority form", "CONNECT a:443 HTTP/1.1", nil),
        .line("unknown method", "PURGE-2 /a HTTP/1.1", nil),
        .line("method of 32 letters", "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345 / HTTP/1.1", nil),
        .line("method of 33 letters", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456 / HTTP/1.1", .methodTooLong),
        .line("method of 33 letters and a NUL", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456\0 / HTTP/1.1", .methodTooLong),
        .line("lower-case method", "get / HTTP/1.1", nil),
        .line("mixed-case method", "Get / HTTP/1.1", nil),
        .line("method of every kind of character", "!#$%&'*+-.^_`|~09azAZ / HTTP/1.1", nil),
        .line("method with parenthesis", "GE(T / HTTP/1.1", .invalidMethod),
        .line("method with 8-bit byte", "GE\u{C4}T / HTTP/1.1", .invalidMethod),
        .line("method with return", "GE\rT / HTTP/1.1", .invalidRequestLine),
        .line("method only", "GET", .invalidRequestLine),
        .line("method with NUL", "GE\0T / HTTP/1.1", .invalidMethod),
        .line("no method", " / HTTP/1.1", .invalidMethod),
        .line("fragment in the target", "GET /a#b HTTP/1.1", .invalidTarget),
        .line("fragment behind the query", "GET /a?b#c HTTP/1.1", .invalidTarget),
        .line("absolute form with another host", "GET http://b/ HTTP/1.1", nil),
        .line("absolute form with another port", "GET http://a:81/ HTTP/1.1", nil),
        .line("absolute form with empty port", "GET http://a:/ HTTP/1.1", nil),
        .line("absolute form with bad port", "GET http://a:b/ HTTP/1.1", .invalidTarget),
        .line("absolute form with user", "GET http://u@a/ HTTP/1.1", .invalidTarget),
        .line("absolute form without host", "GET http:///b HTTP/1.1", .invalidTarget),
        .line("another scheme", "GET ftp://a/ HTTP/1.1", .invalidTarget),
        .line("relative target", "GET a HTTP/1.1", .invalidTarget),
        .line("asterisk for GET", "GET * HTTP/1.1", .invalidTarget),
        .line("asterisk and more", "OPTIONS *x HTTP/1.1", .invalidTarget),
        .line("CONNECT with a path", "CONNECT /a HTTP/1.1", .invalidTarget),
        .line("CONNECT without port", "CONNECT a HTTP/1.1", .invalidTarget),
        .line("CONNECT with empty port", "CONNECT a: HTTP/1.1", .invalidTarget),
        .line("double space before the target", "GET  / HTTP/1.1", .invalidRequestLine),
        .line("double space behind the target", "GET /  HTTP/1.1", .invalidRequestLine),
        .line("space behind the version", "GET / HTTP/1.1 ", .invalidRequestLine),
        .line("tab for space", "GET\t/ HTTP/1.1", .invalidMethod),
        .line("tab behind the target", "GET /\tHTTP/1.1", .invalidTarget),
        .line("NUL in the target", "GET /\0 HTTP/1.1", .invalidTarget),
        .line("8-bit byte in the target", "GET /\u{E4} HTTP/1.1", .invalidTarget),
        .line("return in the target", "GET /\rx HTTP/1.1", .invalidTarget),
        .line("no version", "GET /", .invalidRequestLine),
        .line("no target", "GET HTTP/1.1", .invalidRequestLine),
        .line("lower-case protocol", "GET / http/1.1", .invalidRequestLine),
        .line("another protocol", "GET / HTTQ/1.1", .invalidRequestLine),
        .line("long minor version", "GET / HTTP/1.10", .invalidRequestLine),
        .line("long major version", "GET / HTTP/01.1", .invalidRequestLine),
        .line("version without dot", "GET / HTTP/111", .invalidRequestLine),
        .line("version with letter", "GET / HTTP/1.x", .invalidRequestLine),
        .line("HTTP/1.2", "GET / HTTP/1.2", nil),
        .line("HTTP/1.9", "GET / HTTP/1.9", nil),
        .line("HTTP/0.9", "GET / HTTP/0.9", .unsupportedVersion),
        .line("HTTP/2.0", "GET / HTTP/2.0", .unsupportedVersion),
        RequestVector("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .unsupportedVersion),
        RequestVector("TLS hello", "\u{16}\u{03}\u{01}\u{02}\0", .invalidMethod),
    ]

    /// Requests whose only Host is `value`.
    private static func host(_ value: String, _ failure: RequestParseError.Reason?) -> RequestVector {
        RequestVector(
            "Host \(value.debugDescription)",
            "GET / HTTP/1.1\r\nHost:\(value)\r\n\r\n",
            completed: failure == nil ? 1 : 0,
            failure
        )
    }

    private static let hosts: [RequestVector] =
        [
            "a", " a.example:8080", "A-b_c~d.", "127.0.0.1:1", "[::1]", "[::1]:80", "[2001:db8::ff:1.2.3.4]:65535",
            "a%20b", " a \t", "a:0", "a:", "[::1]:", "a:00080", "a:000065535",
        ].map { host($0, nil) }
        + [
            "", " ", "a,b", "a b", "a, a", "u@a", "u:p@a", "http://a", "a/", "a?", "a#", "a:b", "a:65536",
            "a:123456", "a:99999999999999999999", ":",
            "a:-1", "a:1:2", ":80", "a%2", "a%zz", "[::1", "::1", "[]", "[a]", "[::1]a", "[::1%25eth0]", "a\"b", "a'b",
            "<a>",
            "\u{E4}", "a\\b",
        ].map { host($0, .invalidHost) }
        + [
            RequestVector("no Host", "GET / HTTP/1.1\r\nA: b\r\n\r\n", .missingHost),
            RequestVector("no fields", "GET / HTTP/1.1\r\n\r\n", .missingHost),
            RequestVector("two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", .duplicateHost),
            RequestVector("same Host twice", "GET / HTTP/1.1\r\nHost: a\r\nhOST: a\r\n\r\n", .duplicateHost),
            RequestVector("two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", .duplicateHost),
            RequestVector("invalid Host in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a b\r\n\r\n", .invalidHost),
            RequestVector("no Host in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", completed: 1, nil),
            RequestVector("absolute form with bad Host", "GET http://a/ HTTP/1.1\r\nHost: b c\r\n\r\n", .invalidHost),
            RequestVector(
                "absolute form with two Hosts",
                "GET http://a/ HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
                .duplicateHost
            ),
            RequestVector("absolute form without Host", "GET http://a/ HTTP/1.1\r\n\r\n", .missingHost),
            RequestVector("absolute form in HTTP/1.0", "GET http://a/ HTTP/1.0\r\n\r\n", completed: 1, nil),
        ]

    private static let get = "GET /a?b=c HTTP/1.1\r\nHost: a.example\r\nAccept: */*\r\nUser-Agent: x y\r\n\r\n"

    private static let whole: [RequestVector] = [
        RequestVector("pipelined requests", get + get + get, completed: 3, nil),
        RequestVector(
            "pipelined bodies",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello world"
                + "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "5;x=\"y\"\r\nhello\r\n6\r\n world\r\n0\r\nA: b\r\n\r\n" + get,
            completed: 3,
            nil
        ),
        RequestVector(
            "body of a GET",
            "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab" + get,
            completed: 2,
            nil
        ),
        RequestVector("five empty lines", String(repeating: "\r\n", count: 5) + get, completed: 1, nil),
        RequestVector("six empty lines", String(repeating: "\r\n", count: 6) + get, .tooManyEmptyLines),
        RequestVector(
            "empty lines before each request",
            String(repeating: String(repeating: "\r\n", count: 4) + get, count: 3),
            completed: 3,
            nil
        ),
        RequestVector("empty line of a line feed", "\n" + get, .bareLineFeed),
        RequestVector("empty line of a return", "\rGET / HTTP/1.1\r\nHost: a\r\n\r\n", .invalidRequestLine),
        RequestVector(
            "request behind Connection: close",
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + get,
            completed: 1,
            .bytesAfterLastRequest
        ),
        RequestVector(
            "line ends behind Connection: close",
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n\r\n\r\n",
            completed: 1,
            nil
        ),
        RequestVector("request behind HTTP/1.0", "GET / HTTP/1.0\r\n\r\n" + get, completed: 1, .bytesAfterLastRequest),
        RequestVector(
            "request behind kept HTTP/1.0",
            "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n" + get,
            completed: 2,
            nil
        ),
        RequestVector(
            "smuggled prefix in a body",
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n0\r\n\r\nG" + get,
            completed: 2,
            nil
        ),
        RequestVector(
            "upgrade",
            "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n",
            completed: 1,
            nil
        ),
        RequestVector("trickling nonsense", "AAAA", nil),
    ]
}
