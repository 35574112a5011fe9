// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HoldfastSockJS
import HoldfastTransport
import NIOCore
import Testing

@Suite("Header sets of SockJS responses")
struct HeadersTests {
    private func anyOrigin() -> SockJSOptions {
        var options = SockJSOptions()
        options.allowedOrigins = .any
        return options
    }

    @Test("Polls and streams are kept by no cache and held back by no proxy")
    func noCache() {
        var fields = HTTPFields()
        fields.setNoCache()
        #expect(fields[.cacheControl] == "no-store, no-cache, no-transform, must-revalidate, max-age=0")
        #expect(fields.contains { $0.name.canonicalName == "x-accel-buffering" && $0.value == "no" })
        #expect(fields[.expires] == nil)
        #expect(fields[.lastModified] == nil)
    }

    @Test("Without an origin any page may read, without credentials, where any may")
    func noOrigin() {
        var fields = HTTPFields()
        fields.setCORS(origin: nil, requestedHeaders: "", options: anyOrigin())
        #expect(fields[.accessControlAllowOrigin] == "*")
        #expect(fields[.accessControlAllowCredentials] == nil)
        #expect(fields[.accessControlAllowHeaders] == nil)
        #expect(fields[.vary] == "Origin")

        var restricted = HTTPFields()
        restricted.setCORS(origin: nil, requestedHeaders: nil, options: SockJSOptions())
        #expect(restricted[.accessControlAllowOrigin] == nil)
        #expect(restricted[.vary] == "Origin")
    }

    @Test("An origin is echoed with credentials, the null origin too", arguments: ["http://a.test:8080", "null"])
    func origin(origin: String) {
        var fields = HTTPFields()
        fields.setCORS(origin: origin, requestedHeaders: "a, b, c", options: anyOrigin())
        #expect(fields[.accessControlAllowOrigin] == origin)
        #expect(fields[.accessControlAllowCredentials] == "true")
        #expect(fields[.accessControlAllowHeaders] == "a, b, c")
        #expect(fields[.vary] == "Origin")
    }

    @Test("The fields can be left to a proxy")
    func suppressed() {
        var options = anyOrigin()
        options.suppressCORS = true
        var fields = HTTPFields()
        fields.setCORS(origin: "http://a.test", requestedHeaders: "x", options: options)
        #expect(fields.isEmpty)
    }

    @Test("A preflight's answer may be kept for a year")
    func preflight() {
        var fields = HTTPFields()
        fields.setPreflight(methods: "OPTIONS, POST", expires: "later")
        #expect(fields[.cacheControl] == "public, max-age=31536000")
        #expect(fields[.expires] == "later")
        #expect(fields[.accessControlAllowMethods] == "OPTIONS, POST")
        #expect(fields[.accessControlMaxAge] == "31536000")
    }

    @Test(
        "The sticky cookie keeps its value",
        arguments: [
            (nil, "dummy"), ("", "dummy"), ("JSESSIONID=abcdef", "abcdef"), ("a=b; JSESSIONID=x.y; c=d", "x.y"),
            ("XJSESSIONID=1", "dummy"),
            ("JSESSIONID=", "dummy"), ("JSESSIONID=a, b=c", "a"),
        ] as [(String?, String)]
    )
    func cookie(cookies: String?, value: String) {
        var options = SockJSOptions()
        options.cookieNeeded = true
        var fields = HTTPFields()
        fields.setStickyCookie(cookies: cookies, options: options)
        #expect(fields[.setCookie] == "JSESSIONID=\(value); path=/")
    }

    @Test("The sticky cookie is sent only where one is needed, with the attributes asked for")
    func cookieOptions() {
        var options = SockJSOptions()
        var fields = HTTPFields()
        fields.setStickyCookie(cookies: "JSESSIONID=1", options: options)
        #expect(fields.isEmpty)
        options.cookieNeeded = true
        options.cookieAttributes = "SameSite=None; Secure"
        fields.setStickyCookie(cookies: nil, options: options)
        #expect(fields[.setCookie] == "JSESSIONID=dummy; path=/; SameSite=None; Secure")
    }

    @Test("Each origin gets its own fields, in whatever order they ask")
    func origins() {
        let fields = SessionFields(options: anyOrigin())
        for origin in ["http://a.test", nil, "http://b.test", "http://b.test", "http://a.test", nil] {
            var expected = HTTPFields()
            expected.setNoCache()
            expected.setCORS(origin: origin, requestedHeaders: nil, options: anyOrigin())
            #expect(fields.make(cors: true, origin: origin) { _ in nil } == expected)
            expected.setCORS(origin: origin, requestedHeaders: "x", options: anyOrigin())
            #expect(
                fields.make(cors: true, origin: origin) { $0 == .accessControlRequestHeaders ? "x" : nil } == expected
            )
        }
    }

    @Test("What only scripts and frames read has no CORS fields, and a cookie where one is needed")
    func unreadable() {
        var options = anyOrigin()
        options.cookieNeeded = true
        var expected = HTTPFields()
        expected.setNoCache()
        expected.setStickyCookie(cookies: "JSESSIONID=1", options: options)
        let fields = SessionFields(options: options).make(cors: false, origin: "http://a.test") {
            $0 == .cookie ? "JSESSIONID=1" : nil
        }
        #expect(fields == expected)
    }
}

@Suite("Information and the frame's page")
struct PageTests {
    @Test("The information says what is offered")
    func info() {
        var options = SockJSOptions()
        #expect(
            String(buffer: Info.body(options, entropy: 4_294_967_295))
                == #"{"websocket":true,"origins":["*:*"],"cookie_needed":false,"entropy":4294967295}"#
        )
        options.webSocket = false
        options.cookieNeeded = true
        options.baseURL = #"https://x.test/"q""#
        #expect(
            String(buffer: Info.body(options, entropy: 0))
                == #"{"websocket":false,"origins":["*:*"],"cookie_needed":true,"entropy":0,"base_url":"https://x.test/\"q\""}"#
        )
    }

    @Test("The frame's page is as the protocol has it, to the byte")
    func iframe() {
        let expected = [
            "<!DOCTYPE html>", "<html>", "<head>", #"  <meta http-equiv="X-UA-Compatible" content="IE=edge" />"#,
            #"  <meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />"#,
            #"  <script src="/sockjs.js?a=1&amp;b=%3C&quot;"></script>"#, "  <script>",
            "    document.domain = document.domain;",
            "    SockJS.bootstrap_iframe();", "  </script>", "</head>", "<body>", "  <h2>Don't panic!</h2>",
            "  <p>This is a SockJS hidden iframe. It's used for cross domain magic.</p>", "</body>", "</html>",
        ].joined(separator: "\n")
        #expect(String(buffer: IframePage(clientScriptURL: #"/sockjs.js?a=1&b=%3C""#).body) == expected)
    }

    @Test("The page's tag is quoted, strong, and follows the script's address")
    func entityTag() {
        let page = IframePage(clientScriptURL: "/a.js")
        #expect(page.entityTag == IframePage(clientScriptURL: "/a.js").entityTag)
        #expect(page.entityTag != IframePage(clientScriptURL: "/b.js").entityTag)
        #expect(page.entityTag.hasPrefix("\"") && page.entityTag.hasSuffix("\"") && page.entityTag.count > 8)
    }
}
