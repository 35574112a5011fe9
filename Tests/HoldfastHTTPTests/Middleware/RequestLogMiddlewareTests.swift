// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Logging
import Synchronization
import TestSupport
import Testing

@testable import HoldfastHTTP

@Suite struct RequestLogMiddlewareTests {
    private struct Secret: Error { var password = "hunter2\nforged line" }

    private func router(_ log: RequestLogMiddleware = .requestLog) -> Router {
        let router = Router()
        router.use(log)
        router.get("/a/:id") { _, _ in "a" }
        router.get("/error") { _, _ -> String in throw HTTPError(.conflict, message: "taken") }
        router.get("/unknown") { _, _ -> String in throw Secret() }
        router.get("/gone") { _, _ -> String in throw CancellationError() }
        var secret = RouteOptions()
        secret.loggedPath = { path, rest in path.dropLast(rest.count) + "/" + LogText.redacted(rest.dropFirst()) }
        router.any("/chat/**", options: secret) { _, _ in "" }
        return router
    }

    @Test func `a request is one line with method, path without query, route, status and peer`() async throws {
        let capture = LogCapture()
        _ = try await router().respond(.get, "/a/7?token=secret", logger: capture.logger())
        let line = try #require(capture.lines.first)
        #expect(capture.lines.count == 1)
        #expect(line.level == .info)
        #expect(line.metadata["holdfast.method"] == "GET")
        #expect(line.metadata["holdfast.path"] == "/a/7")
        #expect(line.metadata["holdfast.route"] == "/a/:id")
        #expect(line.metadata["holdfast.status"] == "200")
        #expect(line.metadata["holdfast.remote"] == "192.0.2.1:5000")
        #expect(line.metadata.keys.allSatisfy { $0.hasPrefix("holdfast.") })
    }

    @Test func `the duration is that of the injected clock`() async throws {
        let capture = LogCapture()
        let start = ContinuousClock.now
        let times = Mutex([start, start + .microseconds(1_234_567)])
        let log = RequestLogMiddleware(level: .notice) { times.withLock { $0.removeFirst() } }
        _ = try await router(log).respond(.get, "/a/7", logger: capture.logger())
        #expect(capture.lines.map(\.level) == [.notice])
        #expect(capture.lines.first?.metadata["holdfast.duration_ms"] == "1234.567")
    }

    @Test(arguments: [
        (Duration.zero, "0.000"), (.microseconds(1), "0.001"), (.microseconds(999), "0.999"),
        (.milliseconds(1), "1.000"),
        (.nanoseconds(1_234_999), "1.234"), (.seconds(61), "61000.000"), (.milliseconds(-5), "0.000"),
        (.seconds(Int64.max), "9223372036854775807"),
    ])
    func `durations are written as milliseconds`(duration: Duration, text: String) {
        #expect(RequestLogMiddleware.milliseconds(duration) == text)
    }

    @Test func `below the logger's level nothing is written`() async throws {
        let capture = LogCapture()
        let response = try await router().respond(.get, "/a/7", logger: capture.logger(level: .notice))
        #expect(response.status == .ok)
        #expect(capture.lines.isEmpty)
    }

    @Test(arguments: [("/error", "409"), ("/nowhere", "404"), ("/a/%FF", "400"), ("/gone", "cancelled")])
    func `a failed request is logged with its status`(path: String, status: String) async throws {
        let capture = LogCapture()
        _ = try await router().respond(.get, path, logger: capture.logger())
        #expect(capture.lines.map { $0.metadata["holdfast.status"] } == [status])
    }

    @Test func `an unknown error is a number to the client and the whole in the log`() async throws {
        let capture = LogCapture()
        let response = try await router().respond(.get, "/unknown", logger: capture.logger())
        #expect(response.status == .internalServerError)
        let lines = capture.lines
        #expect(lines.map(\.level) == [.error, .info])
        let number = try #require(lines.first?.metadata["holdfast.error.number"])
        #expect(response.bodyText == "internal error \(number)")
        let text = try #require(lines.first?.metadata["holdfast.error"])
        #expect(text.contains("hunter2") && !text.contains("\n"))
        #expect(lines.last?.metadata["holdfast.status"] == "500")
    }

    @Test func `a route's own view of its path is what is logged`() async throws {
        let capture = LogCapture()
        _ = try await router().respond(.post, "/chat/123/abcdefgh/xhr", logger: capture.logger())
        #expect(capture.lines.map { $0.metadata["holdfast.path"] } == ["/chat/123/ab…"])
    }

    @Test(arguments: [
        ("plain ä 😀", "plain ä 😀"), ("a\nb", "a\\u{a}b"), ("\r\u{0}\u{1b}[31m", "\\u{d}\\u{0}\\u{1b}[31m"),
        ("\u{85}\u{2028}\u{202E}", "\\u{85}\\u{2028}\\u{202e}"), ("\r\n", "\\u{d}\\u{a}"), ("", ""),
    ])
    func `nothing in a logged text ends the line or steers a terminal`(text: String, escaped: String) {
        #expect(LogText.escaped(text) == escaped)
    }

    @Test(arguments: [(1023, 1023), (1024, 1024), (1025, 1027)])
    func `a long path is cut`(length: Int, logged: Int) throws {
        let path = "/" + String(repeating: "a", count: length - 1)
        let request = try makeRequest(.get, path)
        #expect(LogText.path(request, makeContext()).utf8.count == logged)
    }

    @Test func `a secret shows its first six characters, a short one none`() {
        #expect(LogText.redacted("abcdefgh") == "abcdef…")
        #expect(LogText.redacted("abcdef") == "…")
    }
}
