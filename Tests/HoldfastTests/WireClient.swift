// SPDX-License-Identifier: Apache-2.0
import HoldfastHTTP
import NIOCore
import NIOPosix
import NIOSSL

/// A client that writes and reads the bytes of HTTP and WebSockets itself, over TCP, TLS or a Unix socket.
final class WireClient {
    /// A response.
    struct Answer {
        var status: Int
        /// By lower-case name; several lines of a field are joined by commas.
        var fields: [String: String] = [:]
        var body = ""
    }

    /// A WebSocket frame.
    struct Frame: Equatable {
        var opcode: UInt8
        /// The code of a close.
        var code: UInt16?
        var text: String

        static func text(_ text: String) -> Frame { Frame(opcode: 1, text: text) }
        static func close(_ code: UInt16, _ text: String = "") -> Frame { Frame(opcode: 8, code: code, text: text) }
    }

    enum Failure: Error {
        case closed
        case malformed(String)
    }

    private final class Collector: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        let continuation: AsyncStream<ByteBuffer>.Continuation

        init(_ continuation: AsyncStream<ByteBuffer>.Continuation) {
            self.continuation = continuation
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            continuation.yield(unwrapInboundIn(data))
        }

        func channelInactive(context: ChannelHandlerContext) {
            continuation.finish()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }

    private let channel: any Channel
    private var input: AsyncStream<ByteBuffer>.Iterator
    private var buffer = ByteBuffer()

    private init(channel: any Channel, input: AsyncStream<ByteBuffer>) {
        self.channel = channel
        self.input = input.makeAsyncIterator()
    }

    /// Connects to where a server listens; under TLS only to one with the tests' certificate.
    ///
    /// - Parameter halfCloses: Whether the client goes on reading after it has stopped sending.
    static func connect(_ address: BoundAddress, halfCloses: Bool = false) async throws -> WireClient {
        let (input, continuation) = AsyncStream.makeStream(of: ByteBuffer.self)
        var tls: NIOSSLContext?
        if address.isSecure {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(Certificates.certificate))
            tls = try NIOSSLContext(configuration: configuration)
        }
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: halfCloses)
            .channelInitializer { [tls] channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls {
                        try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: "localhost"))
                    }
                    try pipeline.addHandler(Collector(continuation))
                }
            }
        let channel: any Channel
        if let path = address.path {
            channel = try await bootstrap.connect(unixDomainSocketPath: path).get()
        } else {
            channel = try await bootstrap.connect(host: address.host ?? "", port: address.port ?? 0).get()
        }
        return WireClient(channel: channel, input: input)
    }

    /// Sends no more, but reads on.
    func stopSending() async throws {
        try await channel.close(mode: .output)
    }

    /// Takes no more from the server.
    func stopReading() async throws {
        try await channel.setOption(.autoRead, value: false).get()
    }

    /// Leaves without a word.
    func close() {
        channel.close(promise: nil)
    }

    // MARK: HTTP

    func write(_ bytes: ByteBuffer) async throws {
        try await channel.writeAndFlush(bytes)
    }

    func send(_ method: String, _ path: String, _ fields: [String] = [], body: String? = nil) async throws {
        var lines = ["\(method) \(path) HTTP/1.1", "Host: site.test"] + fields
        if let body { lines.append("Content-Length: \(body.utf8.count)") }
        try await write(ByteBuffer(string: lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? "")))
    }

    func request(
        _ method: String,
        _ path: String,
        _ fields: [String] = [],
        body: String? = nil
    ) async throws -> Answer {
        try await send(method, path, fields, body: body)
        return try await answer()
    }

    func get(_ path: String, _ fields: [String] = []) async throws -> Answer {
        try await request("GET", path, fields)
    }

    private func more() async -> Bool {
        guard var piece = await input.next(isolation: #isolation) else { return false }
        buffer.writeBuffer(&piece)
        return true
    }

    private func line() async throws -> String {
        while true {
            let view = buffer.readableBytesView
            if let end = view.firstIndex(of: 10) {
                let line = String(decoding: view[..<end], as: UTF8.self)
                buffer.moveReaderIndex(forwardBy: end - view.startIndex + 1)
                guard line.last == "\r" || !line.contains(":") else { throw Failure.malformed(line) }
                return line.hasSuffix("\r") ? String(line.dropLast()) : line
            }
            guard await more() else { throw Failure.closed }
        }
    }

    private func bytes(_ count: Int) async throws -> ByteBuffer {
        while true {
            if let bytes = buffer.readSlice(length: count) { return bytes }
            guard await more() else { throw Failure.closed }
        }
    }

    func head() async throws -> Answer {
        let words = try await line().split(separator: " ")
        guard words.count >= 2, let code = Int(words[1]) else { throw Failure.malformed("\(words)") }
        var answer = Answer(status: code)
        while true {
            let line = try await line()
            if line.isEmpty { return answer }
            guard let colon = line.firstIndex(of: ":") else { throw Failure.malformed(line) }
            let value = String(line[line.index(after: colon)...].drop { $0 == " " })
            let name = line[..<colon].lowercased()
            answer.fields[name] = answer.fields[name].map { $0 + ", " + value } ?? value
        }
    }

    /// The next chunk of a chunked body; `nil` at its end.
    func chunk() async throws -> String? {
        let line = try await line()
        guard let size = Int(line, radix: 16) else { throw Failure.malformed(line) }
        let bytes = try await bytes(size)
        guard try await self.line().isEmpty else { throw Failure.malformed("chunk") }
        return size == 0 ? nil : String(buffer: bytes)
    }

    func answer() async throws -> Answer {
        var answer = try await head()
        if answer.fields["transfer-encoding"] == "chunked" {
            while let chunk = try await chunk() { answer.body += chunk }
        } else if let length = answer.fields["content-length"].flatMap({ Int($0) }) {
            answer.body = String(buffer: try await bytes(length))
        }
        return answer
    }

    /// All that comes until the server closes.
    func untilClosed() async -> String {
        while await more() {}
        return buffer.readString(length: buffer.readableBytes) ?? ""
    }

    // MARK: WebSocket

    /// Upgrades, and reads the answer.
    func upgrade(_ path: String, _ fields: [String] = []) async throws -> Answer {
        let handshake = [
            "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ]
        try await send("GET", path, handshake + fields)
        let head = try await head()
        return head.status == 101 ? head : Answer(status: head.status, fields: head.fields)
    }

    /// Sends a frame of less than 64 KiB, masked.
    func sendFrame(_ opcode: UInt8, _ payload: [UInt8]) async throws {
        let mask: [UInt8] = [1, 2, 3, 4]
        var frame = ByteBuffer(bytes: [0x80 | opcode])
        if payload.count < 126 {
            frame.writeInteger(0x80 | UInt8(payload.count))
        } else {
            frame.writeInteger(UInt8(0x80 | 126))
            frame.writeInteger(UInt16(payload.count))
        }
        frame.writeBytes(mask)
        frame.writeBytes(payload.enumerated().map { $0.element ^ mask[$0.offset % 4] })
        try await write(frame)
    }

    func sendText(_ text: String) async throws {
        try await sendFrame(1, Array(text.utf8))
    }

    func sendClose(_ code: UInt16, _ text: String = "") async throws {
        try await sendFrame(8, [UInt8(code >> 8), UInt8(code & 255)] + Array(text.utf8))
    }

    func frame() async throws -> Frame {
        var header = try await bytes(2)
        let opcode = (header.readInteger() ?? UInt8(0)) & 15
        var length = Int(header.readInteger() ?? UInt8(0))
        if length == 126 {
            var extended = try await bytes(2)
            length = Int(extended.readInteger() ?? UInt16(0))
        }
        var payload = try await bytes(length)
        let code: UInt16? = opcode == 8 ? payload.readInteger() : nil
        return Frame(opcode: opcode, code: code, text: String(buffer: payload))
    }

    /// The text of the next frame, which has to be a text.
    func text() async throws -> String {
        let frame = try await frame()
        guard frame.opcode == 1 else { throw Failure.malformed("opcode \(frame.opcode) \(frame.code ?? 0)") }
        return frame.text
    }
}
