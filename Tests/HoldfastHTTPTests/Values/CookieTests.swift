// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Testing

@testable import HoldfastHTTP

@Suite struct CookieTests {
    // MARK: Requests

    @Test(arguments: [
        ([], []), (["a=1"], ["a=1"]), (["a=1; b=2"], ["a=1", "b=2"]), (["a=1;b=2 ;"], ["a=1", "b=2"]),
        (["a=1", "b=2"], ["a=1", "b=2"]), (["a=b=c"], ["a=b=c"]), (["a="], ["a="]), (["a"], []), (["=a"], []),
        (["a=\"x y\""], ["a=x y"]), (["a=\""], ["a=\""]), (["; ;a=1"], ["a=1"]), (["a=1; a=2"], ["a=1", "a=2"]),
        (["\t a = 1 "], ["a=1"]), (["a=1,b=2"], ["a=1,b=2"]),
    ])
    func `cookies are read as browsers send them`(fields: [String], expected: [String]) {
        #expect(Cookies(fields).all.map { "\($0.name)=\($0.value)" } == expected)
    }

    @Test func `a request's cookies come from all its lines, the first of a name counts`() throws {
        let request = try makeRequest(.get, "/", [("Cookie", "a=1; b=2"), ("cookie", "a=3")])
        #expect(request.cookies["a"] == "1")
        #expect(request.cookies["b"] == "2")
        #expect(request.cookies["c"] == nil)
    }

    // MARK: Responses

    @Test func `a cookie is safe unless told otherwise`() throws {
        #expect(try SetCookie("id", "abc").fieldValue == "id=abc; Path=/; Secure; HttpOnly; SameSite=Lax")
        let cookie = try SetCookie(
            "id",
            "",
            maxAge: .seconds(-5),
            path: "/a b",
            domain: "example.com",
            secure: false,
            httpOnly: false,
            sameSite: .strict
        )
        #expect(cookie.fieldValue == "id=; Max-Age=0; Domain=example.com; Path=/a b; SameSite=Strict")
    }

    @Test(arguments: [
        "\r\nSet-Cookie: evil=1", "a\nb", "a\rb", "a\0b", "a;b", "a b", "a,b", "a\"b", "a\\b", "é", "a\u{7f}",
    ])
    func `nothing in a cookie can end it or the line`(text: String) throws {
        #expect(throws: SetCookie.Invalid.self) { try SetCookie("name", text) }
        #expect(throws: SetCookie.Invalid.self) { try SetCookie("name\(text)", "value") }
        #expect(throws: SetCookie.Invalid.self) { try SetCookie("name", "value", domain: "d\(text)") }
        if text.contains(where: { ";\r\n\0\u{7f}é".contains($0) }) || text.hasPrefix("\r\n") {
            #expect(throws: SetCookie.Invalid.self) { try SetCookie("name", "value", path: "/\(text)") }
        }
    }

    @Test func `what browsers would refuse is refused`() throws {
        #expect(throws: SetCookie.Invalid.self) { try SetCookie("", "a") }
        #expect(throws: SetCookie.Invalid.self) { try SetCookie("a=b", "a") }
        #expect(throws: SetCookie.Invalid.self) { try SetCookie("a", "a", path: "relative") }
        #expect(throws: SetCookie.Invalid.self) { try SetCookie("a", "a", domain: "") }
        #expect(throws: SetCookie.Invalid.self) { try SetCookie("a", "a", secure: false, sameSite: .none) }
        #expect(throws: SetCookie.Invalid.self) { try SetCookie("__Secure-a", "a", secure: false) }
        #expect(throws: SetCookie.Invalid.self) { try SetCookie("__Host-a", "a", secure: false) }
        #expect(throws: SetCookie.Invalid.self) { try SetCookie("__HOST-a", "a", path: "/x") }
        #expect(throws: SetCookie.Invalid.self) { try SetCookie("__Host-a", "a", domain: "example.com") }
        #expect(try SetCookie("__Host-a", "a").fieldValue.hasPrefix("__Host-a=a; Path=/; Secure"))
        #expect(try SetCookie("a", "a", sameSite: .none).fieldValue.hasSuffix("Secure; HttpOnly; SameSite=None"))
    }

    @Test func `each cookie of a response is a line of its own`() throws {
        var response = Response()
        response.setCookie(try SetCookie("a", "1"))
        response.setCookie(try SetCookie("b", "2"))
        #expect(response.fields[values: .setCookie].count == 2)
    }

    @Test(arguments: ["\r\nSet-Cookie: evil=1", "/a\r\n\r\n<script>", "/a\nb", "/a\0b"])
    func `a redirect's target cannot end its line`(target: String) {
        let value = Response.redirect(to: target).fields[.location] ?? ""
        #expect(!value.utf8.contains { $0 == 0x0D || $0 == 0x0A || $0 == 0 })
    }
}
