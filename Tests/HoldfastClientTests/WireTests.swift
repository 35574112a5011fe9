// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import HoldfastTransport
import NIOCore
import Testing

@testable import HoldfastClient

@Suite struct WireTests {
    @Test(arguments: [
        ("ws://h/rpc", "h", 80, "h", "/rpc"), ("wss://h", "h", 443, "h", "/"), ("http://h:80/", "h", 80, "h", "/"),
        ("HTTPS://h:8443/a/b//?q=1", "h", 8443, "h:8443", "/a/b?q=1"), ("ws://[::1]:9/x", "::1", 9, "[::1]:9", "/x"),
        ("ws://h?x=/y", "h", 80, "h", "/?x=/y"), ("ws://h:65535/", "h", 65_535, "h:65535", "/"),
    ])
    func `URLs are taken apart`(text: String, host: String, port: Int, authority: String, target: String) throws {
        let url = try ClientURL(text)
        #expect(url.host == host)
        #expect(url.port == port)
        #expect(url.authority == authority)
        #expect(url.target() == target)
    }

    @Test(arguments: [
        "", "h", "/rpc", "ftp://h/", "ws:/h", "ws://", "ws:///rpc", "ws://h:0/", "ws://h:65536/", "ws://h:x/",
        "ws://[::1/",
        "ws://[::1]x/", "ws://u@h/", "ws://h/#f", "ws://h/a b", "ws://h/\r\nX: y", "ws://hü/",
    ])
    func `Bad URLs are refused with a reason`(text: String) {
        let error = #expect(throws: RPCClientError.self) { try RPCClient(text) }
        #expect(error?.kind == .configuration)
        #expect(error?.message.hasPrefix("the URL ") == true)
    }

    @Test func `A session's path goes before the query`() throws {
        #expect(try ClientURL("http://h/rpc?t=1").target("/000/s/xhr") == "/rpc/000/s/xhr?t=1")
        #expect(try ClientURL("http://h").target("/000/s/xhr") == "/000/s/xhr")
        #expect(try ClientURL("http://h/rpc").target("/000/s/xhr?continued") == "/rpc/000/s/xhr?continued")
        #expect(try ClientURL("http://h/rpc?t=1").target("/000/s/xhr?continued") == "/rpc/000/s/xhr?continued&t=1")
    }

    @Test(arguments: [
        ("ws://h/rpc", "/rpc?wire=plain"), ("ws://h/rpc?", "/rpc?wire=plain"), ("ws://h/?t=1", "/?t=1&wire=plain"),
        ("ws://h/?wire=plain&t=1", "/?wire=plain&t=1"), ("ws://h/?xwire=plain", "/?xwire=plain&wire=plain"),
    ])
    func `The plain wire is asked for in the query`(text: String, target: String) throws {
        #expect(try ClientURL(text).adding("wire=plain").target() == target)
    }

    @Test func `The answer to an upgrade is read wherever it is split`() throws {
        let head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nX:\t a b \r\n\r\n"
        for split in 0...head.utf8.count {
            var bytes = ByteBuffer(bytes: head.utf8.prefix(split))
            if split < head.utf8.count {
                #expect(try ResponseHead(&bytes) == nil)
                #expect(bytes.readableBytes == split)
                bytes.writeBytes(head.utf8.dropFirst(split))
            }
            bytes.writeString("frame")
            let response = try #require(try ResponseHead(&bytes))
            #expect(response.status.code == 101)
            #expect(response.values(.upgrade) == ["websocket"])
            #expect(response.values(try #require(HTTPField.Name("x"))) == ["a b"])
            #expect(String(buffer: bytes) == "frame")
        }
    }

    @Test(arguments: [
        "HTTP/2 101 x\r\n\r\n", "nonsense\r\n\r\n", "\r\n\r\n", "HTTP/1.1 1 x\r\n\r\n",
        "HTTP/1.1 101\r\nno colon\r\n\r\n",
    ])
    func `Anything else is malformed`(text: String) {
        var bytes = ByteBuffer(string: text)
        #expect(throws: ResponseHead.Failure.malformed) { try ResponseHead(&bytes) }
    }

    @Test(arguments: [-1, 0, 1]) func `A head may have 16 KiB`(excess: Int) {
        let start = "HTTP/1.1 101 x\r\nA: "
        let filler = String(repeating: "a", count: ResponseHead.byteLimit - start.utf8.count - 4 + excess)
        var bytes = ByteBuffer(string: start + filler + "\r\n\r\n")
        if excess <= 0 {
            #expect(throws: Never.self) { try #require(try ResponseHead(&bytes)) }
        } else {
            #expect(throws: ResponseHead.Failure.tooLarge) { try ResponseHead(&bytes) }
        }
    }

    @Test func `SockJS frames are read wherever they are split`() throws {
        let text = "hhhh\no\nh\na[\"one\",\"t\\u0077o\"]\nm\"three\"\nc[3000,\"Go away!\"]\n"
        let expected: [XHRFrameDecoder.Frame] = [
            .heartbeat, .open, .heartbeat, .messages([ByteBuffer(string: "one"), ByteBuffer(string: "two")]),
            .messages([ByteBuffer(string: "three")]), .close(CloseReason(.goAway, "Go away!")),
        ]
        for split in 0...text.utf8.count {
            var decoder = XHRFrameDecoder(messageLimit: 100)
            var frames: [XHRFrameDecoder.Frame] = []
            for part in [ByteBuffer(bytes: text.utf8.prefix(split)), ByteBuffer(bytes: text.utf8.dropFirst(split))] {
                decoder.append(part)
                while let frame = try decoder.next() { frames.append(frame) }
            }
            #expect(frames == expected)
        }
    }

    @Test(arguments: ["\n", "x\n", "a\n", "a{}\n", "a[1]\n", "c[]\n", "c[70000,\"\"]\n", "c\n", "<html>\n"])
    func `What is not SockJS is refused`(text: String) {
        var decoder = XHRFrameDecoder(messageLimit: 100)
        decoder.append(ByteBuffer(string: text))
        #expect(throws: XHRFrameDecoder.Failure.malformed) { try decoder.next() }
    }

    @Test(arguments: [99, 100, 101]) func `A message has a limit`(size: Int) {
        var decoder = XHRFrameDecoder(messageLimit: 100)
        decoder.append(ByteBuffer(string: "a[\"" + String(repeating: "x", count: size) + "\"]\n"))
        if size <= 100 {
            #expect(throws: Never.self) { try decoder.next() }
        } else {
            #expect(throws: XHRFrameDecoder.Failure.tooLarge) { try decoder.next() }
        }
    }

    @Test func `A line without an end has a limit`() {
        var decoder = XHRFrameDecoder(messageLimit: 1000)
        decoder.append(ByteBuffer(repeating: UInt8(ascii: "h"), count: 8000))
        #expect(throws: Never.self) { try decoder.next() }
        decoder.append(ByteBuffer(string: "h"))
        #expect(throws: XHRFrameDecoder.Failure.tooLarge) { try decoder.next() }
    }
}
