// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization

/// One run of a program as a process, killed when nobody holds it any more.
final class Program: Sendable {
    /// How a run ended and what it printed.
    struct Outcome: Sendable {
        /// The exit status; negative for the signal that ended the process.
        var status: Int32
        var output: String
        var errors: String
    }

    /// Where standard output or standard error goes.
    enum Destination {
        /// Into ``output`` or ``errors``.
        case captured
        /// A pipe whose other end is closed already.
        case nobody
        /// A pipe that nobody reads.
        case clogged
        /// A file or terminal.
        case file(FileHandle)
    }

    private let process = Process()
    private let ended: AsyncStream<Void>
    private let output = Capture()
    private let errors = Capture()
    /// Kept open for as long as the run.
    private let clogged = Pipe()

    /// Starts `holdfast`.
    convenience init(
        _ arguments: String...,
        input: String = "",
        output: Destination = .captured,
        errors: Destination = .captured,
        environment: [String: String] = [:]
    ) throws {
        try self.init(
            executable: Self.holdfast,
            arguments,
            input: input,
            output: output,
            errors: errors,
            environment: environment
        )
    }

    /// Starts any program.
    init(
        executable: URL,
        _ arguments: [String],
        input: String = "",
        output destination: Destination = .captured,
        errors errorDestination: Destination = .captured,
        environment: [String: String] = [:]
    ) throws {
        let (ended, end) = AsyncStream.makeStream(of: Void.self)
        self.ended = ended
        process.executableURL = executable
        process.arguments = arguments
        process.environment = ["PATH": "/usr/bin:/bin", "TERM": "xterm-256color"].merging(environment) { $1 }
        process.terminationHandler = { _ in end.finish() }
        let inputPipe = Pipe()
        process.standardInput = inputPipe
        process.standardOutput = handle(for: destination, output)
        process.standardError = handle(for: errorDestination, errors)
        try process.run()
        for case let pipe as Pipe in [process.standardOutput, process.standardError] where pipe !== clogged {
            try pipe.fileHandleForWriting.close()
        }
        try inputPipe.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try inputPipe.fileHandleForWriting.close()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    private func handle(for destination: Destination, _ capture: Capture) -> Any {
        let pipe = Pipe()
        switch destination {
        case .captured: capture.start(pipe.fileHandleForReading)
        case .nobody:
            capture.finish()
            try? pipe.fileHandleForReading.close()
        case .clogged:
            capture.finish()
            return clogged
        case .file(let handle):
            capture.finish()
            return handle
        }
        return pipe
    }

    /// The next line of standard output; `nil` when it has ended.
    func nextLine() async -> String? { await output.nextLine() }

    /// The next line of standard output that fits.
    func nextLine(where fits: (String) -> Bool) async -> String? {
        while let line = await output.nextLine() {
            if fits(line) { return line }
        }
        return nil
    }

    /// The next line of standard error; `nil` when it has ended.
    func nextErrorLine() async -> String? { await errors.nextLine() }

    /// The process's number.
    var identifier: Int32 { process.processIdentifier }

    func signal(_ number: Int32) {
        kill(process.processIdentifier, number)
    }

    /// Waits for the end.
    func outcome() async -> Outcome {
        for await _ in ended {}
        let status = process.terminationStatus
        return Outcome(
            status: process.terminationReason == .exit ? status : -status,
            output: await output.text(),
            errors: await errors.text()
        )
    }

    /// The built program, beside the test bundle or, on Linux, the test program.
    static var holdfast: URL {
        let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }
        let folder = bundle?.bundleURL.deletingLastPathComponent() ?? Bundle.main.bundleURL
        return folder.appendingPathComponent("holdfast")
    }
}

/// Runs `holdfast` to its end.
func holdfast(
    _ arguments: String...,
    input: String = "",
    environment: [String: String] = [:]
) async throws -> Program.Outcome {
    try await Program(
        executable: Program.holdfast,
        arguments,
        input: input,
        environment: environment
    ).outcome()
}
