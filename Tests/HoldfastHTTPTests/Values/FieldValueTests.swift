// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Testing

@testable import HoldfastHTTP

@Suite struct FieldValueTests {
    @Test(arguments: [
        ("", []), (",", []), ("a", ["a"]), ("a,b", ["a", "b"]), (" a ,\t, b ", ["a", "b"]),
        ("\"a,b\",c", ["\"a,b\"", "c"]),
        ("\"a\\\",b\", c", ["\"a\\\",b\"", "c"]), ("\"a,b", ["\"a,b"]), ("a;q=\"x,y\" , b", ["a;q=\"x,y\"", "b"]),
    ])
    func `a list has its elements`(text: String, elements: [String]) {
        #expect(FieldList.elements(text).map(String.init) == elements)
    }

    @Test func `a token is found in any case and whole`() {
        #expect(FieldList.contains("keep-alive, UPGRADE", "Upgrade"))
        #expect(!FieldList.contains("upgraded, up", "upgrade"))
        #expect(!FieldList.contains("\"x, upgrade\"", "upgrade"))
        #expect(!FieldList.contains("", "upgrade"))
    }

    @Test(arguments: [
        ("text/html", "text", "html", nil), ("Text/HTML ; Charset=UTF-8", "text", "html", "utf-8"),
        ("a/b;charset=\"utf\\-8\"", "a", "b", "utf-8"), ("a/b;x=\"; charset=no\";charset=yes", "a", "b", "yes"),
        ("a/b;", "a", "b", nil), ("a/b;;charset=1;charset=2", "a", "b", "1"), ("a/b+json", "a", "b+json", nil),
    ])
    func `a media type is parsed`(text: String, type: String, subtype: String, charset: String?) throws {
        let media = try #require(MediaType(text))
        #expect(media.type == type && media.subtype == subtype && media.charset == charset)
    }

    @Test(arguments: [
        "", "text", "text/", "/html", "a/b/c", "a b/c", "a/b; charset", "a/b; charset=", "a/b; =x", "a/b; charset=\"x",
        "a/b; charset=\"a\"b\"", "a/b; charset=a b", "a/b, c/d", "é/b", "a/b; c=\"\\\"",
    ])
    func `what is no media type is none`(text: String) {
        #expect(MediaType(text) == nil)
    }

    @Test func `media types match without their parameters`() throws {
        let json = try #require(MediaType("application/JSON; charset=utf-8"))
        #expect(json.matches(.json) && json.isJSON && !json.matches(.form))
        #expect(json.description == "application/json; charset=utf-8")
        #expect(MediaType("application/problem+json")?.isJSON == true)
        #expect(MediaType("application/jsonx")?.isJSON == false)
        #expect(MediaType("text/json")?.isJSON == false)
    }

    @Test(arguments: [
        ("abc", "abc"), ("a%20b", "a b"), ("%41%42", "AB"), ("a+b", "a+b"), ("%e2%82%ac", "€"), ("€", "€"), ("", ""),
        ("%2", nil),
        ("%", nil), ("%GG", nil), ("%00", nil), ("\0", nil), ("%80", nil), ("%F4%90%80%80", nil), ("%25%30%30", "%00"),
    ])
    func `percent-decoding is strict and happens once`(text: String, decoded: String?) {
        #expect(PercentDecoding.decode(text) == decoded)
    }
}
