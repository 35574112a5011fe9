// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HoldfastHTTP
import HoldfastSockJS
import Testing

@Suite("Paths below a SockJS endpoint")
struct SockJSPathTests {
    @Test("The base, with or without a slash, is the greeting", arguments: ["", "/"])
    func greeting(path: String) {
        #expect(SockJSPath(rest: path) == .greeting)
    }

    @Test("More slashes than one are nothing", arguments: ["//", "///", "/info//", "/a/b/xhr//", "a"])
    func slashes(path: String) {
        #expect(SockJSPath(rest: path) == nil)
    }

    @Test("Fixed paths are found, with one slash after them or none")
    func fixed() {
        #expect(SockJSPath(rest: "/info") == .info)
        #expect(SockJSPath(rest: "/info/") == .info)
        #expect(SockJSPath(rest: "/websocket") == .rawWebSocket)
        #expect(SockJSPath(rest: "/websocket/") == .rawWebSocket)
        #expect(SockJSPath(rest: "/INFO") == nil)
        #expect(SockJSPath(rest: "/xhr") == nil)
    }

    @Test(
        "Names of the frame's page",
        arguments: [
            "/iframe.html", "/iframe-a.html", "/iframe-.html", "/iframe-0.1.2.html", "/iframe-0.1.2abc-dirty_2.html",
        ]
    )
    func iframe(path: String) {
        #expect(SockJSPath(rest: path) == .iframe)
    }

    @Test(
        "Names that are not the frame's page",
        arguments: [
            "/iframe.htm", "/iframe", "/IFRAME.HTML", "/IFRAME", "/iframe.HTML", "/iframe.xml", "/iframe-/.html",
            "/iframe%20.html",
        ]
    )
    func noIframe(path: String) {
        #expect(SockJSPath(rest: path) == nil)
    }

    @Test("Every endpoint of a session has its name")
    func endpoints() {
        let endpoints: [(String, SessionEndpoint)] = [
            ("websocket", .webSocket),
            ("xhr", .receiving(.xhr)),
            ("xhr_streaming", .receiving(.xhrStreaming)),
            ("eventsource", .receiving(.eventSource)),
            ("htmlfile", .receiving(.htmlFile)),
            ("jsonp", .receiving(.jsonp)),
            ("xhr_send", .sending(.xhr)),
            ("jsonp_send", .sending(.jsonp)),
        ]
        for (name, endpoint) in endpoints {
            #expect(SockJSPath(rest: "/000/abc/\(name)") == .session(id: "abc", endpoint))
            #expect(SockJSPath(rest: "/000/abc/\(name)/") == .session(id: "abc", endpoint))
            #expect(SockJSPath(rest: "/000/abc/\(name);x") == nil)
            #expect(SockJSPath(rest: "/000/abc/\(name.uppercased())") == nil)
        }
    }

    @Test("The server's name does not name the session")
    func serverName() {
        #expect(SockJSPath(rest: "/000/x/xhr") == SockJSPath(rest: "/999/x/xhr"))
    }

    @Test(
        "Names may hold anything but a dot or a slash",
        arguments: ["_", "1", "a-b_c", "abc%20def", "abc__", "%", "ü", "a;b"]
    )
    func goodNames(name: String) {
        #expect(SockJSPath(rest: "/\(name)/\(name)/xhr") == .session(id: name, .receiving(.xhr)))
    }

    @Test(
        "Bad numbers of segments, empty ones and dots are nothing",
        arguments: [
            "//xhr", "///xhr", "/a./a/xhr", "/a/a./xhr", "/./xhr", "/././xhr", "/../a/xhr", "/a//xhr", "//a/xhr",
            "/a/xhr", "/a/a/a/xhr",
            "/a/a/xhr/a", "/a/a/", "/a/a", "/a%2eb/a/xhr", "/a/a%2Eb/xhr", "/a%2fb/a/xhr", "/a/a%2Fb/xhr",
        ]
    )
    func badNames(path: String) {
        #expect(SockJSPath(rest: path) == nil)
    }

    @Test("Names are at most 128 bytes long", arguments: [127, 128, 129])
    func longNames(length: Int) {
        let name = String(repeating: "n", count: length)
        let expected: SockJSPath? = length <= 128 ? .session(id: name, .receiving(.xhr)) : nil
        #expect(SockJSPath(rest: "/s/\(name)/xhr") == expected)
        #expect((SockJSPath(rest: "/\(name)/s/xhr") != nil) == (length <= 128))
    }

    @Test("No log shows a session's id")
    func redaction() {
        #expect(SockJSPath.redacted("/base/000/secret/xhr", rest: "/000/secret/xhr") == "/base/000/…/xhr")
        #expect(
            SockJSPath.redacted("/a/b/000/secret/nothing/more", rest: "/000/secret/nothing/more")
                == "/a/b/000/…/nothing/more"
        )
        #expect(SockJSPath.redacted("/base/info", rest: "/info") == "/base/info")
    }

    @Test("Nor does it below a group's prefix")
    func redactionInGroups() throws {
        let router = Router()
        router.group("/group/:room") { $0.sockJS("/base", SockJSService { _, _ in }) }
        let path = "/group/7/base/000/secret/xhr"
        let resolution = try router.freeze().resolve(method: .post, path: path)
        let logged = resolution.route.options.loggedPath?(path, resolution.parameters.rest)
        #expect(logged == "/group/7/base/000/…/xhr")
    }
}
