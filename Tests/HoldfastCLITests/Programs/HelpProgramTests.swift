// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import HoldfastCLI

/// What the program says about itself.
@Suite(.serialized, .timeLimit(.minutes(2))) struct HelpProgramTests {
    @Test(arguments: ["call", "listen", "serve", "bench"]) func `Every command tells its exit statuses and an example`(
        command: String
    ) async throws {
        let outcome = try await holdfast(command, "--help")
        #expect(outcome.status == 0)
        #expect(outcome.errors == "")
        #expect(outcome.output.contains("\n\nExit status:\n    0  done"))
        #expect(outcome.output.contains("\n   64  an argument"))
        #expect(outcome.output.contains("\nholdfast \(command) "))
    }

    @Test func `The help of all tells every exit status`() async throws {
        let outcome = try await holdfast()
        #expect(outcome.status == 0)
        for status in HoldfastCLI.ExitStatus.allCases {
            #expect(outcome.output.contains(" \(status.rawValue)  \(status.meaning)\n"))
        }
    }
}
