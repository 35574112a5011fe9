// SPDX-License-Identifier: Apache-2.0
import HoldfastRPC
import HoldfastTransport
import Testing

@testable import HoldfastCLI

@Suite struct AnswerScriptTests {
    private func script(_ text: String) throws -> AnswerScript {
        try AnswerScript(try JSON(parsing: text))
    }

    @Test func `One answer is given for ever`() throws {
        var script = try script(#"{"a": {"result": {"x": 1.0}}, "b": {"result": null}}"#)
        for _ in 0..<3 { #expect(script.next(for: "a") == .result(try JSON(parsing: #"{"x": 1.0}"#))) }
        #expect(script.next(for: "b") == .result(.null))
    }

    @Test func `Several answers are given one after the other, the last for ever`() throws {
        var script = try script(
            #"{"a": [{"result": 1}, {"error": {"code": 7, "message": "no", "data": [2]}}], "b": {"result": "b"}}"#
        )
        #expect(script.next(for: "a") == .result(1))
        #expect(script.next(for: "b") == .result("b"))
        for _ in 0..<2 { #expect(script.next(for: "a") == .error(RPCError(code: 7, message: "no", data: [2]))) }
    }

    @Test func `What the script does not know has no answer`() throws {
        var script = try script("{}")
        #expect(script.next(for: "a") == nil)
    }

    @Test(arguments: [
        ("[]", "the script must be an object that maps methods to answers"),
        (#"{"a": {"result": 1}, "a": {"result": 2}}"#, #""a" occurs twice"#),
        (#"{"a": []}"#, #""a" has an empty list of answers"#),
        (#"{"a": 1}"#, #""a" must be {"result": …} or {"error": …}"#),
        (#"{"a": {}}"#, #""a" has neither a "result" nor an "error""#),
        (#"{"a": [{"result": 1}, {"result": 1, "error": {}}]}"#, #""a", answer 2, has both a "result" and an "error""#),
        (
            #"{"a": {"reslt": 1}}"#,
            #""a" must be {"result": …} or {"error": …}; "reslt" does not belong there or occurs twice"#
        ),
        (
            #"{"a": {"result": 1, "result": 2}}"#,
            #""a" must be {"result": …} or {"error": …}; "result" does not belong there or occurs twice"#
        ),
        (#"{"a": {"error": "no"}}"#, #""a" "error" must be {"code": …, "message": …, "data": …}"#),
        (#"{"a": {"error": {"message": "no"}}}"#, #""a" "error" needs a "code" that is a whole number"#),
        (#"{"a": {"error": {"code": 1.5, "message": "no"}}}"#, #""a" "error" needs a "code" that is a whole number"#),
        (#"{"a": {"error": {"code": 1}}}"#, #""a" "error" needs a "message" that is a string"#),
    ])
    func `A mistake is told with its place`(text: String, expected: String) throws {
        let mistake = #expect(throws: AnswerScript.Mistake.self) { try script(text) }
        #expect(mistake?.description == expected)
    }

    @Test func `A file that is not JSON is told with the line`() throws {
        let file = try TemporaryFile("{\n  \"a\": {\"result\": 1},\n  b\n}")
        let failure = #expect(throws: Failure.self) { try AnswerScript(file: file.path) }
        #expect(failure?.status == .usage)
        #expect(failure?.message == "\(file.path), line 3: Unexpected byte 98 at byte 26")
    }

    @Test func `A file that is not there is told`() throws {
        let failure = #expect(throws: Failure.self) { try AnswerScript(file: "/no/such.json") }
        #expect(failure?.status == .usage)
        #expect(failure?.message.hasPrefix("cannot read the answers /no/such.json: ") == true)
    }
}
