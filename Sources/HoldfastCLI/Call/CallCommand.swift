// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Foundation
internal import HoldfastClient
internal import HoldfastTransport

/// `holdfast call`: one call, its result on standard output.
struct CallCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "call",
        abstract: "Calls a method and prints the result as one line of JSON.",
        discussion: """
            The result is all that goes to standard output. An error of the server is printed on standard error as \
            'error CODE: message', followed by its data.

            holdfast call ws://127.0.0.1:8080/rpc echo '{"text": "hello"}'


            """
                + ExitStatus.table(of: [
                    .success, .callFailed, .noConnection, .timeout, .outputFailed, .usage, .interrupted,
                ])
    )

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The method's name.")
    var method: String

    @Argument(
        help: ArgumentHelp("The parameters; '-' reads them from standard input. Default: none.", valueName: "json"),
        transform: Params.init(argument:)
    )
    var params: Params?

    @Flag(help: "Send a notification: nothing is answered, nothing is printed.")
    var notify = false

    @Option(
        help: ArgumentHelp("How long to wait for connection and answer together. Default: 60.", valueName: "seconds"),
        transform: ArgumentValues.seconds(0.001...86_400)
    )
    var timeout: Duration = .seconds(60)

    func run() async throws {
        let params = try params?.read()
        let client = try connection.makeClient { configuration in
            configuration.requestTimeout = timeout
            configuration.connectionTimeout = min(configuration.connectionTimeout, timeout)
        }
        do {
            if !notify {
                let result = try await client.call(method, params)
                try Output.standard.write(result.line + "\n")
            } else if let params {
                try await client.notify(method, params)
            } else {
                try await client.notify(method)
            }
        } catch let error as RPCClientError {
            // Where the server answers, its session is ended; otherwise there is nobody to wait for.
            if error.kind == .remote { await client.close(sendCloseMessage: true) }
            var failure = Failure(error, url: connection.url)
            if error.kind == .timeout { failure.details = ["--timeout SECONDS waits longer."] }
            throw failure
        }
        await client.close(sendCloseMessage: true)
    }
}

extension CallCommand {
    /// Where the parameters come from.
    enum Params: Hashable {
        case json(JSON)
        case standardInput

        init(argument: String) throws {
            self = argument == "-" ? .standardInput : .json(try ArgumentValues.json(argument))
        }

        func read() throws -> JSON {
            switch self {
            case .json(let json): return json
            case .standardInput:
                let data: Data
                do {
                    data = try FileHandle.standardInput.readToEnd() ?? Data()
                } catch {
                    throw Failure(.usage, "cannot read the parameters from standard input: \(error)")
                }
                do throws(JSONError) {
                    return try JSON(parsing: data)
                } catch {
                    throw Failure(.usage, "the parameters on standard input are not JSON: \(error)")
                }
            }
        }
    }
}
