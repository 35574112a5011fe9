// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import HoldfastClient
internal import HoldfastTransport

/// `holdfast listen`: prints what the server sends, until it is told to stop.
struct ListenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "listen",
        abstract: "Prints the server's notifications and calls as JSON Lines, and answers the calls.",
        discussion: """
            Standard output gets a line for each notification, {"method":…,"params":…}, and one for each call of the \
            server with what was answered, {"method":…,"params":…,"answer":{"result":…}}. Standard error tells what \
            happens to the connection. A lost connection is made again.

            --answers names a file that maps methods to answers. A list of answers is used one after the other, the \
            last one for ever. Calls of other methods are answered with -32601.

            {"confirm": {"result": true},
             "price": [{"result": 1}, {"error": {"code": 7, "message": "sold out", "data": {}}}]}

            SIGTERM and the end of --count end it with 0, SIGINT (Ctrl-C) with 130. Up to 65536 notifications wait for \
            a slow reader of the output; beyond that the oldest are lost.

            holdfast listen ws://127.0.0.1:8080/rpc --call 'notifyMe={"count": 3}'


            """ + ExitStatus.table(of: ExitStatus.allCases.filter { $0 != .cannotServe })
    )

    @OptionGroup var connection: ConnectionOptions

    @Option(help: ArgumentHelp("The file with the answers to the server's calls.", valueName: "json-file"))
    var answers: String?

    @Option(
        name: .customLong("call"),
        help: ArgumentHelp(
            "A call to make when connected, and again when the server lost the session, for instance to subscribe; "
                + "may be repeated.",
            valueName: "method[=json]"
        ),
        transform: CallToMake.init(argument:)
    )
    var calls: [CallToMake] = []

    @Option(
        help: ArgumentHelp("End after this many notifications.", valueName: "n"),
        transform: ArgumentValues.integer(1...Int.max)
    )
    var count: Int?

    func run() async throws {
        let script = try answers.map { file in try AnswerScript(file: file) } ?? AnswerScript()
        let client = try connection.makeClient { $0.bufferedNotifications = 65_536 }
        let listening = Listening(client: client, url: connection.url, script: script, calls: calls, count: count)
        try await listening.run()
    }
}

extension ListenCommand {
    /// A call that the command line asks for.
    struct CallToMake: Sendable, Hashable {
        var method: String
        var params: JSON?

        /// Reads `method` or `method=json`.
        init(argument: String) throws {
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            method = String(parts[0])
            guard !method.isEmpty else { throw ValidationError("It must look like 'method' or 'method={…}'.") }
            if parts.count == 2 { params = try ArgumentValues.json(String(parts[1])) }
        }
    }
}
