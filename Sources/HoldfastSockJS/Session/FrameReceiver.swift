// SPDX-License-Identifier: Apache-2.0
package import NIOCore

/// A response that carries a session's frames to the client for a while.
package protocol FrameReceiver: AnyObject, Sendable {
    var id: ReceiverID { get }
    var mode: SessionStateMachine.ReceiverMode { get }
    /// The loop on which it writes and ends.
    var eventLoop: any EventLoop { get }
    /// Whether the client is still there; callable from any thread.
    var isOpen: Bool { get }
    /// Runs `action` once when the client leaves before ``end()``, at once if it has left.
    func whenBroken(_ action: @escaping @Sendable () -> Void)
    /// Runs `action` once when the client sends no more but may still read, at once if that has happened; a response without an end
    /// breaks then instead.
    func whenInputEnds(_ action: @escaping @Sendable () -> Void)
    /// Writes what the response begins with.
    func writePrelude()
    /// Writes a frame as one piece and returns its size in bytes.
    func write(_ frame: Frame) -> Int
    /// Ends the response.
    func end()
}
