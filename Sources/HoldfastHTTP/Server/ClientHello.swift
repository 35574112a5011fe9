// SPDX-License-Identifier: Apache-2.0
internal import NIOCore

/// Looks into the first message of a TLS client for the application protocols that it offers.
///
/// Only that is judged here. Whatever is no well-formed hello counts as one without an offer: the handshake itself refuses it.
struct ClientHello {
    /// What a client says about application protocols.
    enum Offer: Equatable {
        /// More bytes are needed.
        case incomplete
        /// The client leaves the choice to the server.
        case none
        /// The protocols' names, in the client's order.
        case protocols([[UInt8]])
    }

    /// A longer message is refused by the handshake.
    private static let longest = 16 << 10
    private static let handshakeRecord: UInt8 = 22
    private static let helloMessage: UInt8 = 1
    private static let protocolsExtension: UInt16 = 16

    /// The bytes of records not yet taken apart.
    private var records = ByteBuffer()
    /// The message so far.
    private var message = ByteBuffer()

    /// Takes the next bytes from the client.
    mutating func offer(_ bytes: ByteBuffer) -> Offer {
        records.writeImmutableBuffer(bytes)
        while message.readableBytes < 4 || message.readableBytes < messageLength {
            guard let type: UInt8 = records.getInteger(at: records.readerIndex) else { return .incomplete }
            guard type == Self.handshakeRecord else { return .none }
            guard let length: UInt16 = records.getInteger(at: records.readerIndex + 3) else { return .incomplete }
            guard length > 0, message.readableBytes + Int(length) <= Self.longest else { return .none }
            guard records.readableBytes >= 5 + Int(length) else { return .incomplete }
            records.moveReaderIndex(forwardBy: 5)
            guard var fragment = records.readSlice(length: Int(length)) else { return .incomplete }
            message.writeBuffer(&fragment)
        }
        return Self.protocols(message).map(Offer.protocols) ?? .none
    }

    /// The length of the message with its header of four bytes, which are there.
    private var messageLength: Int {
        let length: UInt32 = message.getInteger(at: message.readerIndex) ?? 0
        return Int(length & 0xFF_FFFF) + 4
    }

    /// The protocols in a whole hello (RFC 8446 §4.1.2, RFC 7301 §3.1); nil when there are none.
    private static func protocols(_ hello: ByteBuffer) -> [[UInt8]]? {
        var hello = hello
        guard hello.readInteger(as: UInt8.self) == helloMessage else { return nil }
        // Length, version and random; then the session, the cipher suites and the compression methods.
        guard hello.readSlice(length: 3 + 2 + 32) != nil, hello.readVector(UInt8.self) != nil,
            hello.readVector(UInt16.self) != nil, hello.readVector(UInt8.self) != nil,
            var extensions = hello.readVector(UInt16.self)
        else { return nil }
        while let type: UInt16 = extensions.readInteger(), var content = extensions.readVector(UInt16.self) {
            guard type == protocolsExtension else { continue }
            guard var list = content.readVector(UInt16.self) else { return nil }
            var names: [[UInt8]] = []
            while let name = list.readVector(UInt8.self) { names.append(Array(name.readableBytesView)) }
            return names
        }
        return nil
    }
}

extension ByteBuffer {
    /// Reads what has its length in bytes before it.
    fileprivate mutating func readVector<Length: FixedWidthInteger>(_: Length.Type) -> ByteBuffer? {
        guard let length: Length = readInteger() else { return nil }
        return Int(exactly: length).flatMap { readSlice(length: $0) }
    }
}
