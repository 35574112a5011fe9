// SPDX-License-Identifier: Apache-2.0
internal import Metrics

/// The numbers an endpoint reports.
struct RPCMetrics: Sendable {
    private let opened: Counter
    private let closed: Counter
    private let failures: Counter
    private let resumptions: Counter
    private let label: String

    init(label: String) {
        let dimensions = [("endpoint", label)]
        opened = Counter(label: "holdfast_rpc_sessions_opened_total", dimensions: dimensions)
        closed = Counter(label: "holdfast_rpc_sessions_closed_total", dimensions: dimensions)
        failures = Counter(label: "holdfast_rpc_handler_failures_total", dimensions: dimensions)
        resumptions = Counter(label: "holdfast_rpc_sessions_resumed_total", dimensions: dimensions)
        self.label = label
    }

    func sessionOpened() { opened.increment() }
    func sessionClosed() { closed.increment() }
    func resumed() { resumptions.increment() }
    func handlerFailed() { failures.increment() }

    /// A limit was hit; rare enough to look the counter up.
    func refused(_ what: String) {
        Counter(label: "holdfast_rpc_refused_total", dimensions: [("endpoint", label), ("limit", what)]).increment()
    }
}
