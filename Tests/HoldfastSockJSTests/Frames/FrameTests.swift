// SPDX-License-Identifier: Apache-2.0
import HoldfastSockJS
import HoldfastTransport
import NIOCore
import Testing

@Suite("SockJS frames and their wrappings")
struct FrameTests {
    private func text(_ frame: Frame, _ wrapping: FrameWrapping) -> String {
        String(buffer: wrapping.wrap(frame))
    }

    private func messages(_ texts: String...) -> Frame {
        .messages(texts.map { ByteBuffer(string: $0) })
    }

    private func plain(_ frame: Frame) -> String {
        var buffer = ByteBuffer()
        frame.write(into: &buffer)
        return String(buffer: buffer)
    }

    @Test("Frames without wrapping")
    func plainFrames() {
        #expect(plain(.open) == "o")
        #expect(plain(.heartbeat) == "h")
        #expect(plain(messages("a", "b\"c")) == #"a["a","b\"c"]"#)
        #expect(plain(.close(CloseReason(3000, "Go away!"))) == #"c[3000,"Go away!"]"#)
        #expect(plain(.close(CloseReason(1000))) == #"c[1000,""]"#)
        #expect(plain(.close(CloseReason(4000, "a\"b\n"))) == #"c[4000,"a\"b\n"]"#)
        #expect(plain(.busy) == #"c[2010,"Another connection still open"]"#)
    }

    @Test("An astral character and the specials of the protocol are escaped in lower-case hexadecimal")
    func messageEscapes() {
        #expect(plain(messages("😀")) == #"a["\ud83d\ude00"]"#)
        #expect(plain(messages("\u{2028}\u{200c}\u{ffff}")) == #"a["\u2028\u200c\uffff"]"#)
        #expect(plain(messages("é/\u{7f}\u{feff}")) == "a[\"é/\u{7f}\u{feff}\"]")
        #expect(plain(messages("\u{0}\n\r\u{1f}")) == #"a["\u0000\n\r\u001f"]"#)
    }

    @Test("A poll's frame ends with a line feed")
    func xhr() {
        #expect(FrameWrapping.xhr.prelude == nil)
        #expect(text(.open, .xhr) == "o\n")
        #expect(text(messages("x"), .xhr) == "a[\"x\"]\n")
    }

    @Test("A stream begins with 2,048 letters and a line feed")
    func xhrStreaming() throws {
        let prelude = try #require(FrameWrapping.xhrStreaming.prelude)
        #expect(String(buffer: prelude) == String(repeating: "h", count: 2048) + "\n")
        #expect(text(.heartbeat, .xhrStreaming) == "h\n")
    }

    @Test("Events escape percent signs, which clients decode")
    func eventSource() throws {
        #expect(try String(buffer: #require(FrameWrapping.eventSource.prelude)) == "\r\n")
        #expect(text(.open, .eventSource) == "data: o\r\n\r\n")
        #expect(text(messages("100%\u{0}\n\r%41"), .eventSource) == "data: a[\"100%25\\u0000\\n\\r%2541\"]\r\n\r\n")
    }

    @Test("The endless page calls p with the frame as a string, in which no script can end")
    func htmlFile() {
        let wrapping = FrameWrapping.htmlFile(callback: "c")
        #expect(text(.open, wrapping) == "<script>\np(\"o\");\n</script>\r\n")
        #expect(text(messages("x"), wrapping) == "<script>\np(\"a[\\\"x\\\"]\");\n</script>\r\n")
        let hostile = text(messages("</script><script>alert(1)<!--&"), wrapping)
        #expect(
            hostile
                == "<script>\np(\"a[\\\"\\u003c/script\\u003e\\u003cscript\\u003ealert(1)\\u003c!--\\u0026\\\"]\");\n</script>\r\n"
        )
    }

    @Test("The endless page's head is over 1,024 bytes and names the callback")
    func htmlFileHead() throws {
        let head = try #require(FrameWrapping.htmlFile(callback: "x").prelude)
        let text = String(buffer: head)
        #expect(head.readableBytes > 1024)
        #expect(text.hasSuffix("  \r\n\r\n"))
        #expect(
            text.hasPrefix(
                "<!doctype html>\n<html><head>\n  <meta http-equiv=\"X-UA-Compatible\" content=\"IE=edge\" />\n"
            )
        )
        #expect(text.contains("\n    document.domain = document.domain;\n    var c = parent.x;\n    c.start();\n"))
        #expect(text.contains("</head><body><h2>Don't panic!</h2>\n  <script>\n"))
        #expect(
            text.contains(
                "    function p(d) {c.message(d);};\n    window.onload = function() {c.stop();};\n  </script>  "
            )
        )
    }

    @Test("A script begins with a comment and calls the callback")
    func jsonp() {
        let wrapping = FrameWrapping.jsonp(callback: "_jp.abc")
        #expect(wrapping.prelude == nil)
        #expect(text(.open, wrapping) == "/**/_jp.abc(\"o\");\r\n")
        #expect(text(messages("x"), wrapping) == "/**/_jp.abc(\"a[\\\"x\\\"]\");\r\n")
        #expect(text(.close(CloseReason(3000, "<")), wrapping) == "/**/_jp.abc(\"c[3000,\\\"\\u003c\\\"]\");\r\n")
    }

    @Test("A string for scripts escapes what ends a script, a string or a line")
    func scriptString() {
        var buffer = ByteBuffer()
        buffer.writeScriptString(
            ByteBuffer(string: "a\"\\\u{8}\t\n\u{c}\r\u{1}<>&\u{2028}\u{2029}\u{2027}é").readableBytesView
        )
        #expect(
            String(buffer: buffer)
                == "\"a\\\"\\\\\\b\\t\\n\\f\\r\\u0001\\u003c\\u003e\\u0026\\u2028\\u2029\u{2027}é\""
        )
    }

    @Test("A string for scripts takes the first bytes of a cut line separator as they are")
    func cutLineSeparator() {
        var buffer = ByteBuffer()
        buffer.writeScriptString(ByteBuffer(bytes: [0x61, 0xe2, 0x80]).readableBytesView)
        #expect(Array(buffer.readableBytesView) == [0x22, 0x61, 0xe2, 0x80, 0x22])
    }
}
