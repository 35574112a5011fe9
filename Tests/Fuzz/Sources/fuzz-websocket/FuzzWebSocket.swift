// SPDX-License-Identifier: Apache-2.0

internal import FuzzSupport
internal import HoldfastWebSocket
internal import NIOCore

private typealias Action = WebSocketStateMachine.Action

/// Frames as a client may send them: however they are cut, the server hears the same, and keeps its limits.
@main
enum FuzzWebSocket {
    static func main() {
        let status = fuzz { start, count in
            var input = FuzzInput(start, count)
            var whole = WebSocketStateMachine(role: .server, limits: limits, now: .zero)
            let actions = whole.feed(input.bytes[...], now: .zero)
            check(actions.count(where: \.isFailure) <= 1, "More than one failure")
            for pieces in input.cuts() + [input.singly].compactMap(\.self) {
                var cut = WebSocketStateMachine(role: .server, limits: limits, now: .zero)
                let cutActions = pieces.flatMap { cut.feed($0, now: .zero) }
                // Which of several errors is found first may depend on the cut; that there is one may not, nor what came before.
                check(
                    cutActions.filter { !$0.isFailure } == actions.filter { !$0.isFailure }
                        && cut.isOpen == whole.isOpen,
                    "Cut \(pieces.map(\.count)): \(cutActions), whole: \(actions)"
                )
            }
            disturb(&input)
            return 0
        }
        check(status == 0, "libFuzzer ended with \(status)")
    }
}

/// Limits that a short input can reach.
private let limits = WebSocketLimits(
    maxMessageBytes: 200,
    maxFrameBytes: 130,
    maxFragments: 3,
    messageDeadline: .seconds(3),
    controlFramesPerSecond: 2,
    controlBurst: 4,
    pingAfterSilence: .seconds(2),
    pongTimeout: .seconds(1),
    closeTimeout: .seconds(1)
)

/// The same bytes while time passes and the transport has moods.
private func disturb(_ input: inout FuzzInput) {
    var machine = WebSocketStateMachine(role: .server, limits: limits, now: .zero)
    var now = Duration.zero
    var rest = input.bytes[...]
    while !rest.isEmpty {
        now += .milliseconds(input.choose(below: 700))
        let wasOpen = machine.isOpen
        switch input.choose(below: 12) {
        case 0...2: _ = machine.tick(now: now)
        case 3: check(machine.writabilityChanged(input.choose(below: 2) == 0) == nil || wasOpen, "A pong too late")
        case 4: machine.readingChanged(input.choose(below: 2) == 0, now: now)
        case 5 where input.choose(below: 8) == 0:
            check((machine.close(CloseStatus(code: 1000), now: now) != nil) == wasOpen, "Closed twice or not at all")
        default:
            let piece = rest.prefix(1 + input.choose(below: 40))
            rest = rest.dropFirst(piece.count)
            _ = machine.feed(piece, now: now)
        }
        check(wasOpen || !machine.isOpen, "Open again")
    }
    _ = machine.transportClosed()
    check(machine.nextDeadline == nil, "A deadline after the end")
    check(machine.feed([0x81, 0x80, 0, 0, 0, 0], now: now).isEmpty, "A message after the end")
}

extension WebSocketStateMachine {
    /// Hands over one read and checks each action.
    fileprivate mutating func feed(_ bytes: ArraySlice<UInt8>, now: Duration) -> [Action] {
        var buffer = ByteBuffer(bytes: bytes)
        var actions: [Action] = []
        while true {
            let wasOpen = isOpen
            guard let action = receive(&buffer, now: now) else { break }
            if case .message(let isText, let payload) = action {
                check(wasOpen, "A message after the close")
                check(payload.readableBytes <= limits.maxMessageBytes, "Message over its limit")
                let isUTF8 = String(validating: payload.readableBytesView, as: UTF8.self) != nil
                check(!isText || isUTF8, "Text that is not UTF-8")
            }
            if case .peerClosed(let status, _) = action, status != .noStatus {
                check((try? CloseStatus(payload: status.payload)) == status, "Close status changed on its way")
            }
            if action.endsConnection { check(!isOpen && closeStatus != nil, "Open after \(action)") }
            actions.append(action)
        }
        check(buffer.readableBytes == 0, "Bytes left over")
        return actions
    }
}

extension WebSocketStateMachine.Action {
    fileprivate var isFailure: Bool {
        if case .fail = self { true } else { false }
    }

    fileprivate var endsConnection: Bool {
        switch self {
        case .fail, .peerClosed: true
        default: false
        }
    }
}
