// SPDX-License-Identifier: Apache-2.0
package import HoldfastTransport

/// What the member `resume` of a `connect` asks for (resume version 1).
package struct ResumeOffer: Sendable {
    /// What a client that comes back says of where it was.
    package struct Return: Sendable {
        package var epoch: String
        package var token: String
        /// Everything up to this number has reached the client.
        package var received: UInt64
        /// The number of the client's last message.
        package var sent: UInt64
        /// Whether the session's connection lives and is left on purpose.
        package var isMove: Bool
    }

    /// Which of the client's attempts this is.
    package var attempt: UInt64
    /// How much the client keeps, and may be sent, unacknowledged.
    package var buffer: QueueLimits?
    /// Whether the client does no counting, but repeats what was not answered.
    package var isDedup: Bool
    package var back: Return?
}

extension ResumeOffer {
    /// Reads the member; `nil` when there is none of a version that this one can speak.
    init?(_ json: JSON?) {
        guard let json, json.kind == .object, let versions = json["v"]?.array, versions.contains(where: { $0.int == 1 })
        else { return nil }
        func number(_ name: String, of json: JSON) -> UInt64? {
            json[name]?.int.flatMap { $0 < 0 || $0 > Int(MessageCounters.maximum) ? nil : UInt64($0) }
        }
        self.init(
            attempt: number("at", of: json) ?? 0,
            buffer: nil,
            isDedup: json["mode"]?.string == "dedup",
            back: nil
        )
        if let buffer = json["buf"], let messages = buffer["msgs"]?.int, let bytes = buffer["bytes"]?.int {
            self.buffer = QueueLimits(messages: max(messages, 1), bytes: max(bytes, 1))
        }
        if let epoch = json["epoch"]?.string, let token = json["token"]?.string {
            back = Return(
                epoch: epoch,
                token: token,
                received: number("rcv", of: json) ?? 0,
                sent: number("sent", of: json) ?? 0,
                isMove: json["migrate"]?.bool == true
            )
        }
    }
}
