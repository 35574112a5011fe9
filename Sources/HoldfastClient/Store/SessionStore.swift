// SPDX-License-Identifier: Apache-2.0

/// Where a client keeps its session, so that the program finds back to it when it is started again.
///
/// What is kept is a text of some hundred bytes and the messages that the server has not acknowledged. It holds the secret that opens
/// the session: nobody else may read it. A client calls these from one thread at a time, and waits for them before it sends.
public protocol SessionStore: Sendable {
    /// Makes the store one client's alone, until ``release()`` or the end of the program.
    ///
    /// - Returns: Whether it is this client's now; another client opens a session of its own and keeps nothing.
    func acquire() throws -> Bool

    /// What was kept last; `nil` when nothing is.
    func load() throws -> [UInt8]?

    /// Keeps a state in the place of the one before: whenever the program ends, one or the other is found whole.
    func save(_ state: [UInt8]) throws

    /// Keeps nothing any more.
    func remove() throws

    /// Lets others have the store.
    func release()
}
