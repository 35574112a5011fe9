// SPDX-License-Identifier: Apache-2.0
import HoldfastTransport
import Testing

@testable import HoldfastCLI

/// What a peer says must not drive the terminal or break lines.
@Suite struct SafeTextTests {
    @Test(arguments: [
        ("plain ü 😀\nnext", "plain ü 😀\nnext"), ("\u{1B}[31mred", "\\u{1B}[31mred"), ("a\rb\u{7F}", "a\\u{D}b\\u{7F}"),
        ("\u{9B}2J", "\\u{9B}2J"), ("\r\n", "\\u{D}\n"),
    ])
    func `Control characters are shown, not sent`(text: String, expected: String) {
        #expect(text.printable == expected)
    }

    @Test(arguments: [
        (#"{"a": 1.0, "b": "ü\n"}"#, #"{"a": 1.0, "b": "ü\n"}"#), ("{\r\n\t\"a\": 1\n}", #"{   "a": 1 }"#),
        ("\"\u{9B}2J\u{7F}\"", #""\u009b2J\u007f""#),
    ])
    func `A value is printed on one line and means the same`(text: String, expected: String) throws {
        let json = try JSON(parsing: text)
        #expect(json.line == expected)
        #expect(try JSON(parsing: json.line).string == json.string)
    }
}
