// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import HoldfastHTTP

@Suite struct EntityTagTests {
    @Test(arguments: [
        (#""a""#, [#""a""#]), (#"W/"a""#, [#"W/"a""#]), (#""a","b""#, [#""a""#, #""b""#]),
        (" \"a\" ,\tW/\"b\" ,, \"c\" ", [#""a""#, #"W/"b""#, #""c""#]), (#""""#, [#""""#]),
        (#""a,b", "c""#, [#""a,b""#, #""c""#]), (#""a\", "b""#, [#""a\""#, #""b""#]),
        ("\"caf\u{E9}\"", ["\"caf\u{E9}\""]),
    ])
    func `a list has its tags`(text: String, tags: [String]) {
        #expect(EntityTag.list(text).map(\.description) == tags)
    }

    @Test(arguments: [
        "", ",", "a", "*", #"a""#, #""a"b"#, #"w/"a""#, #"W/ "a""#, #"W/a"#, #""a b""#, "\"a\u{7F}\"",
    ])
    func `what is no tag is passed over, and no other with it`(text: String) {
        #expect(EntityTag.list(text).isEmpty)
        #expect(EntityTag.list(text + #", "x""#).last == EntityTag("x"))
        #expect(EntityTag.list(#""x","# + text).first == EntityTag("x"))
    }

    @Test func `a tag without an end is none`() {
        #expect(EntityTag.list(#""a"#).isEmpty)
        #expect(EntityTag.list(#""x", "a"#) == [EntityTag("x")])
        #expect(EntityTag.list("W/").isEmpty)
    }

    @Test func `weak tags are never the same for sure`() {
        let strong = EntityTag("a")
        let weak = EntityTag("a", isWeak: true)
        #expect(strong.isStrongly(strong) && strong.isWeakly(strong))
        #expect(!strong.isStrongly(weak) && strong.isWeakly(weak))
        #expect(!weak.isStrongly(strong) && weak.isWeakly(strong))
        #expect(!weak.isStrongly(weak) && weak.isWeakly(weak))
        #expect(!strong.isStrongly(EntityTag("b")) && !strong.isWeakly(EntityTag("b")))
    }
}
