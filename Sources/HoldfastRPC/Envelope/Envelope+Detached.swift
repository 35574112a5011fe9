// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport
internal import NIOCore

extension Envelope {
    /// The same with bytes of its own, so that keeping it keeps nothing of the message it came in.
    var detached: Envelope {
        guard case .call(let call) = self else { return self }
        return .call(
            Call(id: call.id?.detached, method: call.method, params: call.params?.detached, counters: call.counters)
        )
    }

    /// The bytes that keeping it keeps, once it is ``detached``.
    var bytes: Int {
        guard case .call(let call) = self else { return 0 }
        return call.method.utf8.count + (call.id?.text.readableBytes ?? 0)
            + (call.params?.json.buffer.readableBytes ?? 0)
    }
}

extension Envelope.ID {
    fileprivate var detached: Envelope.ID {
        Envelope.ID(validated: text.detached, integer: integer)
    }
}

extension CarriedValue {
    fileprivate var detached: CarriedValue {
        withJSON(JSON(validated: json.buffer.detached))
    }
}

extension ByteBuffer {
    fileprivate var detached: ByteBuffer {
        var copy = ByteBuffer()
        copy.writeImmutableBuffer(self)
        return copy
    }
}
