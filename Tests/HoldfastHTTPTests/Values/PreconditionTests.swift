// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Testing

@testable import HoldfastHTTP

/// RFC 9110 §13.2.2, on a resource with the tag "a" that was last modified at 784111777.
@Suite struct PreconditionTests {
    private static let before = "Sun, 06 Nov 1994 08:49:36 GMT"
    private static let same = "Sun, 06 Nov 1994 08:49:37 GMT"
    private static let after = "Sun, 06 Nov 1994 08:49:38 GMT"

    private func outcome(_ method: HTTPRequest.Method, _ fields: [(String, String)], weak: Bool = false) throws -> Int?
    {
        let request = try makeRequest(method, method == .connect ? "a:1" : "/", fields)
        return request.precondition(tag: EntityTag("a", isWeak: weak), modified: 784_111_777)?.code
    }

    @Test(
        arguments: [
            ([], nil, nil),
            ([("If-Match", #""a""#)], nil, nil),
            ([("If-Match", #""b", "a""#)], nil, nil),
            ([("If-Match", #""b""#), ("If-Match", #""a""#)], nil, nil),
            ([("If-Match", "*")], nil, nil),
            ([("If-Match", #""b""#)], 412, 412),
            ([("If-Match", #"W/"a""#)], 412, 412),
            ([("If-Match", "")], 412, 412),
            ([("If-Match", "a")], 412, 412),
            ([("If-Unmodified-Since", before)], 412, 412),
            ([("If-Unmodified-Since", same)], nil, nil),
            ([("If-Unmodified-Since", after)], nil, nil),
            ([("If-Unmodified-Since", "yesterday")], nil, nil),
            ([("If-Unmodified-Since", before), ("If-Unmodified-Since", before)], nil, nil),
            ([("If-None-Match", #""a""#)], 304, 412),
            ([("If-None-Match", #"W/"a""#)], 304, 412),
            ([("If-None-Match", #""b", W/"a""#)], 304, 412),
            ([("If-None-Match", "*")], 304, 412),
            ([("If-None-Match", #""b""#)], nil, nil),
            ([("If-None-Match", "a")], nil, nil),
            ([("If-Modified-Since", before)], nil, nil),
            ([("If-Modified-Since", same)], 304, nil),
            ([("If-Modified-Since", after)], 304, nil),
            ([("If-Modified-Since", "784111777")], nil, nil),
            ([("If-Modified-Since", after), ("If-Modified-Since", after)], nil, nil),
            // The first condition that is there decides, and tags outweigh dates.
            ([("If-Match", #""a""#), ("If-Unmodified-Since", before)], nil, nil),
            ([("If-Match", #""b""#), ("If-Unmodified-Since", after)], 412, 412),
            ([("If-None-Match", #""b""#), ("If-Modified-Since", after)], nil, nil),
            ([("If-None-Match", #""a""#), ("If-Modified-Since", before)], 304, 412),
            ([("If-Match", #""b""#), ("If-None-Match", #""a""#)], 412, 412),
            ([("If-Match", #""a""#), ("If-None-Match", #""a""#)], 304, 412),
            ([("If-Unmodified-Since", before), ("If-None-Match", #""a""#)], 412, 412),
            ([("If-Unmodified-Since", after), ("If-Modified-Since", after)], 304, nil),
        ] as [([(String, String)], Int?, Int?)]
    )
    func `conditions are judged in the order of the standard`(fields: [(String, String)], read: Int?, write: Int?)
        throws
    {
        #expect(try outcome(.get, fields) == read)
        #expect(try outcome(.head, fields) == read)
        #expect(try outcome(.put, fields) == write)
        #expect(try outcome(.post, fields) == write)
        for method in [HTTPRequest.Method.options, .trace, .connect] { #expect(try outcome(method, fields) == nil) }
    }

    @Test func `a weak tag is good enough for a copy, not for a condition on the very bytes`() throws {
        #expect(try outcome(.get, [("If-None-Match", #"W/"a""#)], weak: true) == 304)
        #expect(try outcome(.get, [("If-None-Match", #""a""#)], weak: true) == 304)
        #expect(try outcome(.get, [("If-Match", #"W/"a""#)], weak: true) == 412)
        #expect(try outcome(.get, [("If-Match", #""a""#)], weak: true) == 412)
    }

    @Test func `dates mean nothing where none is known`() throws {
        let request = try makeRequest(
            .get,
            "/",
            [("If-Modified-Since", Self.after), ("If-Unmodified-Since", Self.before)]
        )
        #expect(request.precondition(tag: EntityTag("a")) == nil)
    }
}
