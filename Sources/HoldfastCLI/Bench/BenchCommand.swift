// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import HoldfastClient
internal import HoldfastTransport
internal import UnixSignals

/// `holdfast bench`: many calls, and how long they took.
struct BenchCommand: AsyncParsableCommand {
    /// Connections times calls in flight on each.
    static let callsAtOnceLimit = 100_000

    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Calls a method many times over many connections and reports rates and latencies.",
        discussion: """
            Without --rate every connection makes its next call when the one before is answered, so a slow server is \
            asked less. With --rate calls are due at fixed times and latency is counted from when a call was due, not \
            from when it could be sent: the wait that a slow answer causes for the calls behind it is counted too (no \
            coordinated omission). Calls that were due and found no free connection until the end are reported as not \
            sent; raise --connections or --in-flight.

            Failed calls count as failed and not in the latencies. A connection that is lost is made once more; when \
            that fails it stays away. Latencies are at most 0.8 % too long. SIGINT (Ctrl-C) ends early with the report \
            of what was measured.

            holdfast bench ws://127.0.0.1:8080/rpc --connections 4 --duration 1


            """
                + ExitStatus.table(of: [
                    .success, .callFailed, .noConnection, .timeout, .outputFailed, .usage, .interrupted,
                ])
    )

    @OptionGroup var connection: ConnectionOptions

    @Option(
        help: ArgumentHelp("How many connections. Default: 10.", valueName: "n"),
        transform: ArgumentValues.integer(1...10_000)
    )
    var connections = 10

    @Option(
        help: ArgumentHelp("How many calls wait for answers at once on each connection. Default: 1.", valueName: "n"),
        transform: ArgumentValues.integer(1...1000)
    )
    var inFlight = 1

    @Option(
        help: ArgumentHelp("Calls a second over all connections. Default: as many as get answers.", valueName: "n"),
        transform: ArgumentValues.number(0.1...1_000_000, "calls a second")
    )
    var rate: Double?

    @Option(
        help: ArgumentHelp("How long to call. Default: 10.", valueName: "seconds"),
        transform: ArgumentValues.seconds(0.1...86_400)
    )
    var duration: Duration = .seconds(10)

    @Option(
        help: ArgumentHelp("How long to wait for an answer. Default: 10.", valueName: "seconds"),
        transform: ArgumentValues.seconds(0.001...3600)
    )
    var timeout: Duration = .seconds(10)

    @Option(help: ArgumentHelp("The method to call.", valueName: "name"))
    var method = "echo"

    @Option(
        help: ArgumentHelp("The parameters. Default: none.", valueName: "json"),
        transform: ArgumentValues.json
    )
    var params: JSON?

    @Flag(help: "Print one JSON object instead of the report.")
    var json = false

    mutating func validate() throws {
        guard connections * inFlight <= Self.callsAtOnceLimit else {
            throw ValidationError("--connections times --in-flight must not exceed \(Self.callsAtOnceLimit).")
        }
        if let room = OpenFiles.room(for: connections) {
            throw ValidationError(
                "Only about \(room) connections fit into the number of open files allowed; raise it with 'ulimit -n'."
            )
        }
    }

    func run() async throws {
        let plan = BenchPlan(
            url: connection.url,
            method: method,
            params: params,
            connections: connections,
            inFlight: inFlight,
            rate: rate,
            duration: duration,
            timeout: timeout
        )
        let signals = await UnixSignalsSequence(trapping: .sigint)
        let bench = Bench(plan: plan) {
            try connection.makeClient { configuration in
                configuration.waitingCalls = inFlight + 1
                // A ping would be measured too, and a loss is to be seen.
                configuration.heartbeat = nil
                configuration.reconnection.maximumTime = .zero
            }
        }
        let report = try await bench.run(until: signals)
        let terminal = Terminal.standard
        try Output.standard.write(
            json ? report.json.text + "\n" : report.text(width: terminal.width, style: Style(terminal))
        )
        if report.wasInterrupted { throw Interrupted() }
        if let failure = report.failure { throw failure }
    }
}
