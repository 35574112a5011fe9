// SPDX-License-Identifier: Apache-2.0
import HoldfastSockJS
import Testing

@Suite("Callback parameters and forms")
struct CallbackTests {
    @Test(
        "A callback is found under either name, and decoded",
        arguments: [
            "c=callback", "callback=callback", "t=1&c=callback", "c=%63allback", "c=callback&callback=other",
            "%63=callback",
        ]
    )
    func found(query: String) throws {
        #expect(try Callback.parse(query: query) == "callback")
    }

    @Test("No callback is told apart from a bad one")
    func missing() {
        #expect(throws: Callback.Failure.missing) { try Callback.parse(query: nil) }
        #expect(throws: Callback.Failure.missing) { try Callback.parse(query: "t=1&cc=2") }
        #expect(Callback.Failure.missing.message == #""callback" parameter required"#)
        #expect(Callback.Failure.invalid.message == #"invalid "callback" parameter"#)
    }

    @Test(
        "Anything but letters, digits, dot, dash and underscore is refused",
        arguments: [
            "c=", "c", "c=%20", "c=a+b", "c=*", "c=abc(", "c=abc%28", "c=%00", "c=%3Cscript%3E", "c=a%0d%0a", "c=%",
            "c=%e4", "c=a;b",
        ]
    )
    func invalid(query: String) {
        #expect(throws: Callback.Failure.invalid) { try Callback.parse(query: query) }
    }

    @Test("A callback has at most 32 characters", arguments: [31, 32, 33])
    func length(count: Int) {
        let name = String(repeating: "x", count: count)
        #expect((try? Callback.parse(query: "c=\(name)")) == (count <= 32 ? name : nil))
    }

    @Test("A form's field is decoded; broken escapes stay")
    func form() {
        #expect(QueryForm.first(of: ["d"], in: "d=%5B%22a+b%22%5D&x=1".utf8) == Array(#"["a b"]"#.utf8))
        #expect(QueryForm.first(of: ["d"], in: "x=1".utf8) == nil)
        #expect(QueryForm.first(of: ["d"], in: "d".utf8) == [])
        #expect(QueryForm.first(of: ["d"], in: "d=%zz%4".utf8) == Array("%zz%4".utf8))
    }
}
