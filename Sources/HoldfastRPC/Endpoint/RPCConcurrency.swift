// SPDX-License-Identifier: Apache-2.0

/// Whether a request holds back the later requests of its session.
///
/// Requests get their turn in the order they came. Those of a connection also begin in that order, on its event loop, whichever
/// thread gave them their turn. There is no such order between threads: of two requests that may run beside each other either
/// may begin first when they came over connections of different event loops, or run on the global concurrent executor because
/// their connection has no loop, as in-memory ones.
public enum RPCConcurrency: Sendable, Hashable {
    /// The session's next requests start when this one has finished, so handlers need no locks for the session's state.
    case serial
    /// The session's next requests do not wait for this one. It starts when the serial requests before it have finished.
    case concurrent
}
