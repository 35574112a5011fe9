// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// The commands that the README shows work as they stand there.
@Suite(.serialized, .timeLimit(.minutes(2))) struct ReadmeTests {
    private static let prefix = "swift run holdfast "

    @Test func `Every command of the README runs`() async throws {
        let readme = try String(contentsOf: repository.appendingPathComponent("README.md"), encoding: .utf8)
        let commands = readme.split(separator: "\n").filter { $0.hasPrefix(Self.prefix) }
            .map { $0.dropFirst(Self.prefix.count).prefix { $0 != "#" } }
        #expect(Set(commands.compactMap { $0.split(separator: " ").first }) == ["serve", "call", "listen", "bench"])
        let serve = try #require(commands.first)
        #expect(serve.hasPrefix("serve "))
        // Another port: the default may be taken where the tests run.
        let server = try start(serve + " --port 0")
        let line = try #require(await server.nextLine { $0.contains("JSON-RPC at ") })
        let port = try #require(line.firstMatch(of: /127\.0\.0\.1:(\d+)/)?.1)
        for command in commands.dropFirst() {
            let outcome = try await start(command.replacing(":8080", with: ":\(port)")).outcome()
            #expect(outcome.status == 0, "\(command): \(outcome.errors)")
            #expect(!outcome.output.isEmpty)
        }
        server.signal(SIGTERM)
        #expect(await server.outcome().status == 0)
    }

    private func start(_ command: some StringProtocol) throws -> Program {
        try Program(
            executable: URL(fileURLWithPath: "/bin/sh"),
            ["-c", "cd \"$1\" && exec \"$0\" \(command)", Program.holdfast.path, repository.path]
        )
    }
}
