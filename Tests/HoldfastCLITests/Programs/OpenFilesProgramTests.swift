// SPDX-License-Identifier: Apache-2.0
#if os(Linux)
import Foundation
import Testing

/// Row 1, with the limit of a real process.
@Suite(.serialized, .timeLimit(.minutes(2))) struct OpenFilesProgramTests {
    /// A connection that blocks.
    private final class Connection {
        private let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)

        init(port: UInt16) throws {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            let result = withUnsafePointer(to: &address) { address in
                address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            try #require(result == 0)
        }

        deinit {
            close(descriptor)
        }

        /// The first line of the answer to a request.
        func ask() -> String {
            let request = "GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n"
            send(descriptor, request, request.utf8.count, 0)
            var bytes = [UInt8](repeating: 0, count: 1000)
            let count = recv(descriptor, &bytes, bytes.count, 0)
            return String(decoding: bytes.prefix(max(count, 0)).prefix { $0 != 13 }, as: UTF8.self)
        }
    }

    private func serve(openFiles: Int) async throws -> (program: Program, port: UInt16) {
        let program = try Program(
            executable: URL(fileURLWithPath: "/bin/bash"),
            ["-c", "ulimit -Sn \(openFiles); exec '\(Program.holdfast.path)' serve --port 0"]
        )
        let line = try #require(await program.nextLine())
        let port = line.firstRange(of: "ws://127.0.0.1:").map { line[$0.upperBound...].prefix { $0.isNumber } }
        return (program, try #require(port.flatMap { UInt16($0) }))
    }

    private func openFiles(of program: Program) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(program.identifier)/fd").count
    }

    @Test func `It leaves 16 of its open files to others, and serves again when clients leave`() async throws {
        let (program, port) = try await serve(openFiles: 80)
        var crowd = try (0..<150).map { _ in try Connection(port: port) }
        #expect(crowd[0].ask() == "HTTP/1.1 200 OK")
        #expect(try openFiles(of: program) <= 80 - 16)
        crowd.removeFirst(140)
        #expect(try Connection(port: port).ask() == "HTTP/1.1 200 OK")
        crowd.removeAll()
        program.signal(SIGTERM)
        #expect(await program.outcome().status == 0)
    }

    @Test func `It recovers when it could open no file at all`() async throws {
        let (program, port) = try await serve(openFiles: 80)
        func limit(_ count: Int) async throws {
            let prlimit = URL(fileURLWithPath: "/usr/bin/prlimit")
            let arguments = ["--pid", "\(program.identifier)", "--nofile=\(count):"]
            #expect(try await Program(executable: prlimit, arguments).outcome().status == 0)
        }
        try await limit(5)
        let client = try Connection(port: port)
        try await limit(80)
        #expect(client.ask() == "HTTP/1.1 200 OK")
        program.signal(SIGTERM)
        #expect(await program.outcome().status == 0)
    }
}
#endif
