// SPDX-License-Identifier: Apache-2.0

internal import HTTPTypes
internal import HoldfastTransport
internal import NIOCore
internal import Testing

@testable internal import HoldfastHTTP

@Suite struct RequestHeadTests {
    @Test(
        "A target is split into path and query",
        arguments: [
            ("/", "/", nil),
            ("/a%20b/c", "/a%20b/c", nil),
            ("/a?", "/a", ""),
            ("/a?b=c?d", "/a", "b=c?d"),
            ("/?b", "/", "b"),
            ("http://host", "/", nil),
            ("http://host?q", "/", "q"),
            ("http://HOST:80/a?q", "/a", "q"),
            ("//a//b", "//a//b", nil),
        ] as [(String, String, String?)]
    )
    func targets(_ target: String, _ path: String, _ query: String?) throws {
        let head = try parseHead("GET \(target) HTTP/1.1\r\nHost: host\r\n\r\n")
        #expect(head.target == target)
        #expect(head.path == path)
        #expect(head.query == query)
        #expect(head.withPath { Array($0) } == Array(path.utf8))
    }

    @Test("OPTIONS takes an asterisk and CONNECT an authority")
    func otherForms() throws {
        #expect(try parseHead("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").path == "*")
        #expect(try parseHead("CONNECT b:443 HTTP/1.1\r\nHost: a\r\n\r\n").path == "b:443")
    }

    @Test("The host is that of an absolute target, else that of Host")
    func hosts() throws {
        #expect(try parseHead("GET / HTTP/1.1\r\nHost:  a:1 \r\n\r\n").host == "a:1")
        #expect(try parseHead("GET http://B:80/ HTTP/1.1\r\nHost: b\r\n\r\n").host == "B:80")
        #expect(try parseHead("GET http://c/ HTTP/1.0\r\n\r\n").host == "c")
        #expect(try parseHead("GET http://c:81/ HTTP/1.1\r\nHost: d\r\n\r\n").host == "c:81")
        #expect(try parseHead("GET / HTTP/1.0\r\n\r\n").host == nil)
    }

    @Test("An empty port is none, and the field keeps it")
    func emptyPorts() throws {
        for (host, expected) in [("a:", "a"), ("[::1]:", "[::1]"), ("a:80", "a:80")] {
            let head = try parseHead("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n")
            #expect(head.host == expected)
            #expect(head.fields.first?.value == host)
            #expect(try parseHead("GET http://\(host)/x HTTP/1.1\r\nHost: b\r\n\r\n").host == expected)
        }
    }

    @Test("A later minor version is served as HTTP/1.1")
    func laterVersion() throws {
        let head = try parseHead("GET / HTTP/1.7\r\nHost: a\r\nExpect: 100-continue\r\n\r\n")
        #expect(!head.isHTTP10)
        #expect(head.keepAlive)
        #expect(head.expectContinue)
    }

    @Test(
        "Methods keep their names",
        arguments: [
            "GET", "PUT", "HEAD", "POST", "PATCH", "TRACE", "QUERY", "DELETE", "OPTIONS", "G", "GETX", "XGET", "1-2",
            "ABCDEFGHIJGET", "OPTIONSX", "get", "Get", "M!X", "!#$%&'*+-.^_`|~09azAZ",
        ]
    )
    func methods(_ method: String) throws {
        let head = try parseHead("\(method) / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(head.method.rawValue == method)
    }

    @Test(
        "Connection and version decide whether the connection goes on",
        arguments: [
            ("1.1", "", true), ("1.1", "Connection: close\r\n", false), ("1.1", "Connection: a,CLOSE , b\r\n", false),
            ("1.1", "Connection: closed\r\n", true), ("1.1", "Connection: a\r\nconnection: close\r\n", false),
            ("1.1", "Connection: keep-alive, close\r\n", false), ("1.0", "", false),
            ("1.0", "Connection: Keep-Alive\r\n", true), ("1.0", "Connection: keep-alive, close\r\n", false),
        ]
    )
    func keepAlive(_ version: String, _ fields: String, _ expected: Bool) throws {
        let head = try parseHead("GET / HTTP/\(version)\r\nHost: a\r\n\(fields)\r\n")
        #expect(head.keepAlive == expected)
        #expect(head.isHTTP10 == (version == "1.0"))
    }

    @Test(
        "An upgrade needs the token, the field and HTTP/1.1",
        arguments: [
            ("1.1", "Connection: Upgrade\r\nUpgrade: websocket\r\n", true),
            ("1.1", "Upgrade: websocket\r\nConnection: keep-alive,  upgrade\r\n", true),
            ("1.1", "Connection: Upgrade\r\n", false),
            ("1.1", "Upgrade: websocket\r\n", false),
            ("1.1", "Connection: upgraded\r\nUpgrade: websocket\r\n", false),
            ("1.0", "Connection: Upgrade\r\nUpgrade: websocket\r\n", false),
        ]
    )
    func upgrade(_ version: String, _ fields: String, _ expected: Bool) throws {
        let head = try parseHead("GET / HTTP/\(version)\r\nHost: a\r\n\(fields)\r\n")
        #expect(head.hasUpgrade == expected)
    }

    @Test("Expect counts in HTTP/1.1 only")
    func expectContinue() throws {
        #expect(try parseHead("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n\r\n").expectContinue)
        #expect(try !parseHead("GET / HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\n\r\n").expectContinue)
        #expect(try !parseHead("GET / HTTP/1.1\r\nHost: a\r\nExpect: else\r\n\r\n").expectContinue)
    }

    @Test("Framing follows the framing fields")
    func framing() throws {
        #expect(try parseHead("GET / HTTP/1.1\r\nHost: a\r\n\r\n").framing == .none)
        #expect(try parseHead("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 017\r\n\r\n").framing == .length(17))
        #expect(try parseHead("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n").framing == .chunked)
    }

    private let text = """
        GET / HTTP/1.1\r
        host: a\r
        Accept: text/html\r
        X-Empty:\r
        ACCEPT:\t*/* \r
        Cookie: a=b\r
        cookie: c=d\r
        X-List: one,Two , three\r
        X-Custom-Name: v\r
        \r

        """

    @Test("Fields are found whatever their case, and lines of one field combine")
    func values() throws {
        let head = try parseHead(text)
        #expect(head.fieldCount == 8)
        #expect(head.value(.accept) == "text/html, */*")
        #expect(head.values(.accept) == ["text/html", "*/*"])
        #expect(head.value(.cookie) == "a=b; c=d")
        #expect(head.value(.origin) == nil)
        #expect(head.values(.origin) == [])
        let empty = try #require(HTTPField.Name("x-empty"))
        #expect(head.value(empty) == "")
        #expect(head.contains(empty))
        #expect(!head.contains(.origin))
    }

    @Test("List elements are found whole, ignoring case")
    func tokens() throws {
        let head = try parseHead(text)
        let list = try #require(HTTPField.Name("X-List"))
        for token in ["one", "ONE", "two", "three"] { #expect(head.contains(token: token, in: list)) }
        for token in ["on", "one,", "", "four", "one,two"] { #expect(!head.contains(token: token, in: list)) }
    }

    @Test("Materialised fields keep order, lines and bytes")
    func fields() throws {
        let fields = try parseHead(text).fields
        #expect(
            fields.map { "\($0.name.canonicalName)=\($0.value)" } == [
                "host=a", "accept=text/html", "x-empty=", "accept=*/*", "cookie=a=b", "cookie=c=d",
                "x-list=one,Two , three", "x-custom-name=v",
            ]
        )
        let bytes = try parseHead("GET / HTTP/1.1\r\nHost: a\r\nX: \u{E4}\r\n\r\n").fields
        #expect(bytes.last?.withUnsafeBytesOfValue { Array($0) } == [0xE4])
    }

    @Test("A detached head reads the same")
    func detached() throws {
        let head = try parseHead(text)
        #expect(head.detached().fields == head.fields)
        #expect(head.detached().path == "/")
    }

    @Test("Bytes behind an upgrade request stay in the buffer")
    func upgradeBytes() throws {
        var parser = RequestParser(limits: .init())
        var buffer = ByteBuffer(
            string: "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n\u{1}frame"
        )
        guard case .head(let head) = parser.next(&buffer) else {
            Issue.record("no head")
            return
        }
        #expect(head.hasUpgrade)
        guard case .end = parser.next(&buffer) else {
            Issue.record("no end")
            return
        }
        #expect(String(buffer: buffer) == "\u{1}frame")
    }

    @Test("The parser is idle between requests only")
    func idle() {
        var parser = RequestParser(limits: .init())
        var buffer = ByteBuffer(string: "\r\n")
        #expect(parser.isIdle)
        _ = parser.next(&buffer)
        #expect(parser.isIdle)
        buffer.writeString("G")
        _ = parser.next(&buffer)
        #expect(!parser.isIdle)
        buffer.writeString("ET / HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = parser.next(&buffer)
        #expect(!parser.isIdle)
        _ = parser.next(&buffer)
        #expect(parser.isIdle)
    }

    @Test("Every field is found by its name in any case, and none that is not there")
    func everyField() throws {
        let names: [HTTPField.Name] = [
            .accept, .acceptEncoding, .acceptLanguage, .authorization, .cacheControl, .contentType, .cookie, .ifMatch,
            .ifNoneMatch, .origin, .range, .referer, .userAgent, .accessControlRequestHeaders,
        ]
        let others = try ["x", "X-1", "a-b_c", "sec-ch-ua", "X~", String(repeating: "n", count: 300)]
            .map { try #require(HTTPField.Name($0)) }
        let all = names + others
        for spelling in [{ $0 }, { $0.lowercased() }, { $0.uppercased() }] as [(String) -> String] {
            for present in all {
                let head = try parseHead("GET / HTTP/1.1\r\nHost: a\r\n\(spelling(present.rawName)): v\r\n\r\n")
                for name in all {
                    #expect(head.value(name) == (name == present ? "v" : nil), "\(name) of \(present)")
                    #expect(head.contains(name) == (name == present))
                }
            }
        }
    }
}
