// SPDX-License-Identifier: Apache-2.0
package import HoldfastTransport

/// Makes links to the server; tests replace it.
package protocol LinkDialer: Sendable {
    /// Begins to make a link.
    ///
    /// - Parameters:
    ///   - transport: what is to carry the messages.
    ///   - receiver: gets the link's messages; set before the first can arrive.
    ///   - progress: called now and then, on any thread, while bytes arrive that make no message yet.
    ///   - completion: called once, on any thread, before the receiver hears of anything.
    /// - Returns: what gives the attempt up; harmless once it is over.
    func dial(
        _ transport: Transport,
        receiver: any MessageReceiver,
        progress: @escaping @Sendable () -> Void,
        completion: @escaping @Sendable (Result<MessageConnection, RPCClientError>) -> Void
    ) -> ScheduledAction
}
