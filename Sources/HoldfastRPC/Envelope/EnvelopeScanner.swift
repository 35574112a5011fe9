// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport
package import NIOCore

/// Finds the envelope of JSON-RPC messages in one pass that also validates the whole text.
package struct EnvelopeScanner: Sendable {
    /// The most bytes of a string id, as UTF-8.
    package static let idByteLimit = 1024
    /// The most bytes of a numeric id.
    package static let idNumberByteLimit = 64
    /// The most bytes of a method's name, as UTF-8.
    package static let methodByteLimit = 128

    private let depthLimit: Int
    private let batchLimit: Int

    /// Creates a scanner.
    ///
    /// - Parameters:
    ///   - depthLimit: The most levels of arrays and objects in a message.
    ///   - batchLimit: The most elements of a batch.
    package init(depthLimit: Int = JSONScanner.defaultDepthLimit, batchLimit: Int = 50) {
        self.depthLimit = depthLimit
        self.batchLimit = batchLimit
    }

    /// Reads one message; whatever the bytes are, there is an answer.
    package func scan(_ message: ByteBuffer) -> Envelope {
        do throws(JSONError) {
            return try scan(message, message.readableBytesUInt8Span)
        } catch {
            return .invalid(.text(error))
        }
    }

    /// The answers in the parameters of a `poll`; nil if they are no array, or one too long.
    func answers(in params: JSON?) -> [Envelope.Response]? {
        guard let params, !params.isNull else { return [] }
        guard params.kind == .array else { return nil }
        switch scan(params.buffer) {
        case .batch(let elements):
            return elements.compactMap { if case .response(let response) = $0 { response } else { nil } }
        default:
            return params[0] == nil ? [] : nil
        }
    }

    private func scan(_ message: ByteBuffer, _ bytes: borrowing Span<UInt8>) throws(JSONError) -> Envelope {
        var scanner = JSONScanner(depthLimit: depthLimit)
        try scanner.begin(bytes)
        guard scanner.peek(bytes) == UInt8(ascii: "[") else {
            var fields = EnvelopeFields()
            do throws(JSONError) {
                try fields.read(bytes, &scanner, depth: 0)
                try scanner.end(bytes)
            } catch {
                return fields.broken(by: error, in: message)
            }
            return fields.envelope(in: message)
        }
        try scanner.enter(bytes, depth: 0)
        var elements: [Envelope] = []
        if scanner.peek(bytes) != UInt8(ascii: "]") {
            repeat {
                // Refused at once: the rest need not be looked at.
                guard elements.count < batchLimit else {
                    return .invalid(.request("Batch of more than \(batchLimit)"))
                }
                var fields = EnvelopeFields()
                try fields.read(bytes, &scanner, depth: 1)
                elements.append(fields.envelope(in: message))
            } while scanner.skipSeparator(bytes)
        }
        guard scanner.skip(UInt8(ascii: "]"), bytes) else { throw scanner.unexpected(bytes) }
        try scanner.end(bytes)
        return elements.isEmpty ? .invalid(.request("Empty batch")) : .batch(elements)
    }
}

extension Envelope.Invalid {
    static func text(_ error: JSONError, id: Envelope.ID? = nil, isResponse: Bool = false) -> Self {
        Self(code: -32700, reason: error.description, id: id, isResponse: isResponse)
    }

    static func request(_ reason: String, id: Envelope.ID? = nil, isResponse: Bool = false) -> Self {
        Self(code: -32600, reason: reason, id: id, isResponse: isResponse)
    }
}
