// SPDX-License-Identifier: Apache-2.0

/// Messages of a session that will never arrive, as there was no room to keep them.
///
/// Sessions whose clients agreed to it lose nothing within their bounds; what does not fit is named on both sides.
public struct RPCGap: Sendable, Hashable {
    /// Which way the messages were going.
    public enum Direction: Sendable, Hashable {
        case toClient
        case fromClient
    }

    /// Which way the messages were going.
    public let direction: Direction
    /// Their numbers: messages are counted in each direction, from 1.
    public let numbers: ClosedRange<UInt64>
    /// Why they are missing, such as `overflow`.
    public let reason: String

    package init(_ direction: Direction, _ numbers: ClosedRange<UInt64>, reason: String) {
        self.direction = direction
        self.numbers = numbers
        self.reason = reason
    }

    /// The gap that both make together, if one follows the other.
    func joined(with next: RPCGap) -> RPCGap? {
        guard direction == next.direction, reason == next.reason, numbers.upperBound + 1 == next.numbers.lowerBound
        else { return nil }
        return RPCGap(direction, numbers.lowerBound...next.numbers.upperBound, reason: reason)
    }
}
