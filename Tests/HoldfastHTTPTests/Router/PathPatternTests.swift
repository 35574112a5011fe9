// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import HoldfastHTTP

@Suite struct PathPatternTests {
    @Test(arguments: [
        ("/", "/"), ("", "/"), ("/a", "/a"), ("a", "/a"), ("/a/", "/a"), ("/a/:id/*/**", "/a/:id/*/**"), ("/**", "/**"),
        ("**", "/**"), ("/café", "/café"), ("/100%", "/100%"), ("/a.b-c_d~e", "/a.b-c_d~e"), ("/:a-b_1", "/:a-b_1"),
    ])
    func `a valid pattern reads as it was written`(text: String, description: String) throws {
        #expect(try PathPattern(text).description == description)
    }

    @Test(arguments: [
        ("//", "empty"), ("//a", "empty"), ("/a//b", "empty"), ("/a//", "empty"), ("/**/a", "last"), ("/**/**", "last"),
        ("/:", "not a parameter"), ("/:a.b", "not a parameter"), ("/:é", "not a parameter"), ("/a*", "mixes"),
        ("/***", "mixes"), ("/:a*", "not a parameter"), ("/a?b", "no path has"), ("/a#b", "no path has"),
        ("/a\nb", "no path has"), ("/a%20b", "percent-encoded"), ("/:id/x/:id", "twice"),
    ])
    func `an invalid pattern is refused with the reason`(text: String, reason: String) throws {
        let error = try #require(throws: PathPatternError.self) { try PathPattern(text) }
        #expect(error.description.contains("“\(text)”"))
        #expect(error.reason.contains(reason))
    }

    @Test func `a pattern below a prefix has the segments of both`() throws {
        let joined = try PathPattern("/a/:b").appending(PathPattern("/c/**"))
        #expect(joined.description == "/a/:b/c/**")
        #expect(joined.parameterNames == ["b"])
    }

    @Test func `nothing goes below a rest, and no name comes twice`() throws {
        #expect(throws: PathPatternError.self) { try PathPattern("/a/**").appending(.root) }
        #expect(throws: PathPatternError.self) { try PathPattern("/:a").appending(PathPattern("/:a")) }
    }
}
