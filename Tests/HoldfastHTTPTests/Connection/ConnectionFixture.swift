// SPDX-License-Identifier: Apache-2.0
import HoldfastTransport
import Logging
import NIOCore
import NIOEmbedded
import Synchronization

@testable import HoldfastHTTP

/// A connection of a server without a network, on a loop whose time the test moves.
///
/// Everything happens on the thread that made it, so tests that use it are synchronous.
final class TestConnection {
    let loop = EmbeddedEventLoop()
    let channel: EmbeddedChannel
    let loopContext: LoopContext
    let handler: HTTPConnection
    private let socket = Socket()

    init(_ change: (inout Limits) -> Void = { _ in }, routes: (Router) -> Void) throws {
        var limits = Limits()
        change(&limits)
        let router = Router()
        routes(router)
        loopContext = LoopContext(eventLoop: loop)
        channel = EmbeddedChannel(loop: loop)
        handler = HTTPConnection(
            responder: RouterResponder(router: try router.freeze(), limits: limits.http),
            server: ServerContext(limits: limits, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }),
            loop: loopContext,
            peer: Peer(address: "192.0.2.1:5000", isSecure: false)
        )
        try channel.pipeline.syncOperations.addHandlers([socket, handler])
        try channel.connect(to: SocketAddress(ipAddress: "192.0.2.2", port: 80)).wait()
    }

    /// Whether the server has kept the connection.
    var isOpen: Bool { channel.isActive }

    func send(_ text: String) throws {
        try channel.writeInbound(ByteBuffer(string: text))
        loop.run()
    }

    /// A request without a body.
    func get(_ path: String, _ fields: String = "", method: String = "GET", version: String = "1.1") throws {
        try send("\(method) \(path) HTTP/\(version)\r\nHost: site.test\r\n\(fields)\r\n")
    }

    /// The client's sending side ends.
    func stopSending() {
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        loop.run()
    }

    /// The client is gone.
    func leave() {
        channel.close(promise: nil)
        loop.run()
    }

    func advance(_ time: TimeAmount) {
        loop.advanceTime(by: time)
        loop.run()
    }

    /// Whether the client takes what it is sent.
    func setWritable(_ writable: Bool) {
        channel.isWritable = writable
        socket.isStuck = !writable
        channel.pipeline.fireChannelWritabilityChanged()
        loop.run()
    }

    /// What the server has sent since the last look, without `Date` lines.
    func taken() throws -> String {
        loop.run()
        var text = ""
        while let piece = try channel.readOutbound(as: ByteBuffer.self) { text += String(buffer: piece) }
        return text.split(separator: "\r\n", omittingEmptySubsequences: false)
            .filter { !$0.hasPrefix("Date: ") }
            .joined(separator: "\r\n")
    }

    /// The status codes of what the server has sent since the last look.
    func statuses() throws -> [String] {
        try taken().components(of: "HTTP/1.1 ").map { String($0.prefix(3)) }
    }
}

/// Where a socket would be: holds what is written while its client takes nothing.
private final class Socket: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer

    private var context: ChannelHandlerContext?
    private var held: [(bytes: NIOAny, promise: EventLoopPromise<Void>?)] = []
    var isStuck = false {
        didSet {
            guard !isStuck, let context else { return }
            for write in held { context.write(write.bytes, promise: write.promise) }
            held = []
            context.flush()
        }
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        for write in held { write.promise?.fail(ChannelError.ioOnClosedChannel) }
        held = []
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if isStuck { held.append((data, promise)) } else { context.write(data, promise: promise) }
    }
}

extension String {
    /// The parts that follow each `mark`.
    fileprivate func components(of mark: String) -> [Substring] {
        var parts: [Substring] = []
        var rest = self[...]
        while let range = rest.firstRange(of: mark) {
            rest = rest[range.upperBound...]
            parts.append(rest[..<(rest.firstRange(of: mark)?.lowerBound ?? rest.endIndex)])
        }
        return parts
    }
}

/// Holds handlers back until the test opens it, and tells how those that waited fared.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiters: [Int: CheckedContinuation<Void, any Error>] = [:]
        var next = 0
        var cancelled = 0
    }

    private let state = Mutex(State())

    /// How many wait.
    var waiting: Int { state.withLock { $0.waiters.count } }
    /// How many were cancelled while they waited.
    var cancelled: Int { state.withLock { $0.cancelled } }

    func open() {
        let waiters = state.withLock { state in
            state.isOpen = true
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in waiters.values { waiter.resume() }
    }

    func wait() async throws {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (waiter: CheckedContinuation<Void, any Error>) in
                let isOpen = state.withLock { state in
                    if !state.isOpen { state.waiters[id] = waiter }
                    return state.isOpen
                }
                if isOpen { waiter.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.cancelled += 1
                return state.waiters.removeValue(forKey: id)
            }
            waiter?.resume(throwing: CancellationError())
        }
    }
}
