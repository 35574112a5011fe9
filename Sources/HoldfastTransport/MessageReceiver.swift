// SPDX-License-Identifier: Apache-2.0

/// Takes a connection's messages synchronously, on the link's loop, in the order they arrived.
package protocol MessageReceiver: AnyObject, Sendable {
    /// A message arrived.
    func receive(_ message: Message, from connection: MessageConnection)
    /// The link is gone; called once, last.
    func connectionClosed(_ connection: MessageConnection, reason: CloseReason)
}

/// The transport's side of a connection: what moves the queued messages to the peer.
///
/// Every call may come from any thread and never holds the connection's lock.
package protocol MessageLink: AnyObject, Sendable {
    /// There is something to take with ``MessageConnection/takeOutbound()``; not called again before `.idle` was taken.
    func outboundReady()
    /// Stop or resume reading from the peer: the inbound queue is full, or has room again.
    func setReading(_ reading: Bool)
    /// Where the connection's handlers run; `nil` for the global executor.
    var executor: (any TaskExecutor)? { get }
}

/// What a connection sends besides its own queue: the link takes from it when the peer has room, so that nothing waits in two places.
package protocol MessageSource: AnyObject, Sendable {
    /// Gives the next message, to be sent at once; on the link's loop, and never under the connection's lock.
    func takeMessage() -> Message?
}
