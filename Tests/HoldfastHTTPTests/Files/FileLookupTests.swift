// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import HoldfastHTTP

@Suite struct FileLookupTests {
    @Test(arguments: [
        ("", []), ("/", []), ("/a", ["a"]), ("/a/", ["a"]), ("/a/b.txt", ["a", "b.txt"]), ("/a%20b", ["a b"]),
        ("/%61", ["a"]), ("/a..b", ["a..b"]), ("/a\\b", ["a\\b"]), ("/caf%C3%A9", ["café"]),
    ])
    func `a path has its names`(rest: String, names: [String]) {
        #expect(FileLookup.names(rest) == names)
    }

    @Test(arguments: [
        "//", "//a", "/a//b", "/a//", "/.", "/..", "/a/..", "/.a", "/%2e%2e", "/%2E", "/a%2fb", "/%2f", "/a%00", "/%ff",
        "/%",
        "/%zz",
    ])
    func `a path that could lead elsewhere than it says has none`(rest: String) {
        #expect(FileLookup.names(rest) == nil)
    }

    @Test(
        arguments: [
            ("/a", nil, "./a/"), ("/x/a", "b=c&d", "./a/?b=c&d"), ("/a", "", "./a/?"), ("/x/a%20b", nil, "./a%20b/"),
            ("//evil", nil, "./evil/"), ("/\\evil", nil, "./\\evil/"), ("/http:evil", nil, "./http:evil/"),
        ] as [(String, String?, String)]
    )
    func `a folder's slash is added within the folder`(path: String, query: String?, location: String) {
        #expect(FileLookup.withSlash(path, query) == location)
    }
}
