// SPDX-License-Identifier: Apache-2.0
import Foundation
import Holdfast
import Testing

/// `holdfast bench` as a shell sees it.
@Suite(.serialized, .timeLimit(.minutes(2))) struct BenchProgramTests {
    private func report(_ outcome: Program.Outcome) throws -> JSON {
        #expect(outcome.output.count { $0 == "\n" } == 1)
        return try JSON(parsing: outcome.output)
    }

    @Test func `Its JSON is one line with numbers that agree`() async throws {
        try await withServer { url in
            let outcome = try await holdfast(
                "bench",
                url,
                "--connections",
                "3",
                "--in-flight",
                "2",
                "--duration",
                "0.3",
                "--params",
                "[1]",
                "--json"
            )
            #expect(outcome.status == 0)
            #expect(outcome.errors == "")
            let json = try report(outcome)
            #expect(json["url"] == JSON(stringLiteral: url))
            #expect(json["method"] == "echo")
            #expect(json["transport"] == "websocket")
            #expect(json["connections"]?["asked"] == 3)
            #expect(json["connections"]?["made"] == 3)
            #expect(json["errors"]?["total"] == 0)
            let calls = try #require(json["calls"]?.int)
            #expect(calls >= 6)
            let seconds = try #require(json["seconds"]?.double)
            #expect(seconds >= 0.3)
            let rate = try #require(json["callsPerSecond"]?.double)
            #expect((rate * seconds - Double(calls)).magnitude < 0.001)
            let names = ["min", "p50", "p90", "p99", "p999", "max"]
            let latencies = names.compactMap { json["latencyMilliseconds"]?[$0]?.double }
            #expect(latencies.count == names.count)
            #expect(latencies == latencies.sorted())
            let rows = try #require(json["histogram"]?.array)
            #expect(rows.reduce(0) { $0 + ($1["calls"]?.int ?? 0) } == calls)
        }
    }

    @Test func `With a rate it makes the calls that are due`() async throws {
        try await withServer { url in
            let outcome = try await holdfast(
                "bench",
                url,
                "--connections",
                "2",
                "--rate",
                "100",
                "--duration",
                "0.5",
                "--json"
            )
            let json = try report(outcome)
            #expect(json["rate"]?.double == 100)
            let calls = try #require(json["calls"]?.int)
            let unsent = try #require(json["notSent"]?.int)
            #expect(calls + unsent == 50)
            #expect(calls > 0)
        }
    }

    @Test func `With a rate, waiting for a slow answer counts`() async throws {
        try await withServer { url in
            // A call is due every 10 ms and takes 100: the second waits at least 90 ms for the first.
            let outcome = try await holdfast(
                "bench",
                url,
                "--connections",
                "1",
                "--rate",
                "100",
                "--duration",
                "2",
                "--method",
                "delay",
                "--params",
                #"{"seconds": 0.1}"#,
                "--json"
            )
            let json = try report(outcome)
            let calls = try #require(json["calls"]?.int)
            #expect((2...20).contains(calls))
            #expect(json["notSent"]?.int == 200 - calls)
            let slowest = try #require(json["latencyMilliseconds"]?["max"]?.double)
            #expect(slowest >= 190)
            #expect(outcome.status == 0)
        }
    }

    @Test func `The report has no escapes where there is no terminal, and fits the width it is told`() async throws {
        try await withServer { url in
            let outcome = try await holdfast(
                "bench",
                url,
                "--connections",
                "2",
                "--duration",
                "0.2",
                environment: ["COLUMNS": "60"]
            )
            #expect(outcome.status == 0)
            #expect(outcome.errors == "")
            #expect(!outcome.output.contains("\u{1B}"))
            #expect(!outcome.output.contains("\r"))
            let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.first == "echo at \(url)")
            let start = try #require(lines.firstIndex(of: "Histogram"))
            let drawing = lines[(start + 1)...].dropLast()
            #expect(!drawing.isEmpty)
            for line in drawing { #expect(line.count <= 60) }
            #expect(drawing.contains { $0.contains("█") })
        }
    }

    @Test func `Failed calls are counted and end it with 1`() async throws {
        try await withServer { url in
            let outcome = try await holdfast(
                "bench",
                url,
                "--connections",
                "1",
                "--duration",
                "0.1",
                "--method",
                "fail",
                "--params",
                #"{"code": 7, "message": "no"}"#,
                "--json"
            )
            #expect(outcome.status == 1)
            let json = try report(outcome)
            #expect(json["calls"] == 0)
            let failed = try #require(json["errors"]?["remote"]?.int)
            #expect(failed > 0)
            #expect(json["errors"]?["total"]?.int == failed)
            #expect(outcome.errors == "error: \(failed) calls failed; the first: no (7)\n")
        }
    }

    @Test func `Calls without an answer time out`() async throws {
        try await withServer { url in
            let outcome = try await holdfast(
                "bench",
                url,
                "--connections",
                "1",
                "--duration",
                "0.1",
                "--timeout",
                "0.05",
                "--method",
                "delay",
                "--params",
                #"{"seconds": 3600}"#,
                "--json"
            )
            #expect(outcome.status == 1)
            let json = try report(outcome)
            #expect((json["errors"]?["timeout"]?.int ?? 0) > 0)
        }
    }

    @Test func `A server that is not there`() async throws {
        let outcome = try await holdfast("bench", "ws://127.0.0.1:1/rpc", "--connections", "2", "--json")
        #expect(outcome.status == 2)
        #expect(outcome.output == "")
        #expect(outcome.errors.hasPrefix("error: ws://127.0.0.1:1/rpc: cannot connect to 127.0.0.1:1: "))
    }

    @Test func `A server that goes away ends it with what was measured`() async throws {
        let refusal = Refusal()
        try await withServer(
            refusal: refusal,
            { rpc in
                rpc.method("leave") { (call: RPCCall) in
                    refusal.start()
                    call.connection.close(.goingAway)
                }
            }
        ) { url in
            let outcome = try await holdfast(
                "bench",
                url,
                "--transport",
                "websocket",
                "--connections",
                "2",
                "--duration",
                "3600",
                "--method",
                "leave",
                "--json"
            )
            #expect(outcome.status == 2)
            let json = try report(outcome)
            #expect(json["connections"]?["made"] == 2)
            #expect(json["connections"]?["lost"] == 2)
            #expect(json["errors"]?["connection"] == 2)
            #expect(
                outcome.errors
                    == "error: 2 of 2 connections could not be made: the server refused the upgrade with 503\n"
            )
        }
    }

    @Test func `SIGINT ends it with the report so far`() async throws {
        let calls = Calls()
        try await withServer({ rpc in
            rpc.method("count") { (_: JSON, call) in calls.add(.null) }
        }) { url in
            let program = try Program(
                "bench",
                url,
                "--connections",
                "1",
                "--duration",
                "3600",
                "--method",
                "count",
                "--json"
            )
            // When the second call arrives, the first is answered.
            for _ in 0..<3 { _ = await calls.next() }
            program.signal(SIGINT)
            let outcome = await program.outcome()
            #expect(outcome.status == 130)
            #expect(outcome.errors == "")
            let json = try report(outcome)
            #expect(json["interrupted"] == true)
            #expect((json["calls"]?.int ?? 0) >= 1)
        }
    }

    @Test func `More connections than open files are refused before anything connects`() async throws {
        let outcome = try await Program(
            executable: URL(fileURLWithPath: "/bin/sh"),
            ["-c", #"ulimit -n 128 && exec "$0" bench ws://127.0.0.1:1/rpc --connections 1000"#, Program.holdfast.path]
        ).outcome()
        #expect(outcome.status == 64)
        #expect(outcome.errors.hasPrefix("error: Only about 64 connections fit"))
    }
}
