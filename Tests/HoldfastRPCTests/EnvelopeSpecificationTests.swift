// SPDX-License-Identifier: Apache-2.0
import HoldfastTransport
import NIOCore
import Testing

@testable import HoldfastRPC

/// The examples of JSON-RPC 2.0 §7, at the level of the envelope.
@Suite("JSON-RPC 2.0 §7")
struct EnvelopeSpecificationTests {
    @Test("Calls with positional and named parameters")
    func calls() {
        for (text, summary) in [
            (
                #"{"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1}"#,
                "request 1 subtract [42, 23] -"
            ),
            (
                #"{"jsonrpc": "2.0", "method": "subtract", "params": [23, 42], "id": 2}"#,
                "request 2 subtract [23, 42] -"
            ),
            (
                #"{"jsonrpc": "2.0", "method": "subtract", "params": {"subtrahend": 23, "minuend": 42}, "id": 3}"#,
                #"request 3 subtract {"subtrahend": 23, "minuend": 42} -"#
            ),
            (
                #"{"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 42, "subtrahend": 23}, "id": 4}"#,
                #"request 4 subtract {"minuend": 42, "subtrahend": 23} -"#
            ),
            (#"{"jsonrpc": "2.0", "method": "foobar", "id": "1"}"#, #"request "1" foobar - -"#),
        ] {
            #expect(scan(text).summary == summary)
        }
    }

    @Test("Notifications")
    func notifications() {
        #expect(
            scan(#"{"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]}"#).summary
                == "notification update [1,2,3,4,5] -"
        )
        #expect(scan(#"{"jsonrpc": "2.0", "method": "foobar"}"#).summary == "notification foobar - -")
    }

    @Test("Answers")
    func answers() {
        #expect(scan(#"{"jsonrpc": "2.0", "result": 19, "id": 1}"#).summary == "result 1 19 -")
        let error = #"{"code": -32601, "message": "Method not found"}"#
        #expect(scan(#"{"jsonrpc": "2.0", "error": \#(error), "id": "1"}"#).summary == #"error "1" \#(error) -"#)
        #expect(scan(#"{"jsonrpc": "2.0", "error": \#(error), "id": null}"#).summary == "error - \(error) -")
    }

    @Test("Invalid JSON and invalid requests")
    func invalid() {
        for (text, summary) in [
            (#"{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]"#, "invalid -32700 null"),
            (#"{"jsonrpc": "2.0", "method": 1, "params": "bar"}"#, "invalid -32600 null"),
            (
                #"[ {"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"}, {"jsonrpc": "2.0", "method" ]"#,
                "invalid -32700 null"
            ),
            ("[]", "invalid -32600 null"), ("[1]", "[invalid -32600 null]"),
            ("[1,2,3]", "[invalid -32600 null; invalid -32600 null; invalid -32600 null]"),
        ] {
            #expect(scan(text).summary == summary)
        }
    }

    @Test("A mixed batch, and one of notifications only")
    func batches() {
        let mixed = #"""
            [
              {"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
              {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]},
              {"jsonrpc": "2.0", "method": "subtract", "params": [42,23], "id": "2"},
              {"foo": "boo"},
              {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
              {"jsonrpc": "2.0", "method": "get_data", "id": "9"}
            ]
            """#
        #expect(
            scan(mixed).batch?.map(\.summary) == [
                #"request "1" sum [1,2,4] -"#, "notification notify_hello [7] -", #"request "2" subtract [42,23] -"#,
                "invalid -32600 null", #"request "5" foo.get {"name": "myself"} -"#, #"request "9" get_data - -"#,
            ]
        )
        let silent = #"""
            [
              {"jsonrpc": "2.0", "method": "notify_sum", "params": [1,2,4]},
              {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]}
            ]
            """#
        #expect(scan(silent).summary == "[notification notify_sum [1,2,4] -; notification notify_hello [7] -]")
    }
}
