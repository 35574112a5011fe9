// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

@testable import Holdfast

/// The ways in which an RPC client may be connected.
enum Way: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case webSocket, rawWebSocket, sockJSWebSocket, xhrStreaming, xhr

    var testDescription: String { rawValue }
}

/// A client of the RPC endpoint at `/rpc`, over any transport.
final class RPCWire {
    private enum Failure: Error {
        case unexpected(String)
    }

    private let way: Way
    private let base: String
    private let query: String
    /// Receives, and sends too where the transport goes both ways.
    private let receiver: WireClient
    private let sender: WireClient
    private var received: [String] = []
    private var streamed = ""
    private var number = 0

    private init(_ way: Way, _ base: String, _ query: String, _ receiver: WireClient, _ sender: WireClient) {
        self.way = way
        self.base = base
        self.query = query
        self.receiver = receiver
        self.sender = sender
    }

    /// - Parameters:
    ///   - query: the query of every request, with its question mark.
    ///   - subprotocol: what a WebSocket offers, and has to get.
    static func connect(
        _ way: Way,
        _ address: BoundAddress,
        query: String = "",
        subprotocol: String? = nil
    ) async throws -> RPCWire {
        let wire = RPCWire(
            way,
            "/rpc/000/\(UUID().uuidString)",
            query,
            try await WireClient.connect(address),
            try await WireClient.connect(address)
        )
        let offer = subprotocol.map { ["Sec-WebSocket-Protocol: other, \($0)"] } ?? []
        func upgrade(_ path: String) async throws {
            let answer = try await wire.receiver.upgrade(path + query, offer)
            #expect(answer.status == 101)
            #expect(answer.fields["sec-websocket-protocol"] == subprotocol)
        }
        switch way {
        case .webSocket: try await upgrade("/rpc")
        case .rawWebSocket: try await upgrade("/rpc/websocket")
        case .sockJSWebSocket:
            try await upgrade(wire.base + "/websocket")
            #expect(try await wire.receiver.text() == "o")
        case .xhr:
            #expect(try await wire.receiver.request("POST", wire.base + "/xhr" + query, body: "").body == "o\n")
        case .xhrStreaming:
            try await wire.receiver.send("POST", wire.base + "/xhr_streaming" + query, body: "")
            #expect(try await wire.receiver.head().status == 200)
            #expect(try await wire.streamedFrame() == String(repeating: "h", count: 2048))
            #expect(try await wire.streamedFrame() == "o")
        }
        return wire
    }

    /// Is gone without a word.
    func vanish() {
        receiver.close()
        sender.close()
    }

    func send(_ text: String) async throws {
        switch way {
        case .webSocket, .rawWebSocket: try await receiver.sendText(text)
        case .sockJSWebSocket: try await receiver.sendText(Self.array(text))
        case .xhr, .xhrStreaming:
            let answer = try await sender.request("POST", base + "/xhr_send" + query, body: Self.array(text))
            #expect(answer.status == 204)
        }
    }

    /// The next message from the server.
    func next() async throws -> JSON {
        while received.isEmpty {
            switch way {
            case .webSocket, .rawWebSocket: received.append(try await receiver.text())
            case .sockJSWebSocket: try take(try await receiver.text())
            case .xhr:
                try take(String(try await receiver.request("POST", base + "/xhr" + query, body: "").body.dropLast()))
            case .xhrStreaming: try take(try await streamedFrame())
            }
        }
        return try JSON(parsing: received.removeFirst())
    }

    /// Sends a request and returns what comes next, which has to be its answer.
    func call(_ method: String, _ params: String? = nil) async throws -> JSON {
        number += 1
        try await send(Self.request(method, params, id: number))
        let answer = try await next()
        guard answer["id"]?.int == number, let result = answer["result"] else {
            throw Failure.unexpected("\(answer)")
        }
        return result
    }

    static func request(_ method: String, _ params: String?, id: Int) -> String {
        let params = params.map { #","params":\#($0)"# } ?? ""
        return #"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)"\#(params)}"#
    }

    // MARK: SockJS frames

    private static func array(_ text: String) throws -> String {
        String(decoding: try JSONEncoder().encode([text]), as: UTF8.self)
    }

    private func take(_ frame: String) throws {
        guard frame != "h" else { return }
        guard frame.first == "a" else { throw Failure.unexpected(frame) }
        received += try JSONDecoder().decode([String].self, from: Data(frame.dropFirst().utf8))
    }

    private func streamedFrame() async throws -> String {
        while true {
            if let end = streamed.firstIndex(of: "\n") {
                defer { streamed.removeSubrange(...end) }
                return String(streamed[..<end])
            }
            guard let chunk = try await receiver.chunk() else { throw Failure.unexpected("the end of the stream") }
            streamed += chunk
        }
    }
}
