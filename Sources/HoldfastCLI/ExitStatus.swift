// SPDX-License-Identifier: Apache-2.0

/// What the program tells the shell when it ends; the numbers never change.
enum ExitStatus: Int32, CaseIterable {
    case success = 0
    case callFailed = 1
    case noConnection = 2
    case timeout = 3
    case cannotServe = 4
    case outputFailed = 5
    case usage = 64
    case interrupted = 130

    /// When the program ends with it.
    var meaning: String {
        switch self {
        case .success: "done, or the reader of the output left"
        case .callFailed: "the server answered a call with an error; for bench: any call failed"
        case .noConnection: "no connection could be made, or it was lost for good"
        case .timeout: "no connection or no answer in time"
        case .cannotServe: "serve cannot listen on the address"
        case .outputFailed: "the output cannot be written"
        case .usage: "an argument, or a file it names, cannot be used; nothing was done"
        case .interrupted: "interrupted by SIGINT (Ctrl-C)"
        }
    }

    /// Every number with its meaning, for the help.
    static var table: String {
        table(of: allCases)
    }

    /// These numbers with their meanings, for a command's help.
    static func table(of cases: [ExitStatus]) -> String {
        let lines = cases.map { status in
            let number = String(status.rawValue)
            return String(repeating: " ", count: 5 - number.count) + number + "  " + status.meaning
        }
        return (["Exit status:"] + lines).joined(separator: "\n")
    }
}
