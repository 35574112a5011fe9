// SPDX-License-Identifier: Apache-2.0
internal import NIOCore
internal import NIOPosix

/// A TCP proxy between a client and a server that breaks and bends the links through it.
///
/// ```swift
/// try await withLinkCutter(to: server) { cutter in
///     try await server.withClient(to: "/rpc", through: cutter) { client in
///         await cutter.cut()
///         …                       // the client comes back
///     }
/// }
/// ```
///
/// All members may be used from any task; when one returns, what it asked for is in force.
public final class LinkCutter: Sendable {
    private let origin: String
    private let core: NIOLoopBound<CutterCore>
    private let eventLoop: any EventLoop
    private let listener: any Channel

    /// Starts a cutter; ``withLinkCutter(to:conditions:_:)`` also ends it.
    ///
    /// - Parameters:
    ///   - server: The server behind it.
    ///   - conditions: What it does from the beginning.
    public static func start(to server: TestServer, conditions: LinkConditions = .init()) async throws -> LinkCutter {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let core = try await eventLoop.submit {
            NIOLoopBound(CutterCore(eventLoop, port: server.port, conditions: conditions), eventLoop: eventLoop)
        }.get()
        let listener = try await ServerBootstrap(group: eventLoop)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.autoRead, value: false)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try core.value.accept(channel) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let scheme = server.tls == nil ? "http" : "https"
        let origin = "\(scheme)://127.0.0.1:\(listener.localAddress?.port ?? 0)"
        return LinkCutter(origin: origin, core, eventLoop, listener)
    }

    private init(
        origin: String,
        _ core: NIOLoopBound<CutterCore>,
        _ eventLoop: any EventLoop,
        _ listener: any Channel
    ) {
        self.origin = origin
        self.core = core
        self.eventLoop = eventLoop
        self.listener = listener
    }

    /// The URL of a path on the server, through the cutter.
    public func url(_ path: String = "/") -> String {
        origin + path
    }

    /// How many links stand.
    public var linkCount: Int {
        get async { await onLoop { $0.linkCount } }
    }

    /// Changes what is done to links, also to those that stand.
    public func update(_ change: @escaping @Sendable (inout LinkConditions) -> Void) async {
        await onLoop { $0.update(change) }
    }

    /// Resets every link that stands.
    public func cut() async {
        await onLoop { $0.cut() }
    }

    /// Cuts the link on which the `count`-th byte from now arrives, right behind that byte; the bytes of all links count.
    ///
    /// - Parameters:
    ///   - count: More than zero.
    ///   - direction: Which bytes count.
    public func cut(after count: Int, _ direction: LinkDirection) async {
        await onLoop { $0.cut(after: count, direction) }
    }

    /// Whether a cut asked for by ``cut(after:_:)`` is still to come.
    public var isArmed: Bool {
        get async { await onLoop { $0.isArmed } }
    }

    /// Cuts every link and takes no more.
    public func close() async {
        try? await listener.close()
        await cut()
    }

    private func onLoop<Result: Sendable>(_ action: @escaping @Sendable (CutterCore) -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            eventLoop.execute { [core] in continuation.resume(returning: action(core.value)) }
        }
    }
}

/// Puts a cutter in front of a server while `body` runs.
///
/// - Parameters:
///   - server: The server behind it.
///   - conditions: What it does from the beginning.
///   - body: The test.
@discardableResult
public func withLinkCutter<Result>(
    to server: TestServer,
    conditions: LinkConditions = .init(),
    _ body: (LinkCutter) async throws -> Result
) async throws -> Result {
    let cutter = try await LinkCutter.start(to: server, conditions: conditions)
    do {
        let result = try await body(cutter)
        await cutter.close()
        return result
    } catch {
        await cutter.close()
        throw error
    }
}
