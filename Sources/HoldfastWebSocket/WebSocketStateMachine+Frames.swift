// SPDX-License-Identifier: Apache-2.0

internal import HoldfastTransport
internal import NIOCore

/// Frames to messages.
extension WebSocketStateMachine {
    /// Takes frames until one of them asks for an action.
    mutating func receiveOpen(_ buffer: inout ByteBuffer, now: Duration) throws(CloseStatus) -> Action? {
        while true {
            let header: FrameHeader
            if let current = frame {
                header = current
            } else {
                guard let next = try decoder.readHeader(from: &buffer) else { return nil }
                try admit(next)
                frame = next
                header = next
            }
            let action: Action?
            if header.opcode.isControl {
                guard let payload = readControlPayload(from: &buffer) else { return nil }
                if messageIsText == nil { incompleteSince = nil }
                action = try handleControl(header.opcode, payload, now: now)
            } else if header.isFinal, header.opcode != .continuation, message.readableBytes == 0,
                let whole = decoder.readWholePayload(from: &buffer)
            {
                action = try deliver(whole.bytes, isASCII: whole.isASCII)
            } else {
                try appendToMessage(from: &buffer)
                if incompleteSince == nil { incompleteSince = now }
                guard decoder.remaining == 0 else { return nil }
                action = header.isFinal ? try deliverMessage() : nil
                frame = nil
            }
            if let action { return action }
        }
    }

    /// Takes and drops frames until the peer's Close frame.
    mutating func receiveClosing(_ buffer: inout ByteBuffer, now: Duration) throws(CloseStatus) -> Action? {
        while true {
            let header: FrameHeader
            if let current = frame {
                header = current
            } else {
                guard let next = try decoder.readHeader(from: &buffer) else { return nil }
                guard next.reserved.isEmpty else { throw .protocolError("reserved bit set") }
                frame = next
                header = next
            }
            guard header.opcode.isControl else {
                decoder.skipPayload(in: &buffer)
                guard decoder.remaining == 0 else { return nil }
                frame = nil
                continue
            }
            guard let payload = readControlPayload(from: &buffer) else { return nil }
            if header.opcode == .close {
                let status = try CloseStatus(payload: payload)
                end(with: status, now: now)
                return .peerClosed(status, reply: nil)
            }
            try takeControlBudget(now: now)
        }
    }

    /// Checks a frame's head against the state of the connection and the limits.
    private mutating func admit(_ header: FrameHeader) throws(CloseStatus) {
        guard header.reserved.isEmpty else { throw .protocolError("reserved bit set") }
        switch header.opcode {
        case .text, .binary:
            guard messageIsText == nil else { throw .protocolError("new message inside a fragmented one") }
            messageIsText = header.opcode == .text
        case .continuation:
            guard messageIsText != nil else { throw .protocolError("continuation without a message") }
        case .close, .ping, .pong:
            return
        }
        guard header.payloadLength <= limits.maxFrameBytes else { throw .tooBig("frame too big") }
        guard header.payloadLength <= limits.maxMessageBytes - message.readableBytes else {
            throw .tooBig("message too big")
        }
        fragments += 1
        guard fragments <= limits.maxFragments else { throw .policyViolation("too many fragments") }
    }

    /// Delivers a message that came in one piece.
    private mutating func deliver(_ payload: ByteBuffer, isASCII: Bool) throws(CloseStatus) -> Action {
        let isText = messageIsText == true
        if isText, !isASCII {
            var validator = UTF8Validator()
            guard validator.append(payload), validator.isComplete else { throw .invalidPayload("text is not UTF-8") }
        }
        frame = nil
        messageIsText = nil
        fragments = 0
        incompleteSince = nil
        return .message(text: isText, payload: payload)
    }

    /// Adds what has arrived of the current frame to the message, and checks it if it is text.
    private mutating func appendToMessage(from buffer: inout ByteBuffer) throws(CloseStatus) {
        let start = message.writerIndex
        let isASCII = decoder.readPayload(from: &buffer, into: &message)
        guard messageIsText == true, !(isASCII && validator.isComplete) else { return }
        guard let added = message.getSlice(at: start, length: message.writerIndex - start) else { return }
        guard validator.append(added) else { throw .invalidPayload("text is not UTF-8") }
    }

    /// Delivers the message whose last byte has arrived.
    private mutating func deliverMessage() throws(CloseStatus) -> Action {
        guard validator.isComplete else { throw .invalidPayload("text ends inside a character") }
        let action = Action.message(text: messageIsText == true, payload: message)
        dropMessage()
        return action
    }

    // MARK: Control frames

    private mutating func readControlPayload(from buffer: inout ByteBuffer) -> ByteBuffer? {
        if controlPayload.readableBytes == 0, let whole = decoder.readWholePayload(from: &buffer) {
            frame = nil
            return whole.bytes
        }
        _ = decoder.readPayload(from: &buffer, into: &controlPayload)
        guard decoder.remaining == 0 else { return nil }
        frame = nil
        let payload = controlPayload
        controlPayload = ByteBuffer()
        return payload
    }

    private mutating func handleControl(
        _ opcode: FrameOpcode,
        _ payload: ByteBuffer,
        now: Duration,
    ) throws(CloseStatus) -> Action? {
        switch opcode {
        case .ping:
            try takeControlBudget(now: now)
            guard isWritable else {
                pendingPong = payload
                return nil
            }
            return .sendPong(payload: payload)
        case .close:
            let status = try CloseStatus(payload: payload)
            end(with: status, now: now)
            return .peerClosed(status, reply: CloseStatus(code: status.code))
        default:
            // A pong, asked for or not; that something arrived is noted already (§5.5.3).
            try takeControlBudget(now: now)
            return nil
        }
    }

    private mutating func takeControlBudget(now: Duration) throws(CloseStatus) {
        guard controlBudget.take(now: now) else { throw .policyViolation("too many control frames") }
    }
}
