// SPDX-License-Identifier: Apache-2.0

/// Serves an endpoint in Kurento's style: one method for all requests, and callbacks for a session's life.
///
/// Every method has a default that does nothing, so implement what you need. Callbacks of one session are called one after the
/// other, and none of its requests starts meanwhile. What a callback throws goes to
/// ``uncaughtError(_:_:)``.
public protocol RPCHandler: Sendable {
    /// Serves a request or notification.
    ///
    /// Answer through `transaction`, at most once. A request that is unanswered when this returns, and for which
    /// ``Transaction/startAsync()`` was not called, is answered with an empty string. An error thrown is the answer if it is an
    /// ``RPCError``; any other is logged, given to ``uncaughtError(_:_:)`` and answered with −32603.
    func handle(_ request: RPCRequest, _ transaction: Transaction) async throws

    /// A session began, with the client's first message that needs one. The message is handled afterwards.
    func connectionEstablished(_ session: RPCSession) async throws

    /// A client came back to its session; it has its answer already.
    func connectionReconnected(_ session: RPCSession) async throws

    /// A session ended; nobody can come back to it. Called once.
    ///
    /// - Parameter status: why: the reason of the last connection's close, or `Client sent close message`.
    func connectionClosed(_ session: RPCSession, status: String) async throws

    /// The link of a session broke; the session waits for the client to come back.
    func transportError(_ session: RPCSession, _ error: any Error) async throws

    /// A link broke that carried no session.
    func transportError(_ error: any Error) async throws

    /// Another callback threw, or ``handle(_:_:)`` threw something that is no ``RPCError``.
    func uncaughtError(_ session: RPCSession, _ error: any Error) async
}

extension RPCHandler {
    /// Answers every request with an empty string.
    public func handle(_ request: RPCRequest, _ transaction: Transaction) async throws {}
    /// Does nothing.
    public func connectionEstablished(_ session: RPCSession) async throws {}
    /// Does nothing.
    public func connectionReconnected(_ session: RPCSession) async throws {}
    /// Does nothing.
    public func connectionClosed(_ session: RPCSession, status: String) async throws {}
    /// Does nothing; the framework has logged it.
    public func transportError(_ session: RPCSession, _ error: any Error) async throws {}
    /// Does nothing; the framework has logged it.
    public func transportError(_ error: any Error) async throws {}
    /// Does nothing; the framework has logged it.
    public func uncaughtError(_ session: RPCSession, _ error: any Error) async {}
}
