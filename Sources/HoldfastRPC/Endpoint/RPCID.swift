// SPDX-License-Identifier: Apache-2.0
internal import HoldfastTransport

/// A request's id, a number or a string, as the client wrote it.
public struct RPCID: Sendable, Hashable, CustomStringConvertible {
    let envelope: Envelope.ID

    init(_ envelope: Envelope.ID) {
        self.envelope = envelope
    }

    /// The id if it is a whole number that fits.
    public var number: Int? { envelope.integer }

    /// The id if it is a string.
    public var string: String? { envelope.string }

    /// The id's text in JSON.
    public var description: String { envelope.description }
}
