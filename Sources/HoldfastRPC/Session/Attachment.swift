// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport

/// The meeting of a session and a connection: all that the connection holds of the session, and its only way in.
///
/// Whatever it asks of the session carries its generation. Once another connection has met the session, nothing of this one counts
/// any more but the requests and answers that had arrived here.
final class Attachment: MessageSource {
    let session: RPCSession
    let connection: MessageConnection
    let carrier: RPCConnection
    let generation: UInt64

    init(_ session: RPCSession, _ connection: MessageConnection, _ carrier: RPCConnection, generation: UInt64) {
        self.session = session
        self.connection = connection
        self.carrier = carrier
        self.generation = generation
    }

    /// Gives the connection what the session has to say next.
    func takeMessage() -> Message? {
        session.take(generation)
    }
}
