// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// What the program does on a terminal and nowhere else.
@Suite(.serialized, .timeLimit(.minutes(2))) struct TerminalProgramTests {
    @Test func `bench shows its progress, and a drawing in colour that fits`() async throws {
        try await withServer { url in
            let output = try PseudoTerminal(columns: 50)
            let errors = try PseudoTerminal(columns: 30)
            let program = try Program(
                "bench",
                url,
                "--connections",
                "2",
                "--duration",
                "0.6",
                output: .file(output.program),
                errors: .file(errors.program)
            )
            #expect(await program.outcome().status == 0)

            let progress = try await errors.text()
            #expect(progress.contains(" calls"))
            // The line is written over itself, never longer than the terminal, and taken away in the end.
            #expect(!progress.contains("\n"))
            #expect(progress.hasSuffix("\r\u{1B}[K"))
            for line in progress.split(separator: "\r") {
                #expect(line.replacing("\u{1B}[K", with: "").count < 30)
            }

            let report = try await output.text()
            #expect(report.contains("\u{1B}[36m█"))
            let plain = report.replacing(/\u{1B}\[[0-9;]*m/, with: "")
            let start = try #require(plain.firstRange(of: "Histogram\n")?.upperBound)
            for line in plain[start...].split(separator: "\n") { #expect(line.count <= 50) }
        }
    }

    @Test(arguments: [["NO_COLOR": "1"], ["TERM": "dumb"]]) func `Colour stays away when it is not wanted`(
        environment: [String: String]
    ) async throws {
        let errors = try PseudoTerminal(columns: 80)
        let program = try Program(
            "call",
            "ws://127.0.0.1:1/rpc",
            "echo",
            errors: .file(errors.program),
            environment: environment
        )
        #expect(await program.outcome().status == 2)
        let text = try await errors.text()
        #expect(text.hasPrefix("error: "))
        #expect(!text.contains("\u{1B}"))
    }

    @Test func `An error is red on a terminal`() async throws {
        let errors = try PseudoTerminal(columns: 80)
        let program = try Program("call", "ws://127.0.0.1:1/rpc", "echo", errors: .file(errors.program))
        #expect(await program.outcome().status == 2)
        #expect(try await errors.text().hasPrefix("\u{1B}[1;31merror:\u{1B}[0m ws://"))
    }
}
