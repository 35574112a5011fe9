// SPDX-License-Identifier: Apache-2.0
package import HoldfastTransport
internal import NIOCore

/// Writes what the two sides of a session that loses nothing tell each other beside the application's messages.
package enum ResumeWriter {
    /// Asks the other side to acknowledge at once.
    package static let request = Message(text: EnvelopeWriter.notification(method: "rpc.ackNow"))

    package static func acknowledgement(of number: UInt64) -> Message {
        Message(text: EnvelopeWriter.notification(method: "rpc.ack", params: JSON(members: [("rcv", json(number))])))
    }

    /// The last thing that a connection says which the session has left.
    static func detached(_ reason: CloseReason) -> Message {
        let params = JSON(members: [("reason", JSON(stringLiteral: reason.text))])
        return Message(text: EnvelopeWriter.notification(method: "rpc.detached", params: params))
    }

    /// Asks the client to move to another server.
    ///
    /// - Parameters:
    ///   - after: When, multiplied by one to two so that not all come at once.
    ///   - deadline: When this one ends.
    static func goAway(after: Duration, deadline: Duration) -> Message {
        let params = JSON(members: [("after", json(after)), ("deadline", json(deadline))])
        return Message(text: EnvelopeWriter.notification(method: "rpc.goAway", params: params))
    }

    /// The member `resume` of the first answer.
    static func agreed(_ state: ResumeState, window: Duration, policy: AckPolicy) -> JSON {
        var members: [(String, JSON)] = [
            ("v", 1), ("epoch", JSON(stringLiteral: state.epoch)), ("token", JSON(stringLiteral: state.token)),
            ("window", json(window)),
        ]
        if state.isCounting {
            members.append(
                (
                    "ack",
                    JSON(members: [
                        ("msgs", JSON(integerLiteral: policy.messages)), ("bytes", JSON(integerLiteral: policy.bytes)),
                        ("ms", json(policy.time)),
                    ])
                )
            )
            members.append(
                (
                    "buf",
                    JSON(members: [
                        ("msgs", JSON(integerLiteral: state.outbox.messages)),
                        ("bytes", JSON(integerLiteral: state.outbox.bytes)),
                    ])
                )
            )
        } else {
            members.append(("mode", "dedup"))
        }
        return JSON(members: members)
    }

    /// The member `resume` of the answer to a client that came back.
    static func back(_ state: ResumeState, _ word: String, _ ledger: Ledger, _ gaps: [ClosedRange<UInt64>]) -> JSON {
        var members: [(String, JSON)] = [
            ("v", 1), ("state", JSON(stringLiteral: word)), ("epoch", JSON(stringLiteral: state.epoch)),
            ("token", JSON(stringLiteral: state.token)),
        ]
        guard state.isCounting else { return JSON(members: members + [("mode", "dedup")]) }
        members += [
            ("rcv", json(state.window.received)),
            ("next", json(ledger.next(after: ledger.acked)?.number ?? ledger.end &+ 1)),
            ("top", json(ledger.end)),
        ]
        if !gaps.isEmpty {
            let list = gaps.map {
                JSON(members: [("from", json($0.lowerBound)), ("to", json($0.upperBound)), ("why", "overflow")])
            }
            members.append(("gaps", JSON(list)))
        }
        return JSON(members: members)
    }

    /// The error of a session that cannot be had back.
    ///
    /// - Parameter received: How far the client's messages came, if the client may know.
    static func unknown(received: UInt64?) -> RPCError {
        var members: [(String, JSON)] = [("state", "expired")]
        if let received { members.append(("rcv", json(received))) }
        var error = RPCError.unknownSession
        error.data = JSON(members: [("resume", JSON(members: members))])
        return error
    }

    private static func json(_ number: UInt64) -> JSON {
        JSON(integerLiteral: Int(clamping: number))
    }

    private static func json(_ time: Duration) -> JSON {
        JSON(integerLiteral: Int(clamping: Int64(time.bounded / .milliseconds(1))))
    }
}
