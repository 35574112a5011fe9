// SPDX-License-Identifier: Apache-2.0
import HoldfastRPC
import HoldfastTransport
import NIOCore

@testable import HoldfastClient

/// A machine that has agreed with its server to lose nothing, in session `S`.
struct Agreed {
    static let transports: [Transport] = [.webSocket, .xhrStreaming]

    var machine: ClientMachine
    var now = Duration.zero
    /// What was sent to come here.
    private(set) var offer: [String] = []

    /// - Parameter fallsBack: Whether the session is carried by the second transport.
    init(fallsBack: Bool = false, _ configure: (inout ClientMachine.Settings) -> Void = { _ in }) {
        var settings = ClientMachine.Settings()
        settings.random = { 0.5 }
        settings.transports = fallsBack ? Self.transports : [.webSocket]
        configure(&settings)
        machine = ClientMachine(settings: settings, heartbeat: nil)
        _ = submit(.connection, "", nil)
        if fallsBack {
            _ = machine.handle(.linkFailed(machine.link, RPCClientError(.transport, "forbidden")), now: now)
        }
        offer = machine.handle(.linkUp(machine.link), now: now).texts
        _ = receive(#"{"id":\#(machine.attachID ?? 0),"result":\#(Self.terms())}"#)
    }

    static func terms(_ session: String = "S", messages: Int = 1024, bytes: Int = 1 << 20) -> String {
        #"{"resume":{"v":1,"epoch":"e","token":"t1","window":60000,"ack":{"msgs":32,"bytes":65536,"ms":1000},"#
            + #""buf":{"msgs":\#(messages),"bytes":\#(bytes)}},"sessionId":"\#(session)"}"#
    }

    static func back(
        _ received: Int,
        next: Int,
        top: Int,
        state: String = "resumed",
        token: String = "t2",
        _ more: String = ""
    )
        -> String
    {
        #"{"resume":{"v":1,"state":"\#(state)","epoch":"e","token":"\#(token)","rcv":\#(received),"next":\#(next),"#
            + #""top":\#(top)\#(more)},"sessionId":"S"}"#
    }

    mutating func receive(_ text: String, over link: Int? = nil) -> [ClientMachine.Action] {
        let envelope = EnvelopeScanner().scan(ByteBuffer(string: text))
        return machine.handle(.message(link ?? machine.link, envelope, bytes: text.utf8.count), now: now)
    }

    @discardableResult
    mutating func submit(_ kind: ClientMachine.Kind, _ method: String, _ params: JSON? = nil)
        -> [ClientMachine.Action]
    {
        let id = machine.makeID()
        return machine.handle(
            .submit(id: id, kind, method: method, params: params, timeout: .seconds(60)),
            now: now
        )
    }

    mutating func call(_ method: String) -> [ClientMachine.Action] { submit(.call, method) }
    mutating func notify(_ method: String) -> [ClientMachine.Action] { submit(.notification, method) }

    mutating func fire(_ timer: ClientMachine.Timer, after delay: Duration = .zero) -> [ClientMachine.Action] {
        now += delay
        return machine.handle(.timer(timer), now: now)
    }

    mutating func lose(_ code: CloseCode = .abnormalClosure, _ link: Int? = nil) -> [ClientMachine.Action] {
        machine.handle(.linkLost(link ?? machine.link, CloseReason(code)), now: now)
    }

    /// Dials again; returns what is sent first.
    mutating func dial() -> [String] {
        _ = fire(.retry, after: .seconds(10))
        return machine.handle(.linkUp(machine.link), now: now).texts
    }

    /// Answers `connect`.
    mutating func answer(_ body: String) -> [ClientMachine.Action] {
        receive(#"{"id":\#(machine.attachID ?? 0),\#(body)}"#)
    }

    mutating func comeBack(_ body: String) -> [ClientMachine.Action] {
        _ = dial()
        return answer(#""result":\#(body)"#)
    }
}

extension [ClientMachine.Action] {
    var texts: [String] {
        compactMap { if case .send(let message, _, _) = $0 { String(buffer: message) } else { nil } }
    }

    /// Over which links.
    var links: [Int] {
        compactMap { if case .send(_, _, let link) = $0 { link } else { nil } }
    }

    var news: [RPCClientEvent] {
        compactMap { if case .emit(let event) = $0 { event } else { nil } }
    }

    var delivered: [String] {
        compactMap { if case .notification(let notification) = $0 { notification.method } else { nil } }
    }

    var served: [String] {
        compactMap { if case .serve(let id, let call) = $0 { "\(call.method) \(id)" } else { nil } }
    }

    var closings: [CloseCode] {
        compactMap { if case .drop(_, let reason) = $0 { reason.code } else { nil } }
    }

    /// How items ended.
    var outcomes: [Int: RPCClientError.Kind?] {
        var outcomes: [Int: RPCClientError.Kind?] = [:]
        for case .complete(let id, let result) in self {
            if case .failure(let error) = result { outcomes[id] = .some(error.kind) } else { outcomes[id] = .some(nil) }
        }
        return outcomes
    }
}
