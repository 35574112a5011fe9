// SPDX-License-Identifier: Apache-2.0
package import HoldfastTransport
package import NIOCore

/// What one JSON-RPC message says on its outside (JSON-RPC 2.0 §4–6).
///
/// Values inside are slices of the message, still text.
package enum Envelope: Sendable {
    /// A request or a notification.
    case call(Call)
    /// An answer to a call of ours.
    case response(Response)
    /// Several of the above; never empty, never nested.
    case batch([Envelope])
    /// None of these.
    case invalid(Invalid)

    /// Whether it is several.
    package var isBatch: Bool {
        if case .batch = self { true } else { false }
    }

    /// The counters beside the message; none for several, which have each their own.
    package var counters: MessageCounters {
        switch self {
        case .call(let call): call.counters
        case .response(let response): response.counters
        case .invalid(let invalid): invalid.counters
        case .batch: MessageCounters()
        }
    }

    /// A request or a notification.
    package struct Call: Sendable {
        /// The id to answer with; nil for a notification, which wants no answer.
        package let id: ID?
        /// The method's name.
        package let method: String
        /// The parameters; nil if absent.
        package let params: CarriedValue?
        /// The counters beside it.
        package var counters = MessageCounters()
    }

    /// An answer to a call of ours.
    package struct Response: Sendable {
        /// How the call ended.
        package enum Outcome: Sendable {
            /// With a result.
            case result(CarriedValue)
            /// With an error, as sent: normally an object with `code` and `message`.
            case error(JSON)
        }

        /// The id of the call; nil if the peer could not tell which one it answers.
        package let id: ID?
        /// How the call ended.
        package let outcome: Outcome
        /// The counters beside it.
        package var counters = MessageCounters()

        /// The session id in the result, if it is one that this framework could have made.
        package var ownSessionID: String? {
            if case .result(let result) = outcome { result.ownSessionID } else { nil }
        }
    }

    /// A message that is no valid call or answer.
    package struct Invalid: Sendable {
        /// −32700 for text that is not JSON, −32600 for JSON that is no JSON-RPC.
        package let code: Int
        /// One sentence for the peer; holds nothing the peer sent.
        package let reason: String
        /// The id to answer with; nil stands for `null`.
        package let id: ID?
        /// Whether this was meant as an answer, so that it must not be answered in turn.
        package let isResponse: Bool
        /// The counters beside it.
        package var counters = MessageCounters()
    }

    /// The id of a call, kept as it was written.
    package struct ID: Sendable, Hashable, CustomStringConvertible {
        /// The id's JSON text, to be echoed.
        package let text: ByteBuffer
        /// The number, if the id is a whole one that fits, whether it is written `2`, `2.0` or `2e0`.
        package let integer: Int?

        /// An id of our own.
        package init(_ integer: Int) {
            self.text = ByteBuffer(string: String(integer))
            self.integer = integer
        }

        init(validated text: ByteBuffer, integer: Int?) {
            self.text = text
            self.integer = integer
        }

        /// The string, if the id is one.
        package var string: String? { JSON(validated: text).string }

        /// The number of a call of ours that this id names; some peers make a text of it.
        package var callNumber: Int? {
            integer ?? string.flatMap { try? JSON(parsing: $0) }?.int
        }

        /// The id's JSON text.
        package var description: String { String(buffer: text) }

        /// Whether two ids are the same number or the same string, however they are written.
        package static func == (left: ID, right: ID) -> Bool {
            left.meaning == right.meaning
        }

        /// Hashes the number or the string.
        package func hash(into hasher: inout Hasher) {
            hasher.combine(meaning)
        }

        private enum Meaning: Hashable {
            case integer(Int)
            case number(JSONNumber)
            /// The text without its escapes, by its bytes: as strings, different ones with equal meaning would be equal.
            case string(ByteBuffer)
            /// Nothing else means the same.
            case literal(ByteBuffer)
        }

        private var meaning: Meaning {
            if let integer { return .integer(integer) }
            guard let string else { return JSONNumber(text.readableBytesView).map(Meaning.number) ?? .literal(text) }
            // What was half a character could have been any.
            return string.unicodeScalars.contains("\u{FFFD}") ? .literal(text) : .string(ByteBuffer(string: string))
        }
    }
}
