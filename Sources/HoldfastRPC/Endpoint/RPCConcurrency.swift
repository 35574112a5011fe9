// SPDX-License-Identifier: Apache-2.0

/// Whether a request holds back the later requests of its session.
public enum RPCConcurrency: Sendable, Hashable {
    /// The session's next requests start when this one has finished, so handlers need no locks for the session's state.
    case serial
    /// The session's next requests do not wait for this one. It starts when the serial requests before it have finished.
    case concurrent
}
