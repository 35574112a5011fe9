// SPDX-License-Identifier: Apache-2.0
import HoldfastSockJS
import HoldfastTransport
import Logging
import NIOCore
import Synchronization
import TestSupport
import Testing

@Suite("SockJS over HTTP", .timeLimit(.minutes(1)))
struct SockJSProtocolTests {
    private static let noCache = "no-store, no-cache, no-transform, must-revalidate, max-age=0"

    // MARK: Pages

    @Test("The greeting is plain text, with no cookie", arguments: ["/base", "/base/", "/base?x=1"])
    func greeting(path: String) async throws {
        try await TestServer.run { server async throws in
            let answer = try await server.get(path)
            #expect(answer.status == 200)
            #expect(answer.body == "Welcome to SockJS!\n")
            #expect(answer.fields["content-type"] == "text/plain; charset=UTF-8")
            #expect(answer.fields["set-cookie"] == nil)
        }
    }

    @Test("What is no URL of the protocol, or is not offered, is not found")
    func notFound() async throws {
        var options = SockJSOptions()
        options.webSocket = false
        try await TestServer.run(options: options) { server async throws in
            for path in [
                "/base//", "/base///", "/base/a", "/base/a/b", "/base/a/b/", "/base/a/b/c", "/base/a./b/xhr",
                "/base/a/%2e/xhr",
                "/base/iframe.html", "/base/a/b/jsonp?c=x", "/base/a/b/htmlfile?c=x", "/base/websocket",
                "/base/a/b/websocket",
            ] {
                #expect(try await server.get(path).status == 404, "\(path)")
            }
            for path in ["/base/a/b/jsonp_send", "/base/a/b/c", "/base//b/xhr"] {
                #expect(try await server.post(path, "[]").status == 404, "\(path)")
            }
        }
    }

    @Test(
        "A wrong method is told the right ones, without a body",
        arguments: [
            ("POST", "", "GET"), ("HEAD", "/", "GET"), ("POST", "/info", "OPTIONS, GET"),
            ("GET", "/s/i/xhr", "OPTIONS, POST"),
            ("GET", "/s/i/xhr_streaming", "OPTIONS, POST"), ("PUT", "/s/i/xhr_send", "OPTIONS, POST"),
            ("POST", "/s/i/eventsource", "GET"), ("POST", "/s/i/htmlfile", "GET"), ("POST", "/s/i/jsonp", "GET"),
            ("GET", "/s/i/jsonp_send", "POST"), ("POST", "/s/i/websocket", "GET"), ("POST", "/websocket", "GET"),
            ("POST", "/iframe.html", "GET"),
        ]
    )
    func methods(method: String, path: String, allowed: String) async throws {
        try await TestServer.run(options: TestServer.permissive) { server async throws in
            let answer = try await server.request(method, "/base" + path, body: method == "POST" ? "" : nil)
            #expect(answer.status == 405)
            #expect(answer.fields["allow"] == allowed)
            #expect(answer.fields["content-type"] == nil)
            #expect(answer.body.isEmpty)
        }
    }

    @Test("An endpoint of a group is below the group's prefix", arguments: ["/group/7/base", "/group/a%2Fb/base"])
    func group(base: String) async throws {
        try await TestServer.run { server async throws in
            #expect(try await server.get(base).body == "Welcome to SockJS!\n")
            #expect(try await server.post(base + "/0/i/xhr").body == "o\n")
            #expect(try await server.post(base + "/0/i/xhr_send", #"["a"]"#).status == 204)
            #expect(try await server.post("/base/0/i/xhr").body == "a[\"a\"]\n")
        }
    }

    @Test("Information is new each time")
    func info() async throws {
        try await TestServer.run { server async throws in
            let first = try await server.get("/base/info?t=1")
            #expect(first.status == 200)
            #expect(first.fields["content-type"] == "application/json; charset=UTF-8")
            #expect(first.fields["cache-control"] == Self.noCache)
            #expect(first.fields["set-cookie"] == nil)
            #expect(first.body.hasPrefix(#"{"websocket":true,"origins":["*:*"],"cookie_needed":false,"entropy":"#))
            #expect(try await server.get("/base/info").body != first.body)
        }
    }

    @Test(
        "A preflight is answered, to be kept for a year",
        arguments: [
            ("/info", "OPTIONS, GET"), ("/s/i/xhr", "OPTIONS, POST"), ("/s/i/xhr_streaming", "OPTIONS, POST"),
            ("/s/i/xhr_send", "OPTIONS, POST"),
        ]
    )
    func preflight(path: String, methods: String) async throws {
        var options = TestServer.permissive
        options.cookieNeeded = true
        try await TestServer.run(options: options) { server async throws in
            let answer = try await server.request(
                "OPTIONS",
                "/base" + path,
                ["Origin: http://a.test", "Access-Control-Request-Headers: x-a"]
            )
            #expect(answer.status == 204)
            #expect(answer.fields["access-control-allow-origin"] == "http://a.test")
            #expect(answer.fields["access-control-allow-credentials"] == "true")
            #expect(answer.fields["access-control-allow-methods"] == methods)
            #expect(answer.fields["access-control-allow-headers"] == "x-a")
            #expect(answer.fields["access-control-max-age"] == "31536000")
            #expect(answer.fields["cache-control"] == "public, max-age=31536000")
            #expect(answer.fields["expires"] != nil)
            #expect((answer.fields["set-cookie"] != nil) == path.hasPrefix("/s/"))
        }
    }

    @Test("The frame's page is cached by its tag")
    func iframe() async throws {
        try await TestServer.run(options: TestServer.permissive) { server async throws in
            let page = try await server.get("/base/iframe.html?t=1")
            #expect(page.status == 200)
            #expect(page.fields["content-type"] == "text/html; charset=UTF-8")
            #expect(page.fields["cache-control"] == "public, max-age=31536000")
            #expect(page.fields["last-modified"] == nil)
            #expect(page.fields["x-frame-options"] == nil)
            #expect(page.body.contains(#"<script src="/sockjs.min.js"></script>"#))
            let tag = try #require(page.fields["etag"])
            let again = try await server.get("/base/iframe-1.html", ["If-None-Match: \(tag)"])
            #expect(again.status == 304)
            #expect(again.fields["content-type"] == nil)
        }
    }

    // MARK: xhr

    @Test("Polls carry one frame each, sends are confirmed without one")
    func polling() async throws {
        try await TestServer.run(options: TestServer.permissive) { server async throws in
            let open = try await server.post("/base/000/i/xhr")
            #expect(open.body == "o\n")
            #expect(open.fields["content-type"] == "application/javascript; charset=UTF-8")
            #expect(open.fields["cache-control"] == Self.noCache)
            #expect(open.fields["x-accel-buffering"] == "no")
            #expect(open.fields["access-control-allow-origin"] == "*")
            let sent = try await server.post("/base/999/i/xhr_send", #"["a%","\ud83d\ude00"]"#, ["Content-Type: T"])
            #expect(sent.status == 204)
            #expect(sent.fields["content-type"] == "text/plain; charset=UTF-8")
            #expect(sent.fields["content-length"] == nil)
            var received = ""
            while received.count < #"a["a%"]"#.count {
                received += try await server.post("/base/111/i/xhr").body
                if received.contains("ude00") { break }
            }
            #expect(received.contains(#""a%""#))
            #expect(received.contains(#""\ud83d\ude00""#))
        }
    }

    @Test(
        "Broken sends are told why, and the session goes on",
        arguments: [
            ("", 500, "Payload expected."), (#"{"a":1}"#, 500, "Payload expected."), ("1", 500, "Payload expected."),
            (#"["x"#, 500, "Broken JSON encoding."), ("x", 500, "Broken JSON encoding."),
            ("[1]", 500, "Broken JSON encoding."),
            ("[]", 204, ""),
        ]
    )
    func brokenSends(body: String, status: Int, text: String) async throws {
        try await TestServer.run { server async throws in
            #expect(try await server.post("/base/0/i/xhr").body == "o\n")
            let answer = try await server.post("/base/0/i/xhr_send", body)
            #expect(answer.status == status)
            #expect(answer.body.trimming("\n") == text)
            #expect(try await server.post("/base/0/i/xhr_send", #"["on"]"#).status == 204)
            let next = try await server.post("/base/0/i/xhr").body
            #expect(next == "a[\"on\"]\n")
        }
    }

    @Test("A send to no session is not found, and one endpoint knows nothing of another's sessions")
    func unknownSession() async throws {
        try await TestServer.run { server async throws in
            #expect(try await server.post("/base/0/i/xhr_send", "[]").status == 404)
            #expect(try await server.post("/base/0/i/xhr").body == "o\n")
            #expect(try await server.post("/base/0/i/xhr_send", "[]").status == 204)
            #expect(try await server.post("/other/0/i/xhr_send", "[]").status == 404)
            #expect(try await server.post("/other/0/i/xhr").body == "o\n")
        }
    }

    @Test("A send is taken up to the body limit", arguments: [-1, 0, 1])
    func bodyLimit(over: Int) async throws {
        var options = SockJSOptions()
        options.bodyLimit = 1000
        try await TestServer.run(options: options) { server async throws in
            #expect(try await server.post("/base/0/i/xhr").body == "o\n")
            let body = "[\"" + String(repeating: "x", count: 996 + over) + "\"]"
            #expect(try await server.post("/base/0/i/xhr_send", body).status == (over > 0 ? 413 : 204))
        }
    }

    @Test("Refused sessions are logged once a second at most; every transport is answered 503")
    func refusalsAreLogged() async throws {
        var options = TestServer.permissive
        options.maximumSessions = 1
        let log = LogCapture()
        let time = Mutex(NIODeadline.uptimeNanoseconds(1))
        func lines() -> [LogCapture.Line] { log.lines.filter { $0.level == .warning } }
        try await TestServer.run(options: options, clock: { time.withLock { $0 } }, log: log) { server async throws in
            #expect(try await server.post("/base/0/1/xhr").status == 200)
            for path in ["xhr", "xhr_streaming"] {
                #expect(try await server.post("/base/0/2/\(path)").status == 503)
            }
            for path in ["eventsource", "htmlfile?c=a", "jsonp?c=a"] {
                #expect(try await server.get("/base/0/2/\(path)").status == 503)
            }
            #expect(lines().map(\.message) == ["a SockJS session is refused: there are maximumSessions"])
            #expect(lines().first?.metadata == ["holdfast.sessions": "1"])
            time.withLock { $0 = $0 + .milliseconds(999) }
            #expect(try await server.post("/base/0/2/xhr").status == 503)
            #expect(lines().count == 1)
            time.withLock { $0 = $0 + .milliseconds(1) }
            #expect(try await server.post("/base/0/2/xhr").status == 503)
            #expect(lines().count == 2)
        }
    }

    @Test("New sessions are refused beyond the most at once; those there go on", arguments: [1, 2])
    func maximumSessions(maximum: Int) async throws {
        var options = SockJSOptions()
        options.maximumSessions = maximum
        try await TestServer.run(options: options) { server async throws in
            for id in 1...maximum { #expect(try await server.post("/base/0/\(id)/xhr").status == 200) }
            #expect(try await server.post("/base/0/more/xhr").status == 503)
            #expect(try await server.post("/base/0/1/xhr_send", "[\"x\"]").status == 204)
            #expect(try await server.post("/base/0/1/xhr").body == "a[\"x\"]\n")
        }
    }

    @Test("A send waits while the application takes nothing, and order is kept")
    func backPressure() async throws {
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        let application: TestServer.Application = { connection in
            for await _ in gate {}
            try await TestServer.echo(connection)
        }
        var options = SockJSOptions()
        options.inbound = QueueLimits(messages: 2, bytes: 1000)
        try await TestServer.run(options: options, application: application) { server async throws in
            #expect(try await server.post("/base/0/i/xhr").body == "o\n")
            #expect(try await server.post("/base/0/i/xhr_send", #"["1"]"#).status == 204)
            #expect(try await server.post("/base/0/i/xhr_send", #"["2","3"]"#).status == 204)
            let waiting = try await server.connect()
            try await waiting.send("POST", "/base/0/i/xhr_send", body: #"["4"]"#)
            // Its client leaves before the application wants it: it is never delivered.
            let leaving = try await server.connect()
            try await leaving.send("POST", "/base/0/i/xhr_send", body: #"["5"]"#)
            try await leaving.reset()
            #expect(try await server.get("/base").status == 200)
            opener.finish()
            #expect(try await waiting.answer().status == 204)
            waiting.close()
            var received = ""
            while !received.contains("4") { received += try await server.post("/base/0/i/xhr").body }
            #expect(received.filter(\.isNumber) == "1234")
        }
    }

    // MARK: xhr_streaming

    @Test("A stream's prelude and frames are chunks of their own, and it ends at the limit")
    func streaming() async throws {
        var options = SockJSOptions()
        options.streamLimit = 20
        try await TestServer.run(options: options) { server async throws in
            let (client, head) = try await server.stream("POST", "/base/0/i/xhr_streaming")
            #expect(head.fields["transfer-encoding"] == "chunked")
            #expect(head.fields["content-length"] == nil)
            #expect(try await client.chunk() == String(repeating: "h", count: 2048) + "\n")
            #expect(try await client.chunk() == "o\n")
            #expect(try await server.post("/base/0/i/xhr_send", #"["a"]"#).status == 204)
            #expect(try await client.chunk() == "a[\"a\"]\n")
            #expect(try await server.post("/base/0/i/xhr_send", #"["0123456789"]"#).status == 204)
            #expect(try await client.chunk() == "a[\"0123456789\"]\n")
            #expect(try await client.chunk() == nil)
            // The connection goes on.
            try await client.send("POST", "/base/0/i/xhr_streaming", body: "")
            #expect(try await client.head().status == 200)
            client.close()
        }
    }

    @Test("An HTTP/1.0 stream is raw bytes until the connection closes")
    func http10() async throws {
        var options = SockJSOptions()
        options.streamLimit = 2
        try await TestServer.run(options: options) { server async throws in
            let answer = try await server.request("POST", "/base/0/i/xhr_streaming", body: "", version: "1.0")
            #expect(answer.fields["transfer-encoding"] == nil)
            #expect(answer.fields["content-length"] == nil)
            #expect(answer.body == String(repeating: "h", count: 2048) + "\no\n")
        }
    }

    @Test("A request with upgrade fields on another URL is an ordinary one")
    func upgradeElsewhere() async throws {
        try await TestServer.run { server async throws in
            let fields = ["Connection: Upgrade", "Upgrade: websocket"]
            #expect(try await server.post("/base/0/i/xhr", "", fields).body == "o\n")
            #expect(try await server.get("/base", fields).status == 200)
            #expect(try await server.get("/base/nothing", fields).status == 404)
        }
    }

    // MARK: One receiver

    @Test("A second receiver is refused and the first one goes on")
    func secondReceiver() async throws {
        try await TestServer.run(threads: 2) { server async throws in
            let (first, _) = try await server.stream("POST", "/base/0/i/xhr_streaming")
            _ = try await first.chunk()
            #expect(try await first.chunk() == "o\n")
            let refused = #"c[2010,"Another connection still open"]"#
            #expect(try await server.post("/base/0/i/xhr").body == refused + "\n")
            #expect(try await server.post("/base/0/i/xhr_send", #"["still"]"#).status == 204)
            #expect(try await first.chunk() == "a[\"still\"]\n")
            first.close()
        }
    }

    @Test("A receiver that is cut off ends the session at once, whichever loop sees the next request first")
    func abort() async throws {
        try await TestServer.run(threads: 4) { server async throws in
            for round in 0..<25 {
                let (stream, _) = try await server.stream("POST", "/base/0/\(round)/xhr_streaming")
                _ = try await stream.chunk()
                #expect(try await stream.chunk() == "o\n")
                try await stream.closeNow()
                let next = try await server.post("/base/0/\(round)/xhr").body
                #expect(next == "c[1002,\"Connection interrupted\"]\n")
                #expect(try await server.post("/base/0/\(round)/xhr_send", "[]").status == 404)
            }
            for connection in server.connections.all { #expect(await connection.closed().code == .abnormalClosure) }
        }
    }

    @Test("A poll that is given up ends the session, whichever loop sees the next request first")
    func abortOfPoll() async throws {
        try await TestServer.run(threads: 4) { server async throws in
            for round in 0..<25 {
                #expect(try await server.post("/base/0/\(round)/xhr").body == "o\n")
                let (poll, _) = try await server.stream("POST", "/base/0/\(round)/xhr")
                try await poll.closeNow()
                let next = try await server.post("/base/0/\(round)/xhr").body
                #expect(next == "c[1002,\"Connection interrupted\"]\n")
            }
            for connection in server.connections.all { #expect(await connection.closed().code == .abnormalClosure) }
        }
    }

    // MARK: Time

    @Test("A waiting stream gets heartbeats; a waiting poll ends with one")
    func heartbeats() async throws {
        let scheduler = ManualScheduler()
        try await TestServer.run(scheduler: scheduler) { server async throws in
            let (stream, _) = try await server.stream("POST", "/base/0/s/xhr_streaming")
            _ = try await stream.chunk()
            #expect(try await stream.chunk() == "o\n")
            for _ in 0..<3 {
                scheduler.advance(by: .seconds(25))
                #expect(try await stream.chunk() == "h\n")
            }
            stream.close()
        }
    }

    @Test("A session ends once nobody has received for the disconnect delay")
    func disconnectDelay() async throws {
        let scheduler = ManualScheduler()
        try await TestServer.run(scheduler: scheduler) { server async throws in
            #expect(try await server.post("/base/0/i/xhr").body == "o\n")
            let connection = try #require(server.connections.all.first)
            scheduler.advance(by: .seconds(5) - .milliseconds(1))
            #expect(connection.closeReason == nil)
            scheduler.advance(by: .milliseconds(1))
            #expect(await connection.closed().code == .abnormalClosure)
            #expect(try await server.post("/base/0/i/xhr_send", "[]").status == 404)
            #expect(try await server.post("/base/0/i/xhr").body == "o\n")
        }
    }

    // MARK: Closing

    @Test("What was accepted before the application closes is still delivered", arguments: [true, false])
    func closeBehindAccepted(isWaiting: Bool) async throws {
        let (gate, opener) = AsyncStream.makeStream(of: Void.self)
        let (received, note) = AsyncStream.makeStream(of: String.self)
        let application: TestServer.Application = { connection in
            if !isWaiting {
                for await _ in gate {}
                connection.close(.goAway, reason: "Go away!")
            }
            for try await message in connection.messages {
                note.yield(message.text)
                connection.close(.goAway, reason: "Go away!")
            }
            note.finish()
        }
        try await TestServer.run(application: application) { server async throws in
            #expect(try await server.post("/base/0/i/xhr").body == "o\n")
            #expect(try await server.post("/base/0/i/xhr_send", #"["1","2","3"]"#).status == 204)
            opener.finish()
            var texts: [String] = []
            for await text in received { texts.append(text) }
            #expect(texts == ["1", "2", "3"])
            #expect(try await server.post("/base/0/i/xhr").body == #"c[3000,"Go away!"]"# + "\n")
        }
    }

    @Test("A close is repeated over every transport")
    func close() async throws {
        let closes: TestServer.Application = { $0.close(.goAway, reason: "Go away!") }
        try await TestServer.run(options: TestServer.permissive, application: closes) { server async throws in
            let frame = #"c[3000,"Go away!"]"#
            #expect(try await server.post("/base/0/i/xhr").body == "o\n")
            for _ in 0..<2 { #expect(try await server.post("/base/0/i/xhr").body == frame + "\n") }
            #expect(try await server.post("/base/0/i/xhr_streaming").body.hasSuffix("h\n" + frame + "\n"))
            #expect(try await server.get("/base/0/i/eventsource").body == "\r\ndata: \(frame)\r\n\r\n")
            #expect(try await server.get("/base/0/i/jsonp?c=f").body == #"/**/f("c[3000,\"Go away!\"]");"# + "\r\n")
            let page = try await server.get("/base/0/i/htmlfile?c=f").body
            #expect(page.hasSuffix("<script>\np(\"c[3000,\\\"Go away!\\\"]\");\n</script>\r\n"))
            #expect(try await server.post("/base/0/i/xhr_send", #"["late"]"#).status == 204)
        }
    }

    @Test("At a shutdown every client is told to go away")
    func drain() async throws {
        try await TestServer.run { server async throws in
            let (stream, _) = try await server.stream("POST", "/base/0/i/xhr_streaming")
            _ = try await stream.chunk()
            #expect(try await stream.chunk() == "o\n")
            let socket = try await server.connect()
            #expect(try await socket.upgrade("/base/0/i/websocket").status == 101)
            #expect(try await socket.text() == "o")
            server.service.closeAll()
            #expect(try await stream.chunk() == "c[3000,\"Go away!\"]\n")
            #expect(try await stream.chunk() == nil)
            #expect(try await socket.text() == #"c[3000,"Go away!"]"#)
            #expect(try await socket.frame().opcode == 8)
            stream.close()
            socket.close()
        }
    }

    // MARK: eventsource, htmlfile, jsonp

    @Test("Events escape the percent signs that clients decode")
    func eventSource() async throws {
        try await TestServer.run { server async throws in
            let (stream, head) = try await server.stream("GET", "/base/0/i/eventsource")
            #expect(head.fields["content-type"] == "text/event-stream")
            #expect(head.fields["x-accel-buffering"] == "no")
            #expect(try await stream.chunk() == "\r\n")
            #expect(try await stream.chunk() == "data: o\r\n\r\n")
            #expect(try await server.post("/base/0/i/xhr_send", #"["100% %41\u0000\n"]"#).status == 204)
            #expect(try await stream.chunk() == "data: a[\"100%25 %2541\\u0000\\n\"]\r\n\r\n")
            stream.close()
        }
    }

    @Test("No message ends the script it is sent in")
    func htmlFile() async throws {
        try await TestServer.run(options: TestServer.permissive) { server async throws in
            let (stream, head) = try await server.stream("GET", "/base/0/i/htmlfile?c=%63b")
            #expect(head.fields["content-type"] == "text/html; charset=UTF-8")
            #expect(head.fields["x-content-type-options"] == "nosniff")
            #expect(head.fields["access-control-allow-origin"] == nil)
            let page = try #require(try await stream.chunk())
            #expect(page.contains("var c = parent.cb;"))
            #expect(page.utf8.count > 1024)
            #expect(try await stream.chunk() == "<script>\np(\"o\");\n</script>\r\n")
            #expect(try await server.post("/base/0/i/xhr_send", #"["</script><b>&"]"#).status == 204)
            #expect(
                try await stream.chunk()
                    == "<script>\np(\"a[\\\"\\u003c/script\\u003e\\u003cb\\u003e\\u0026\\\"]\");\n</script>\r\n"
            )
            stream.close()
        }
    }

    @Test(
        "A callback that is missing or could be more than a name is refused",
        arguments: [
            "/jsonp", "/htmlfile", "/jsonp?c=", "/jsonp?c=%20", "/htmlfile?c=a%3Cb", "/jsonp?c=abc(",
            "/htmlfile?callback=*",
        ]
    )
    func callbacks(path: String) async throws {
        try await TestServer.run(options: TestServer.permissive) { server async throws in
            let answer = try await server.get("/base/0/i" + path)
            #expect(answer.status == 500)
            let text = path.contains("?") ? #"invalid "callback" parameter"# : #""callback" parameter required"#
            #expect(answer.body.trimming("\n") == text)
            #expect(answer.fields["content-type"] == "text/plain; charset=UTF-8")
            #expect(server.connections.all.isEmpty)
        }
    }

    @Test("Scripts are polls, and forms send")
    func jsonp() async throws {
        try await TestServer.run(options: TestServer.permissive) { server async throws in
            let open = try await server.get("/base/0/i/jsonp?c=_jp.a")
            #expect(open.body == "/**/_jp.a(\"o\");\r\n")
            #expect(open.fields["content-type"] == "application/javascript; charset=UTF-8")
            #expect(open.fields["x-content-type-options"] == "nosniff")
            #expect(open.fields["access-control-allow-origin"] == nil)
            let form = ["Content-Type: application/x-www-form-urlencoded; charset=UTF-8"]
            let sent = try await server.post("/base/0/i/jsonp_send", "x=1&d=%5B%22a%2Bb+c%22%5D", form)
            #expect(sent.status == 200)
            #expect(sent.body == "ok")
            #expect(sent.fields["content-type"] == "text/plain; charset=UTF-8")
            #expect(try await server.get("/base/0/i/jsonp?callback=f").body == #"/**/f("a[\"a+b c\"]");"# + "\r\n")
            #expect(
                try await server.post("/base/0/i/jsonp_send", #"["%61<"]"#, ["Content-Type: text/plain"]).status == 200
            )
            #expect(try await server.get("/base/0/i/jsonp?c=f").body == #"/**/f("a[\"%61\u003c\"]");"# + "\r\n")
            for body in ["", "d=", "x=1"] {
                let answer = try await server.post("/base/0/i/jsonp_send", body, form)
                #expect(answer.status == 500)
                #expect(answer.body == "Payload expected.\n")
            }
            #expect(try await server.post("/base/0/i/jsonp_send", "d=%5B", form).body == "Broken JSON encoding.\n")
            #expect(try await server.post("/base/0/no/jsonp_send", "d=%5B%5D", form).status == 404)
        }
    }

    // MARK: Cookies

    @Test("The sticky cookie is on every URL of a session, and only there")
    func cookies() async throws {
        var options = TestServer.permissive
        options.cookieNeeded = true
        try await TestServer.run(options: options) { server async throws in
            #expect(try await server.get("/base/info").body.contains(#""cookie_needed":true"#))
            #expect(try await server.get("/base/info").fields["set-cookie"] == nil)
            #expect(try await server.get("/base/iframe.html").fields["set-cookie"] == nil)
            let cookie = ["Cookie: a=b; JSESSIONID=abcdef"]
            #expect(try await server.post("/base/0/i/xhr").fields["set-cookie"] == "JSESSIONID=dummy; path=/")
            #expect(
                try await server.post("/base/0/i/xhr_send", "[]", cookie).fields["set-cookie"]
                    == "JSESSIONID=abcdef; path=/"
            )
            #expect(
                try await server.post("/base/0/no/xhr_send", "[]", cookie).fields["set-cookie"]
                    == "JSESSIONID=abcdef; path=/"
            )
        }
    }
}

extension String {
    /// The text without one kind of character at its end.
    fileprivate func trimming(_ character: Character) -> String {
        var text = self
        while text.last == character { text.removeLast() }
        return text
    }
}
