// SPDX-License-Identifier: Apache-2.0
import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// A real HTTP proxy on the loopback interface, run while the body does.
final class Tinyproxy: Sendable {
    struct Failure: Error {
        var output: String
    }

    let port: Int
    private let output = Mutex("")

    /// - Parameter settings: lines of its configuration file beside the address.
    static func run<Result>(
        _ settings: String = "",
        _ body: (Tinyproxy) async throws -> Result
    ) async throws -> Result {
        // A free port may be taken by another test before the proxy has it.
        for _ in 0..<9 {
            do {
                return try await runOnce(settings, body)
            } catch let failure as Failure where failure.output.contains("listen socket") {}
        }
        return try await runOnce(settings, body)
    }

    private static func runOnce<Result>(
        _ settings: String,
        _ body: (Tinyproxy) async throws -> Result
    ) async throws -> Result {
        let proxy = Tinyproxy(port: try await freePort())
        let folder = FileManager.default.temporaryDirectory
        let file = folder.appendingPathComponent("holdfast-tinyproxy-\(proxy.port).conf")
        let text = "Port \(proxy.port)\nListen 127.0.0.1\nTimeout 60\nMaxClients 50\nLogLevel Info\n\(settings)\n"
        try Data(text.utf8).write(to: file)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/tinyproxy")
        process.arguments = ["-d", "-c", file.path]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        let started = Signal<Bool>()
        pipe.fileHandleForReading.readabilityHandler = { handle in
            let data = handle.availableData
            if data.isEmpty { handle.readabilityHandler = nil }
            let isReady = proxy.output.withLock { text in
                text += String(decoding: data, as: UTF8.self)
                return text.contains("Accepting connections")
            }
            if isReady { started.send(true) }
        }
        process.terminationHandler = { _ in started.send(false) }
        try process.run()
        defer {
            // Not SIGTERM: it inherits this thread's signal mask, which may block that.
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            try? FileManager.default.removeItem(at: file)
        }
        guard await started.next() == true else { throw Failure(output: proxy.log) }
        return try await body(proxy)
    }

    private init(port: Int) {
        self.port = port
    }

    /// What it has logged: a line for each request's first line.
    var log: String { output.withLock { $0 } }

    private static func freePort() async throws -> Int {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = channel.localAddress?.port ?? 0
        try await channel.close()
        return port
    }
}
