// SPDX-License-Identifier: Apache-2.0
package import HoldfastTransport
import Synchronization

/// The connections that have to be told when the server shuts down.
package final class ConnectionRegistry: Sendable {
    private let connections = Mutex<[ObjectIdentifier: MessageConnection]>([:])

    package init() {}

    package func add(_ connection: MessageConnection) {
        connections.withLock { $0[ObjectIdentifier(connection)] = connection }
    }

    package func remove(_ connection: MessageConnection) {
        connections.withLock { $0[ObjectIdentifier(connection)] = nil }
    }

    package var all: [MessageConnection] { connections.withLock { Array($0.values) } }
}
