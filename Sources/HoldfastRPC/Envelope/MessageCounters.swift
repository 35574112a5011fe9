// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport
package import NIOCore

/// The counters beside a message of a session that loses nothing: `seq`, its number, and `rcv`, the last one received.
///
/// Only such sessions look at them; for others they are members that mean nothing.
package struct MessageCounters: Sendable, Hashable {
    /// Numbers stay exact in every client's language up to here.
    package static let maximum: UInt64 = 1 << 53 - 1

    /// The most that they add to a message, in bytes.
    package static let maximumBytes = 46

    /// The number of the message, from 1; `nil` when it is not counted.
    package var sequence: UInt64?
    /// The number up to which its sender has everything; `nil` when it says nothing.
    package var received: UInt64?
    /// Whether one of them is no such number.
    package var isMalformed = false

    package init(sequence: UInt64? = nil, received: UInt64? = nil) {
        self.sequence = sequence
        self.received = received
    }
}

extension ByteBuffer {
    /// Adds the counters to a message that has been written, as its last members.
    package mutating func writeCounters(_ counters: MessageCounters) {
        precondition(readableBytes > 0, "a message is never empty")
        moveWriterIndex(to: writerIndex - 1)
        if let sequence = counters.sequence {
            writeStaticString(",\"seq\":")
            writeString(String(sequence))
        }
        if let received = counters.received {
            writeStaticString(",\"rcv\":")
            writeString(String(received))
        }
        writeStaticString("}")
    }

    /// A message as it was before its number and what may follow it were added.
    package var withoutCounters: ByteBuffer {
        let mark = Array(",\"seq\":".utf8)
        let bytes = readableBytesView
        // They are the last members, and hold digits only.
        var start = bytes.endIndex - mark.count
        let lowest = Swift.max(bytes.startIndex, bytes.endIndex - MessageCounters.maximumBytes - 1)
        while start >= lowest {
            if bytes[start...].starts(with: mark) {
                var message = ByteBuffer(bytes[..<start])
                message.writeStaticString("}")
                return message
            }
            start -= 1
        }
        return self
    }
}
