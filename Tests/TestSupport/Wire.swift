// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A client that writes and reads the bytes itself, and owns nothing but a descriptor; its calls wait.
package struct Wire {
    package struct Failure: Error {
        var call: String
        var code = errno
    }

    private let descriptor: Int32

    /// Connects to a port of the loopback interface.
    package init(port: Int, receiveBuffer: Int32? = nil) throws {
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

    package func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                socketSend(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure(call: "send") }
            sent += count
        }
    }

    package func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// Sends the same bytes again and again until the server has taken none for a moment.
    ///
    /// - Returns: How many times they were sent whole, at most `count`.
    package func flood(_ bytes: [UInt8], atMost count: Int) -> Int {
        var sent = 0
        for round in 0..<count {
            var offset = 0
            while offset < bytes.count {
                let result = bytes[offset...].withUnsafeBytes {
                    socketSend(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
                }
                if result > 0 {
                    offset += result
                } else {
                    var entry = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    guard poll(&entry, 1, 500) > 0, entry.revents & Int16(POLLERR | POLLHUP) == 0 else { return round }
                }
            }
            sent = round + 1
        }
        return sent
    }

    /// A request without a body.
    package func get(_ path: String, _ fields: String = "") throws {
        try send("GET \(path) HTTP/1.1\r\nHost: site.test\r\n\(fields)\r\n")
    }

    package func post(_ path: String, _ body: String, _ fields: String = "Content-Type: application/json\r\n") throws {
        try send(
            "POST \(path) HTTP/1.1\r\nHost: site.test\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        )
    }

    /// Receives until a text has come; throws when the connection ends before.
    ///
    /// - Returns: So many bytes of what follows the text.
    @discardableResult
    package func await(_ text: String, taking count: Int = 0) throws -> String {
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

    /// Receives all that comes to the end, which may be a reset.
    package func rest() -> String {
        var received: [UInt8] = []
        while let piece = receive(), !piece.isEmpty { received += piece }
        return String(decoding: received, as: UTF8.self)
    }

    /// Receives to the end, which may be a reset; answers how many bytes came.
    @discardableResult
    package func awaitEnd() -> Int {
        var count = 0
        while let piece = receive(), !piece.isEmpty { count += piece.count }
        return count
    }

    /// Waits until the server has reset the connection, without taking anything from it.
    package func awaitReset() {
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
    package func stopSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    package func close() { closeDescriptor(descriptor) }

    /// Closes with a reset.
    package func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        close()
    }

    // MARK: WebSocket

    package func upgrade(_ path: String, _ fields: String = "") throws {
        let handshake = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        try get(path, handshake + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + fields)
    }

    /// Sends a frame of less than 126 bytes, masked with zeros.
    package func frame(_ opcode: UInt8, _ payload: [UInt8]) throws {
        try send([0x80 | opcode, 0x80 | UInt8(payload.count), 0, 0, 0, 0] + payload)
    }

    package func text(_ text: String) throws { try frame(1, Array(text.utf8)) }

    package func closeFrame() throws { try frame(8, [3, 232]) }
}

// Their names are those of `Wire`'s own methods.
private func socketSend(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int, _ flags: Int32) -> Int {
    send(descriptor, bytes, count, flags)
}

private func closeDescriptor(_ descriptor: Int32) {
    close(descriptor)
}
