// SPDX-License-Identifier: Apache-2.0
package import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The output of one connection: sends it, and knows what the peer has not taken yet.
///
/// Where nothing stands between handler and socket, bytes are sent at once; only what the socket does not take waits in the channel. Used on the connection's loop only, by one handler at a time: HTTP's, and after an upgrade the next protocol's.
package final class ConnectionWriter {
    private typealias Socket = NIOTransportAccessibleChannelCore<NIOBSDSocket.Handle>

    /// All bytes that were ever sent.
    private var total = 0
    /// Writes that the channel has not finished.
    private var outstanding = 0
    private var context: ChannelHandlerContext?
    private var onChange: ((_ isBehind: Bool) -> Void)?
    private var socket: (any Socket)?
    /// Whether the handler has been told that the socket is behind.
    private var toldBehind = false

    package init() {}

    /// Sends through `context` from now on.
    ///
    /// - Parameters:
    ///   - sendsDirectly: Whether bytes may pass by the handlers between this one and the socket: there is no TLS.
    ///   - onChange: Told when the socket cannot take everything, and when it has caught up.
    package func attach(
        _ context: ChannelHandlerContext,
        sendsDirectly: Bool,
        onChange: @escaping (_ isBehind: Bool) -> Void
    ) {
        self.context = context
        self.onChange = onChange
        socket = sendsDirectly ? context.channel._channelCore as? any Socket : nil
    }

    /// Lets go of a handler, unless another has taken its place.
    package func detach(_ context: ChannelHandlerContext) {
        guard self.context === context else { return }
        self.context = nil
        onChange = nil
        socket = nil
    }

    /// Whether some of what was sent has not been handed to the operating system.
    package var isBehind: Bool { outstanding > 0 }

    // MARK: Sending

    /// Sends bytes, and gives back a buffer for the next ones: theirs, emptied, if it is no larger than `capacity`.
    ///
    /// The channel may call the handler back meanwhile, which may send in turn: its bytes come after these.
    package func send(_ bytes: consuming ByteBuffer, keeping capacity: Int) -> ByteBuffer {
        total += bytes.readableBytes
        sendDirectly(&bytes, more: false)
        if bytes.readableBytes > 0 {
            writeToChannel(bytes)
        } else if bytes.storageCapacity <= capacity {
            bytes.clear()
            return bytes
        }
        return ByteBuffer()
    }

    /// Sends a head and then `bytes`, which are not copied.
    package func send(_ head: consuming ByteBuffer, followedBy bytes: consuming ByteBuffer) {
        total += head.readableBytes + bytes.readableBytes
        sendDirectly(&head, more: true)
        if head.readableBytes > 0 {
            writeToChannel(head)
        } else {
            sendDirectly(&bytes, more: false)
        }
        if bytes.readableBytes > 0 { writeToChannel(bytes) }
    }

    private func sendDirectly(_ bytes: inout ByteBuffer, more: Bool) {
        // What waits in the channel comes first.
        guard outstanding == 0, let socket, bytes.readableBytes > 0 else { return }
        let sent = try? socket.withUnsafeTransport { descriptor in
            bytes.withUnsafeReadableBytes { Self.send(descriptor, $0, more: more) }
        }
        // A full socket or an error is the channel's to find.
        if let sent, sent > 0 { bytes.moveReaderIndex(forwardBy: sent) }
    }

    private static func send(_ descriptor: NIOBSDSocket.Handle, _ bytes: UnsafeRawBufferPointer, more: Bool) -> Int {
        #if canImport(Glibc)
        Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL) | (more ? Int32(MSG_MORE) : 0))
        #elseif canImport(Musl)
        Musl.send(descriptor, bytes.baseAddress, bytes.count, MSG_NOSIGNAL | (more ? MSG_MORE : 0))
        #else
        // NIO has SIGPIPE turned off on its sockets.
        Darwin.send(descriptor, bytes.baseAddress, bytes.count, 0)
        #endif
    }

    private func writeToChannel(_ bytes: ByteBuffer) {
        guard let context else { return }
        outstanding += 1
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { result in
            self.outstanding -= 1
            if case .success = result { self.tell() }
        }
        context.writeAndFlush(NIOAny(bytes), promise: promise)
        tell()
    }

    private func tell() {
        guard toldBehind != isBehind else { return }
        toldBehind = isBehind
        onChange?(toldBehind)
    }

    // MARK: Progress

    /// Sent bytes that the peer has not taken: those in the channel, and those that the operating system still has.
    package var unsent: Int {
        let buffered = (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
        return buffered + unacknowledged
    }

    /// All bytes that the peer has ever taken.
    ///
    /// Under TLS what is unsent is counted as it is encrypted, so that this is a little less than the truth.
    package var taken: Int { total - unsent }

    private var unacknowledged: Int {
        guard let core = socket ?? context?.channel._channelCore as? any Socket else { return 0 }
        let count = try? core.withUnsafeTransport { descriptor in
            var count: Int32 = 0
            #if canImport(Darwin)
            var size = socklen_t(MemoryLayout<Int32>.size)
            return getsockopt(descriptor, SOL_SOCKET, SO_NWRITE, &count, &size) == 0 ? count : 0
            #else
            return ioctl(descriptor, UInt(TIOCOUTQ), &count) == 0 ? count : 0
            #endif
        }
        return Int(count ?? 0)
    }
}

@available(*, unavailable)
extension ConnectionWriter: Sendable {}

extension Channel {
    /// Closes at once, past TLS and whatever else would like to say good-bye; on the channel's loop.
    package func closeNow() {
        _channelCore.close0(error: ChannelError.ioOnClosedChannel, mode: .all, promise: nil)
    }

    /// Closes with a reset, so that the operating system drops what the peer has not taken instead of keeping it for minutes; on the
    /// channel's loop.
    package func reset() {
        if let core = _channelCore as? any NIOTransportAccessibleChannelCore<NIOBSDSocket.Handle> {
            _ = try? core.withUnsafeTransport { descriptor in
                var option = linger(l_onoff: 1, l_linger: 0)
                return setsockopt(
                    descriptor,
                    SOL_SOCKET,
                    SO_LINGER,
                    &option,
                    socklen_t(MemoryLayout<linger>.size)
                )
            }
        }
        closeNow()
    }
}
