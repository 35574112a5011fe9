// SPDX-License-Identifier: Apache-2.0
import HoldfastTransport
package import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// The listeners and connections of an application.
package final class HTTPServer: Sendable {
    private struct Loop {
        let eventLoop: any EventLoop
        let context: NIOLoopBound<LoopContext>
    }

    private let responder: any HTTPResponder
    private let context: ServerContext
    private let group: any EventLoopGroup
    private let loops: [Loop]
    private let loopIndex: [ObjectIdentifier: Int]
    private let gate: ConnectionGate
    private let state = Mutex<[any Channel]>([])

    /// - Parameter group: The loops, all idle so far.
    package init(responder: any HTTPResponder, context: ServerContext, group: any EventLoopGroup) async throws {
        self.responder = responder
        self.context = context
        self.group = group
        gate = ConnectionGate(limit: context.limits.http.connections)
        var loops: [Loop] = []
        var index: [ObjectIdentifier: Int] = [:]
        for eventLoop in group.makeIterator() {
            index[ObjectIdentifier(eventLoop)] = loops.count
            let context = try await eventLoop.submit {
                NIOLoopBound(LoopContext(eventLoop: eventLoop), eventLoop: eventLoop)
            }.get()
            loops.append(Loop(eventLoop: eventLoop, context: context))
        }
        self.loops = loops
        self.loopIndex = index
        for loop in loops {
            gate.onPressure { loop.eventLoop.execute { loop.context.value.pressureBegan() } }
        }
    }

    /// Binds a listener and starts to accept.
    ///
    /// - Throws: ``StartupError`` when the address is taken, a certificate cannot be used, or too few files may be opened.
    package func bind(_ listener: Listener) async throws -> BoundAddress {
        if let shortage = gate.shortage(listeners: state.withLock(\.count) + 1) { throw StartupError(shortage) }
        let tls = try listener.tls.map(Self.makeTLSContext)
        let gate = gate
        let buffer = max(2, context.limits.http.responseBuffer)
        let logger = context.logger
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.maxMessagesPerRead, value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptHandler(gate: gate, logger: logger))
                }
            }
            // A client that has stopped sending still gets its answer, under TLS too (RFC 8446 §6.1).
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            // A stream's writer waits while more than this does.
            .childChannelOption(.writeBufferWaterMark, value: .init(low: buffer / 2, high: buffer))
            .childChannelOption(.maxMessagesPerRead, value: 4)
            .childChannelInitializer { [self] channel in
                channel.eventLoop.makeCompletedFuture { try initialize(channel, tls) }
            }
        let channel: any Channel
        do {
            switch listener.address {
            case .hostPort(let host, let port):
                channel = try await bootstrap.childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                    .bind(host: host, port: port).get()
            case .unixSocket(let path):
                channel = try await bootstrap.bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
            }
        } catch {
            throw StartupError("cannot listen on \(listener): \(Self.describe(error))")
        }
        state.withLock { $0.append(channel) }
        let address = channel.localAddress
        return BoundAddress(
            host: address?.ipAddress,
            port: address?.port,
            path: address?.pathname,
            isSecure: tls != nil
        )
    }

    private func initialize(_ channel: any Channel, _ tls: NIOSSLContext?) throws {
        let pipeline = channel.pipeline.syncOperations
        if let tls {
            try pipeline.addHandler(ProtocolNegotiationHandler())
            try pipeline.addHandler(NIOSSLServerHandler(context: tls))
            try pipeline.addHandler(HandshakeTimeoutHandler(timeout: context.limits.http.handshakeTimeout))
        }
        // Every loop of the group was indexed at start.
        guard let index = loopIndex[ObjectIdentifier(channel.eventLoop)] else { return }
        let address = channel.remoteAddress
        let peer = Peer(
            address: address.flatMap { address in
                address.ipAddress.map { "\($0.contains(":") ? "[\($0)]" : $0):\(address.port ?? 0)" }
            },
            isSecure: tls != nil
        )
        try pipeline.addHandler(
            HTTPConnection(
                responder: responder,
                server: context,
                loop: loops[index].context.value,
                peer: peer,
                gate: gate
            )
        )
    }

    // MARK: The end

    /// Closes the listeners.
    package func stopAccepting() async {
        let listeners = state.withLock { state in
            defer { state = [] }
            return state
        }
        for listener in listeners { try? await listener.close().get() }
    }

    /// Tells the connections to end: idle ones close now, busy ones after their answer, WebSockets with 1001.
    package func drain() {
        for loop in loops {
            loop.eventLoop.execute { loop.context.value.drain() }
        }
    }

    /// Closes every connection at once.
    package func closeConnections() {
        for loop in loops {
            loop.eventLoop.execute { loop.context.value.closeAll() }
        }
    }

    /// Waits until every connection is gone, or the task is cancelled.
    package func waitForConnections() async {
        await gate.waitUntilEmpty()
    }

    /// How many connections are open.
    package var connectionCount: Int { gate.count }

    // MARK: Start-up

    private static func makeTLSContext(_ options: TLSOptions) throws -> NIOSSLContext {
        let chain: [NIOSSLCertificate]
        do {
            chain = try NIOSSLCertificate.fromPEMFile(options.certificate)
        } catch {
            throw StartupError("cannot read the certificate \(options.certificate): \(describe(error))")
        }
        guard !chain.isEmpty else { throw StartupError("no certificate in \(options.certificate)") }
        let key: NIOSSLPrivateKey
        do {
            key = try NIOSSLPrivateKey(file: options.key, format: .pem)
        } catch {
            throw StartupError("cannot read the private key \(options.key): \(describe(error))")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        configuration.applicationProtocols = ProtocolNegotiationHandler.protocols
        configuration.minimumTLSVersion =
            switch options.minimumVersion {
            case .tls12: .tlsv12
            case .tls13: .tlsv13
            }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw StartupError(
                "the certificate \(options.certificate) and key \(options.key) do not fit: \(describe(error))"
            )
        }
    }

    private static func describe(_ error: any Error) -> String {
        if let error = error as? IOError {
            switch error.errnoCode {
            case 98, 48: return "the address is in use by another process; choose another port or stop it"
            case 13: return "permission denied; ports below 1024 need privileges"
            case 24: return "the process has opened as many files as it may; raise the limit (ulimit -n)"
            default: break
            }
        }
        return "\(error)"
    }
}
