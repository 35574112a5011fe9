// SPDX-License-Identifier: Apache-2.0
import HoldfastClient
import HoldfastTransport
import Testing

@testable import HoldfastCLI

@Suite struct ReportTests {
    private var plan: BenchPlan {
        BenchPlan(
            url: "ws://h/rpc",
            method: "echo",
            params: nil,
            connections: 2,
            inFlight: 1,
            rate: nil,
            duration: .seconds(2),
            timeout: .seconds(1)
        )
    }

    /// What 1,000 calls of 1 to 1,000 ms make.
    private var tally: BenchTally {
        var tally = BenchTally()
        for _ in 0..<2 { tally.connects.record(.milliseconds(3)) }
        tally.transport = .webSocket
        tally.elapsed = .seconds(2)
        tally.sent = 1000
        for number in 1...1000 { tally.latencies.record(.milliseconds(number)) }
        return tally
    }

    private func report(_ tally: BenchTally, rate: Double? = nil, wasInterrupted: Bool = false) -> BenchReport {
        var plan = plan
        plan.rate = rate
        return BenchReport(plan: plan, tally: tally, wasInterrupted: wasInterrupted)
    }

    @Test func `The report tells connections, calls, rate and latencies`() {
        let text = report(tally).text(width: 80, style: Style(isOn: false))
        #expect(
            text.hasPrefix(
                """
                echo at ws://h/rpc
                over websocket, 1 in flight on each connection, as fast as answers come

                Connections  2 of 2 made; median 3.00 ms, slowest 3.00 ms
                Calls        1,000 answered, 0 failed
                Throughput   500/s for 2 s

                Latency
                  min      1.00 ms
                  50 %      501 ms
                  90 %      902 ms
                  99 %      994 ms
                  99.9 %    1.00 s
                  max       1.00 s
                  mean      500 ms

                Histogram

                """
            ),
            "\(text)"
        )
        #expect(!text.contains("\u{1B}"))
        #expect(report(tally).failure == nil)
    }

    @Test(arguments: [24, 40, 41, 60, 80, 200]) func `The drawing fits the terminal`(width: Int) {
        let rows = report(tally).tally.latencies.rows(BenchReport.rowCount)
        let lines = HistogramDrawing(rows: rows).lines(width: width, style: Style(isOn: false))
        #expect(lines.count == rows.count)
        // Below that there is no room for numbers and a bar.
        for line in lines { #expect(line.count <= max(width, 30), "\(line)") }
        let longest = lines.map { $0.count { $0 == "█" } }.max() ?? 0
        #expect(longest >= max(1, width - 40), "the longest bar uses the room there is")
    }

    @Test(arguments: [(0.0, ""), (0.0001, "▏"), (0.5, "████"), (0.56, "████▌"), (1.0, "████████"), (2.0, "████████")])
    func `Bars grow by eighths and what is not nothing is seen`(part: Double, expected: String) {
        #expect(HistogramDrawing.bar(part, width: 8) == expected)
    }

    @Test func `Colour only marks what is there without it`() {
        let plain = report(tally).text(width: 80, style: Style(isOn: false))
        let coloured = report(tally).text(width: 80, style: Style(isOn: true))
        #expect(coloured.contains("\u{1B}[36m"))
        #expect(coloured.replacing(/\u{1B}\[[0-9;]*m/, with: "") == plain)
    }

    @Test func `Failed calls are counted by cause and make the status`() {
        var tally = tally
        tally.recordFailure(RPCClientError(.timeout, "no answer in time"))
        tally.recordFailure(RPCClientError(.timeout, "no answer in time"))
        tally.recordFailure(RPCClientError(.transport, "lost"))
        let report = report(tally)
        #expect(report.text(width: 80, style: Style(isOn: false)).contains("3 failed (timeout 2, connection 1)\n"))
        #expect(report.failure == Failure(.callFailed, "3 calls failed; the first: no answer in time"))
        #expect(report.json["errors"]?.text == #"{"total":3,"remote":0,"timeout":2,"connection":1,"other":0}"#)
    }

    @Test func `Missing connections make the status before failed calls`() {
        var tally = tally
        tally.recordFailure(RPCClientError(.transport, "lost"))
        tally.unmade = 1
        tally.lost = [0]
        tally.connectError = RPCClientError(.transport, "Connection refused")
        let report = report(tally)
        let expected = Failure(.noConnection, "2 of 2 connections could not be made: Connection refused")
        #expect(report.failure == expected)
        #expect(report.text(width: 80, style: Style(isOn: false)).contains("; 1 lost\n"))
    }

    @Test func `Calls that were due and not sent are reported`() {
        let report = report(tally, rate: 1000)
        #expect(report.unsent == 1000)
        #expect(report.text(width: 80, style: Style(isOn: false)).contains("Not sent     1000 calls that were due"))
        #expect(report.json["notSent"]?.int == 1000)
        #expect(self.report(tally, rate: 500).unsent == 0)
    }

    @Test func `An early end is told`() {
        var tally = tally
        tally.elapsed = .milliseconds(1500)
        let report = report(tally, rate: 1000, wasInterrupted: true)
        #expect(report.text(width: 80, style: Style(isOn: false)).contains("667/s for 1.5 s, then interrupted\n"))
        #expect(report.json["interrupted"]?.bool == true)
        // Only what was due until then.
        #expect(report.unsent == 500)
    }

    @Test func `Without an answer there is nothing to draw`() {
        var tally = BenchTally()
        tally.elapsed = .seconds(2)
        let report = report(tally)
        #expect(!report.text(width: 80, style: Style(isOn: false)).contains("Latency"))
        #expect(report.json["latencyMilliseconds"]?["p50"] == .null)
        #expect(report.json["histogram"]?.text == "[]")
    }

    @Test func `The JSON has the same numbers`() throws {
        let json = report(tally, rate: 500).json
        #expect(json["url"] == "ws://h/rpc")
        #expect(json["transport"] == "websocket")
        #expect(json["rate"]?.double == 500)
        #expect(json["seconds"]?.double == 2)
        #expect(json["calls"] == 1000)
        #expect(json["callsPerSecond"]?.double == 500)
        #expect(json["connections"]?["made"] == 2)
        #expect(json["connections"]?["connectMilliseconds"]?["max"]?.double == 3)
        let latency = try #require(json["latencyMilliseconds"])
        #expect(latency.members?.map(\.key) == ["min", "p50", "p90", "p99", "p999", "max", "mean"])
        #expect(latency["min"]?.double == 1)
        #expect(latency["max"]?.double == 1000)
        #expect(latency["mean"]?.double == 500.5)
        let median = try #require(latency["p50"]?.double)
        #expect(median >= 500 && median < 504)
        let rows = try #require(json["histogram"]?.array)
        #expect(rows.reduce(0) { $0 + ($1["calls"]?.int ?? 0) } == 1000)
    }

    @Test(arguments: [
        (Duration.nanoseconds(0), "0 ns"), (.nanoseconds(999), "999 ns"), (.nanoseconds(1000), "1.00 µs"),
        (.nanoseconds(12_345), "12.3 µs"), (.nanoseconds(99_949), "99.9 µs"), (.nanoseconds(99_950), "100 µs"),
        (.nanoseconds(999_600), "1.00 ms"), (.milliseconds(123), "123 ms"), (.seconds(75), "75.0 s"),
        (.seconds(4000), "4000 s"),
    ])
    func `Times have three digits that count`(duration: Duration, expected: String) {
        #expect(Figures.time(duration) == expected)
    }

    @Test func `Numbers are grouped, rates rounded`() {
        #expect(Figures.grouped(0) == "0")
        #expect(Figures.grouped(999) == "999")
        #expect(Figures.grouped(1_234_567) == "1,234,567")
        #expect(Figures.rate(12_345.6) == "12,346/s")
        #expect(Figures.rate(0.5) == "0.50/s")
        #expect(Figures.seconds(.milliseconds(2500)) == "2.5 s")
        #expect(Figures.seconds(.seconds(10)) == "10 s")
        #expect(Figures.share(1, of: 3) == "33.3 %")
    }

    @Test func `The progress line tells how far it is`() {
        let progress = BenchProgress(plan: plan)
        let now = ContinuousClock.now
        var tally = tally
        #expect(progress.line(tally, now: now) == "connecting: 2 of 2")
        tally.begin = now - .milliseconds(500)
        #expect(progress.line(tally, now: now) == "0.5 s of 2 s  1,000 calls  2,000/s  0 failed")
    }
}
