// SPDX-License-Identifier: Apache-2.0
import NIOCore
import Testing

@testable import HoldfastTransport

@Suite("SockJS payloads")
struct JSONStringArrayTests {
    private func decode(_ text: String, bare: Bool = false, count: Int = .max, bytes: Int = .max) throws -> [String] {
        let payload = ByteBuffer(string: text)
        return try JSONStringArray.decode(payload, allowsBareString: bare, countLimit: count, byteLimit: bytes)
            .map { String(buffer: $0) }
    }

    @Test("Arrays of strings are read, with white space and escapes")
    func readsArrays() throws {
        #expect(try decode("[]") == [])
        #expect(try decode(" [ ] \n") == [])
        #expect(try decode(#"["a"]"#) == ["a"])
        #expect(try decode(#" [ "a" , "" , "b\nc" ,"é\u00e9","\ud83d\ude00"] "#) == ["a", "", "b\nc", "éé", "😀"])
        #expect(try decode(#"["%61bc"]"#) == ["%61bc"])
    }

    @Test("Lone surrogates become U+FFFD")
    func replacesLoneSurrogates() throws {
        #expect(
            try decode(#"["\ud800","x\udfffy","\ufffe\uffff\ufeff"]"#) == [
                "\u{FFFD}", "x\u{FFFD}y", "\u{FFFE}\u{FFFF}\u{FEFF}",
            ]
        )
    }

    @Test("A bare string counts only where it is allowed")
    func readsBareStrings() throws {
        #expect(try decode(#" "a\tb" "#, bare: true) == ["a\tb"])
        #expect(throws: JSONStringArrayError.notArray) { try decode(#""a""#) }
        #expect(throws: JSONStringArrayError.broken(JSONError(.trailingBytes, at: 3))) {
            try decode(#""a""b""#, bare: true)
        }
    }

    @Test("Each kind of refusal is told apart")
    func distinguishesErrors() {
        #expect(throws: JSONStringArrayError.empty) { try decode("") }
        for text in ["{}", "1", "null", "true", #"{"a":["b"]}"#] {
            #expect(throws: JSONStringArrayError.notArray) { try decode(text, bare: true) }
        }
        for text in [
            " ", "[", #"["a""#, #"["a","#, #"["a",]"#, "{", "nul", #"["a"]x"#, #"["a"}"#, #"["\q"]"#, "[1", "[1,",
            #""a"#,
        ] {
            let error = #expect(throws: JSONStringArrayError.self) { try decode(text, bare: true) }
            guard case .broken = error else {
                Issue.record("\(text): \(String(describing: error))")
                continue
            }
        }
        for text in ["[1]", "[null]", #"["a",2]"#, #"[{"a":1},"b"]"#, "[[]]", "[true]"] {
            #expect(throws: JSONStringArrayError.nonStringMember) { try decode(text) }
        }
    }

    @Test("The number of strings is limited")
    func limitsCount() throws {
        #expect(try decode(#"["a","b"]"#, count: 3).count == 2)
        #expect(try decode(#"["a","b","c"]"#, count: 3).count == 3)
        #expect(throws: JSONStringArrayError.tooManyMessages(limit: 3)) { try decode(#"["a","b","c","d"]"#, count: 3) }
        #expect(throws: JSONStringArrayError.tooManyMessages(limit: 0)) { try decode(#""a""#, bare: true, count: 0) }
    }

    @Test("The length of each string is limited in bytes after unescaping")
    func limitsBytes() throws {
        #expect(try decode(#"["abc","abcd"]"#, bytes: 4) == ["abc", "abcd"])
        #expect(throws: JSONStringArrayError.messageTooLong(limit: 4)) { try decode(#"["abcde"]"#, bytes: 4) }
        #expect(try decode(#"["\u0041\u0041\u0041\u0041"]"#, bytes: 4) == ["AAAA"])
        #expect(throws: JSONStringArrayError.messageTooLong(limit: 4)) {
            try decode(#"["\u0041\u0041\u0041\u0041\u0041"]"#, bytes: 4)
        }
        #expect(try decode(#"["\ud83d\ude00"]"#, bytes: 4) == ["😀"])
    }

    @Test("Nesting in a payload is limited like in any JSON")
    func limitsDepth() {
        func nested(_ levels: Int) -> String {
            "[" + String(repeating: "[", count: levels) + String(repeating: "]", count: levels) + "]"
        }
        #expect(throws: JSONStringArrayError.nonStringMember) { try decode(nested(62)) }
        #expect(throws: JSONStringArrayError.nonStringMember) { try decode(nested(63)) }
        #expect(throws: JSONStringArrayError.broken(JSONError(.tooDeep(limit: 64), at: 64))) { try decode(nested(64)) }
    }

    @Test("A payload cut anywhere is refused")
    func refusesTruncation() {
        let bytes = Array(#"["a","\u00e9\n","😀"]"#.utf8)
        for end in 0..<bytes.count {
            #expect(throws: JSONStringArrayError.self) {
                try JSONStringArray.decode(ByteBuffer(bytes: bytes[..<end]))
            }
        }
    }

    @Test("A payload that does not start its buffer is read the same")
    func readsSlices() throws {
        var buffer = ByteBuffer(string: #"xx["a","\n"]yy"#)
        buffer.moveReaderIndex(forwardBy: 2)
        let slice = buffer.readSlice(length: buffer.readableBytes - 2)
        let payload = try #require(slice)
        #expect(try JSONStringArray.decode(payload) == [ByteBuffer(string: "a"), ByteBuffer(string: "\n")])
    }

    @Test("Messages become one frame")
    func writesFrames() {
        func frame(_ messages: [String]) -> String {
            var buffer = ByteBuffer()
            writeSockJSArrayFrame(messages.map { ByteBuffer(string: $0) }, into: &buffer)
            return String(buffer: buffer)
        }
        #expect(frame([]) == "a[]")
        #expect(frame(["x"]) == #"a["x"]"#)
        #expect(frame(["x", "", "\"", "😀\u{2028}/"]) == #"a["x","","\"","\ud83d\ude00\u2028/"]"#)
    }
}
