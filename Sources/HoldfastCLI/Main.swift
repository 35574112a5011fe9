// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Foundation

/// The program `holdfast`.
@main
struct Main {
    static func main() async {
        // A reader that leaves is an error of the write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        exit(await run().rawValue)
    }

    private static func run() async -> ExitStatus {
        do {
            var command = try HoldfastCommand.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return .success
        } catch let failure as Failure {
            failure.report()
            return failure.status
        } catch is Output.ReaderGone {
            return .success
        } catch is Interrupted {
            return .interrupted
        } catch {
            return report(parser: error)
        }
    }

    /// Prints the help that was asked for, or what is wrong with the arguments.
    private static func report(parser error: any Error) -> ExitStatus {
        let isHelp = HoldfastCommand.exitCode(for: error).isSuccess
        let message = HoldfastCommand.fullMessage(for: error)
        if isHelp {
            try? Output.standard.write(message + "\n")
            return .success
        }
        let prefix = "Error: "
        Failure(.usage, message.hasPrefix(prefix) ? String(message.dropFirst(prefix.count)) : message).report()
        return .usage
    }
}

/// The command was ended by SIGINT, which needs no words.
struct Interrupted: Error {}

/// The commands' root.
struct HoldfastCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "holdfast",
        abstract: "Calls, listens to, serves and measures JSON-RPC endpoints.",
        discussion: ExitStatus.table,
        subcommands: [CallCommand.self, ListenCommand.self, ServeCommand.self, BenchCommand.self]
    )
}
