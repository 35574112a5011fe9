// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport

/// What an application wants to hear of its sessions.
struct RPCCallbacks: Sendable {
    var onOpen: [@Sendable (RPCSession) async throws -> Void] = []
    var onReconnect: [@Sendable (RPCSession) async throws -> Void] = []
    var onClose: [@Sendable (RPCSession, CloseReason) async throws -> Void] = []
    var onGap: [@Sendable (RPCSession, RPCGap) async throws -> Void] = []
    var onTransportError: [@Sendable (RPCSession?, any Error) async throws -> Void] = []
    var onUncaughtError: [@Sendable (RPCSession, any Error) async -> Void] = []

    init() {}

    init(_ handler: some RPCHandler) {
        onOpen = [{ try await handler.connectionEstablished($0) }]
        onReconnect = [{ try await handler.connectionReconnected($0) }]
        onClose = [{ try await handler.connectionClosed($0, status: $1.text) }]
        onTransportError = [
            { session, error in
                if let session {
                    try await handler.transportError(session, error)
                } else {
                    try await handler.transportError(error)
                }
            }
        ]
        onUncaughtError = [{ await handler.uncaughtError($0, $1) }]
    }

    func uncaughtError(_ session: RPCSession, _ error: any Error) async {
        for callback in onUncaughtError { await callback(session, error) }
    }
}
