// SPDX-License-Identifier: Apache-2.0
import Foundation
import HoldfastTransport
import NIOCore
import Testing

@testable import HoldfastRPC

/// The vectors of `Fixtures/wire`, read and written as the server does.
@Suite("Golden wire vectors") struct GoldenVectorTests {
    struct Vector: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let text: String
        let isToServer: Bool
        let isPlain: Bool
        let expected: JSON
    }

    static let vectors: [Vector] = {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Fixtures/wire")
        return ["requests", "notifications", "responses", "errors", "invalid", "plain"].flatMap { name in
            guard let data = try? Data(contentsOf: folder.appending(path: name + ".json")),
                let vectors = try? JSON(parsing: data)
            else { return [Vector]() }
            return (vectors.array ?? []).map { vector in
                Vector(
                    testDescription: vector["name"]?.string ?? "",
                    text: vector["text"]?.string ?? "",
                    isToServer: vector["direction"] == "to-server",
                    isPlain: vector["wire"] == "plain",
                    expected: vector["expected"] ?? .null
                )
            }
        }
    }()

    @Test("There are vectors of every kind") func areThere() {
        let kinds = Set(Self.vectors.map { $0.expected["kind"]?.string })
        #expect(kinds == ["request", "notification", "response", "error", "rejected", "ignored"])
    }

    /// As a value that does not depend on the order of members and the way of writing.
    private func meaning(_ json: JSON?) throws -> NSObject? {
        try json.map { json in
            try #require(
                JSONSerialization.jsonObject(with: Data(json.text.utf8), options: .fragmentsAllowed) as? NSObject
            )
        }
    }

    private func expectEqual(_ left: JSON?, _ right: JSON?) throws {
        #expect(try meaning(left) == meaning(right))
    }

    @Test("The server reads what clients send", arguments: vectors.filter(\.isToServer))
    func reads(vector: Vector) throws {
        let expected = vector.expected
        let sessionID = expected["sessionId"]?.string
        switch scan(vector.text) {
        case .call(let call):
            #expect(expected["kind"] == (call.id == nil ? "notification" : "request"))
            #expect(call.id?.description == expected["id"]?.text)
            #expect(call.method == expected["method"]?.string)
            if !vector.isPlain { #expect(call.params?.ownSessionID == sessionID) }
            try expectEqual(sessionID == nil ? call.params?.json : call.params?.withoutSessionID, expected["params"])
        case .response(let response):
            #expect(response.id?.description == expected["id"]?.text)
            switch response.outcome {
            case .result(let result):
                #expect(expected["kind"] == "response")
                if !vector.isPlain { #expect(result.ownSessionID == sessionID) }
                try expectEqual(sessionID.map(result.given(by:)) ?? result.json, expected["value"])
            case .error(let error):
                #expect(expected["kind"] == "error")
                try expectEqual(error, expected["error"])
            }
        case .invalid(let invalid):
            #expect(expected["kind"] == "rejected")
            #expect(invalid.code == expected["code"]?.int)
            #expect(invalid.id?.description ?? "null" == expected["id"]?.text)
        case .batch:
            Issue.record("no vector is a batch")
        }
    }

    @Test("The server writes what clients read", arguments: vectors.filter { !$0.isToServer })
    func writes(vector: Vector) throws {
        let expected = vector.expected
        guard expected["kind"] == "response", expected["result"] != nil else { return }
        let id = try #require(scan(vector.text).response?.id)
        let sessionID = expected["sessionId"]?.string
        let written = EnvelopeWriter.response(id: id, result: expected["value"], sessionID: sessionID)
        // What only a client has to bear is not written.
        guard try JSON(parsing: vector.text)["error"] == nil else { return }
        try expectEqual(JSON(parsing: written), JSON(parsing: vector.text))
    }
}
