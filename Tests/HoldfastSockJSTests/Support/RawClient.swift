// SPDX-License-Identifier: Apache-2.0
import HoldfastTransport
import NIOCore
import NIOPosix

/// A client that writes and reads the bytes of HTTP and WebSockets itself, so that nothing hides how they were sent.
final class RawClient {
    /// A response: the head, and the body where it was read.
    struct Answer {
        var status: Int
        /// By lower-case name; several lines of a field are joined by commas.
        var fields: [String: String]
        var body = ""
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

    static func connect(port: Int) async throws -> RawClient {
        let (input, continuation) = AsyncStream.makeStream(of: ByteBuffer.self)
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector(continuation))
                }
            }
            .connect(host: "127.0.0.1", port: port)
            .get()
        return RawClient(channel: channel, input: input)
    }

    func close() {
        channel.close(promise: nil)
    }

    /// Closes, and returns when the system has done so: what is sent on another connection afterwards comes later.
    func closeNow() async throws {
        try await channel.close()
    }

    /// Leaves without a word: the server cannot take it for a client that only stops sending.
    func reset() async throws {
        try await channel.eventLoop.submit { [channel] in channel.reset() }.get()
    }

    // MARK: Writing

    func write(_ text: String) async throws {
        try await channel.writeAndFlush(ByteBuffer(string: text))
    }

    func send(
        _ method: String,
        _ path: String,
        _ fields: [String] = [],
        body: String? = nil,
        version: String = "1.1"
    ) async throws {
        var text = "\(method) \(path) HTTP/\(version)\r\n"
        if !fields.contains(where: { $0.hasPrefix("Host:") }) { text += "Host: site.test\r\n" }
        for field in fields { text += field + "\r\n" }
        if let body { text += "Content-Length: \(body.utf8.count)\r\n" }
        try await write(text + "\r\n" + (body ?? ""))
    }

    // MARK: Reading

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
                guard line.last == "\r" else { throw Failure.malformed(line) }
                return String(line.dropLast())
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
        let status = try await line().split(separator: " ")
        guard status.count >= 2, let code = Int(status[1]) else { throw Failure.malformed("\(status)") }
        var answer = Answer(status: code, fields: [:])
        while true {
            let line = try await line()
            if line.isEmpty { return answer }
            guard let colon = line.firstIndex(of: ":") else { throw Failure.malformed(line) }
            let value = String(line[line.index(after: colon)...].drop { $0 == " " })
            answer.fields[line[..<colon].lowercased(), default: ""] += value
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

    /// All that comes until the server closes.
    func untilClosed() async throws -> String {
        while await more() {}
        return buffer.readString(length: buffer.readableBytes) ?? ""
    }

    /// A head and its whole body.
    func answer() async throws -> Answer {
        var answer = try await head()
        if answer.fields["transfer-encoding"] == "chunked" {
            while let chunk = try await chunk() { answer.body += chunk }
        } else if let length = answer.fields["content-length"].flatMap({ Int($0) }) {
            answer.body = String(buffer: try await bytes(length))
        } else if answer.status != 204, answer.status != 304 {
            answer.body = try await untilClosed()
        }
        return answer
    }

    // MARK: WebSocket

    /// Upgrades, and reads the 101.
    func upgrade(_ path: String, _ fields: [String] = []) async throws -> Answer {
        let handshake = [
            "Upgrade: websocket", "Connection: keep-alive, Upgrade", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ]
        try await send("GET", path, handshake + fields)
        let head = try await head()
        return head
    }

    /// Sends a text frame of less than 126 bytes, masked with zeros.
    func sendText(_ text: String) async throws {
        var frame = ByteBuffer(bytes: [0x81, 0x80 | UInt8(text.utf8.count), 0, 0, 0, 0])
        frame.writeString(text)
        try await channel.writeAndFlush(frame)
    }

    /// The next frame: its opcode, the code of a close, and its text.
    func frame() async throws -> (opcode: UInt8, code: UInt16?, text: String) {
        var header = try await bytes(2)
        let first: UInt8 = header.readInteger() ?? 0
        var length = Int(header.readInteger() ?? UInt8(0))
        if length == 126 {
            var extended = try await bytes(2)
            length = Int(extended.readInteger() ?? UInt16(0))
        }
        var payload = try await bytes(length)
        let code: UInt16? = first & 15 == 8 ? payload.readInteger() : nil
        return (first & 15, code, String(buffer: payload))
    }

    /// The text of the next frame, which has to be a text.
    func text() async throws -> String {
        let frame = try await frame()
        guard frame.opcode == 1 else { throw Failure.malformed("opcode \(frame.opcode)") }
        return frame.text
    }
}
