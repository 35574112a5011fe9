// SPDX-License-Identifier: Apache-2.0
import HoldfastClient
import HoldfastRPC
import HoldfastTransport
import Logging
import Synchronization

/// An RPC service whose links are made in memory and whose time moves by hand.
final class MemoryServer: LinkDialer {
    private struct State {
        var service: RPCService
        var pairs: [InMemoryPair] = []
        var dialed: [Transport] = []
        var refused: Set<Transport> = []
        var refusesAll = false
        var hangs = false
        var query: String? = RPCOptions.Wire.plainQueryItem
    }

    let scheduler = ManualScheduler()
    private let state: Mutex<State>
    private let makeService: @Sendable (ManualScheduler) -> RPCService

    init(
        options: RPCOptions = .init(),
        _ configure: @escaping @Sendable (RPCEndpoint) -> Void = { _ in }
    ) {
        makeService = { scheduler in
            let endpoint = RPCEndpoint(label: "test")
            endpoint.method("echo") { (params: JSON, _) in params }
            endpoint.method("sum") { (params: [String: Int], _) in params.values.reduce(0, +) }
            configure(endpoint)
            var logger = Logger(label: "test")
            logger.logLevel = .critical
            return RPCService(endpoint, options: options, scheduler: scheduler, logger: logger)
        }
        state = Mutex(State(service: makeService(scheduler)))
    }

    var dialed: [Transport] { state.withLock { $0.dialed } }
    var sessionCount: Int { state.withLock { $0.service }.sessionCount }

    /// Forgets every session, as a server that was started anew.
    func restart() {
        let service = makeService(scheduler)
        state.withLock { $0.service = service }
        cut()
    }

    /// Cuts the link of now, without a close.
    func cut() {
        state.withLock { $0.pairs.last }?.cut()
    }

    func refuse(_ transports: Set<Transport>) { state.withLock { $0.refused = transports } }
    func refuseAll(_ value: Bool) { state.withLock { $0.refusesAll = value } }
    /// Links speak Kurento's wire from now on, as if the server knew no other.
    func forgetPlain() { state.withLock { $0.query = nil } }
    /// Attempts neither succeed nor fail any more.
    func hang() { state.withLock { $0.hangs = true } }

    func dial(
        _ transport: Transport,
        receiver: any MessageReceiver,
        progress: @escaping @Sendable () -> Void,
        completion: @escaping @Sendable (Result<MessageConnection, RPCClientError>) -> Void
    ) -> ScheduledAction {
        let (service, refuses, hangs) = state.withLock { state in
            state.dialed.append(transport)
            return (state.service, state.refusesAll || state.refused.contains(transport), state.hangs)
        }
        if hangs { return ScheduledAction {} }
        guard !refuses else {
            completion(.failure(RPCClientError(.transport, "refused")))
            return ScheduledAction {}
        }
        let info = ConnectionInfo(query: state.withLock { $0.query })
        let pair = InMemoryPair(info: info, transport: transport)
        state.withLock { $0.pairs.append(pair) }
        pair.client.setReceiver(receiver)
        service.accept(pair.server)
        completion(.success(pair.client))
        return ScheduledAction {}
    }

    func makeClient(
        transports: [Transport] = [.webSocket],
        _ configure: (inout RPCClientConfiguration) -> Void = { _ in }
    ) throws -> RPCClient {
        var configuration = RPCClientConfiguration()
        configuration.logger.logLevel = .critical
        configure(&configuration)
        return try RPCClient(
            dialer: self,
            scheduler: scheduler,
            transports: transports,
            configuration: configuration,
            random: { 0.5 }
        )
    }
}

/// Collects a client's events in order.
final class EventLog: Sendable {
    private let events = Mutex<[RPCClientEvent]>([])

    init(_ client: RPCClient) {
        client.onEvent { event in self.events.withLock { $0.append(event) } }
    }

    var all: [RPCClientEvent] { events.withLock { $0 } }
}

/// Something one task waits for and another does.
final class Signal<Value: Sendable>: Sendable {
    private let stream: AsyncStream<Value>
    private let continuation: AsyncStream<Value>.Continuation

    init() {
        (stream, continuation) = AsyncStream.makeStream()
    }

    func send(_ value: Value) { continuation.yield(value) }

    func next() async -> Value? {
        for await value in stream { return value }
        return nil
    }
}
