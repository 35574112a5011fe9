// SPDX-License-Identifier: Apache-2.0
import HoldfastTransport
import Logging
import NIOCore

@testable import HoldfastRPC

/// The objects that a machine only passes on.
final class Stage: Sendable {
    private let service: RPCService
    private let session: RPCSession
    private let carrier: RPCConnection
    let connections: [MessageConnection]
    /// Requests by number.
    private let requests: [InboundRequest]

    init(links: Int, requests count: Int) {
        let service = RPCService(
            RPCEndpoint(),
            scheduler: ManualScheduler(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        self.service = service
        session = RPCSession(service: service)
        carrier = RPCConnection(service: service, wire: .kurento)
        let connections = (0..<links).map { _ in InMemoryPair().server }
        self.connections = connections
        requests = (0...count).map { number in
            InboundRequest(
                method: "m",
                id: RPCID(Envelope.ID(number)),
                params: nil,
                handler: .failing(.internalError),
                connection: connections[0],
                route: .session,
                wire: .kurento,
                isNew: false,
                bytes: 10
            )
        }
    }

    func make(_ index: Int) -> (UInt64) -> Attachment {
        { [self] in Attachment(session, connections[index], carrier, generation: $0) }
    }

    var requestCount: Int { requests.count }

    func request(_ number: Int) -> InboundRequest { requests[number] }

    /// A request with counters that came over a link.
    func request(_ number: Int, over index: Int, _ counters: MessageCounters) -> InboundRequest {
        InboundRequest(
            method: "m",
            id: RPCID(Envelope.ID(number)),
            params: nil,
            handler: .failing(.internalError),
            connection: connections[index],
            route: .session,
            wire: .plain,
            isNew: false,
            bytes: 10,
            counters: counters
        )
    }
}
