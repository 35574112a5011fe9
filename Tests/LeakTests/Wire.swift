// SPDX-License-Identifier: Apache-2.0
import Glibc

/// A client that owns nothing but a descriptor, so that all that remains is the server's; its calls wait.
struct Wire {
    struct Failure: Error {
        var call: String
        var code = errno
    }

    private let descriptor: Int32

    /// Connects to a port of the loopback interface.
    init(port: Int, receiveBuffer: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(call: "socket") }
        if var size = receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure(call: "connect") }
    }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(call: "send") }
            sent += count
        }
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// A request without a body.
    func get(_ path: String, _ fields: String = "") throws {
        try send("GET \(path) HTTP/1.1\r\nHost: site.test\r\n\(fields)\r\n")
    }

    func post(_ path: String, _ body: String, _ fields: String = "Content-Type: application/json\r\n") throws {
        try send(
            "POST \(path) HTTP/1.1\r\nHost: site.test\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        )
    }

    /// Receives until a text has come; throws when the connection ends before.
    ///
    /// - Returns: So many bytes of what follows the text.
    @discardableResult
    func await(_ text: String, taking count: Int = 0) throws -> String {
        var received: [UInt8] = []
        let wanted =
            text.unicodeScalars.allSatisfy { $0.value < 256 } ? text.unicodeScalars.map { UInt8($0.value) } : []
        while true {
            if let end = received.firstRange(of: wanted)?.upperBound, received.count - end >= count {
                return String(decoding: received[end..<end + count], as: UTF8.self)
            }
            guard let piece = receive(), !piece.isEmpty else {
                throw Failure(call: "end of input before \(text)")
            }
            received += piece
        }
    }

    /// Receives to the end, which may be a reset; answers how many bytes came.
    @discardableResult
    func awaitEnd() -> Int {
        var count = 0
        while let piece = receive(), !piece.isEmpty { count += piece.count }
        return count
    }

    /// Waits until the server has reset the connection, without taking anything from it.
    func awaitReset() {
        // An error or the end is told whether asked for or not.
        var entry = pollfd(fd: descriptor, events: 0, revents: 0)
        poll(&entry, 1, 20_000)
    }

    /// What comes next; nothing at the end, `nil` when the connection is broken.
    private func receive() -> [UInt8]? {
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: 16 << 10) { buffer, count in
            let result = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            failed = result < 0
            count = max(0, result)
        }
        return failed ? nil : bytes
    }

    /// Ends the sending side.
    func stopSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    func close() { Glibc.close(descriptor) }

    /// Closes with a reset.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    // MARK: WebSocket

    func upgrade(_ path: String, _ fields: String = "") throws {
        let handshake = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        try get(path, handshake + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + fields)
    }

    /// Sends a frame of less than 126 bytes, masked with zeros.
    func frame(_ opcode: UInt8, _ payload: [UInt8]) throws {
        try send([0x80 | opcode, 0x80 | UInt8(payload.count), 0, 0, 0, 0] + payload)
    }

    func text(_ text: String) throws { try frame(1, Array(text.utf8)) }

    func closeFrame() throws { try frame(8, [3, 232]) }
}
