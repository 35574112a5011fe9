// SPDX-License-Identifier: Apache-2.0
import HoldfastTransport
import NIOCore
import Testing

@testable import HoldfastRPC

@Suite("Envelopes under attack")
struct EnvelopeHostileTests {
    private static let messages = [
        #"{"jsonrpc":"2.0","method":"sum","params":{"a":1,"sessionId":"S","b":[true,null,-1.5e3]},"id":7}"#,
        #"{"id":"\u0061é😀","params":["x",{"sessionId":"\ud83d\ude00"}],"meth\u006fd":"m\n","jsonrpc":"2.0"}"#,
        #"{"id":1,"result":{"value":"\\\"","sessionId":["S"]},"jsonrpc":"2.0"}"#,
        #"{"id":null,"error":{"code":-32700,"message":"no"},"jsonrpc":"2.0"}"#,
        #"[{"id":1,"method":"a","params":{}},{"method":"b"},[],{"id":2,"result":[]}]"#,
    ]

    @Test("A message cut anywhere is −32700", arguments: messages)
    func refusesTruncation(message: String) {
        let bytes = Array(message.utf8)
        for end in 0..<bytes.count {
            let invalid = EnvelopeScanner().scan(ByteBuffer(bytes: bytes[..<end])).invalid
            #expect(invalid?.code == -32700)
            // Never a part of the id, and none that the message does not have.
            if let id = invalid?.id { #expect(id.description == (try? JSON(parsing: message))?["id"]?.text) }
        }
        #expect(scan(message).invalid == nil)
    }

    @Test(
        "A message with any one byte changed is refused, or says what a JSON reader says it says",
        arguments: messages
    )
    func survivesMutation(message: String) throws {
        let bytes = Array(message.utf8)
        for place in bytes.indices {
            for replacement in Array("{}[]\",:\\0x ".utf8) + [0x00, 0x80, 0xFF] {
                var mutated = bytes
                mutated[place] = replacement
                try check(mutated)
            }
            try check(Array(bytes[..<place] + bytes[(place + 1)...]))
            try check(Array(bytes[...place] + bytes[place...]))
        }
    }

    /// Compares the scanner's answer with one from the slow way: the whole text as a value, then its members one by one.
    private func check(_ bytes: [UInt8]) throws {
        let envelope = EnvelopeScanner().scan(ByteBuffer(bytes: bytes))
        guard let json = try? JSON(parsing: bytes) else {
            #expect(envelope.invalid?.code == -32700)
            return
        }
        #expect(envelope.invalid?.code != -32700)
        if let array = json.array, !array.isEmpty {
            let elements = try #require(envelope.batch)
            #expect(elements.map(\.summary) == array.map { scan($0.text).summary })
            return
        }
        guard let request = envelope.request, let id = request.id else { return }
        #expect(id.description == json["id"]?.text)
        #expect(request.method == json["method"]?.string)
        #expect(request.params?.json == json["params"])
        let members = json["params"]?.members
        let named = (members ?? []).filter { $0.key == "sessionId" }
        #expect(request.params?.sessionID == (named.count == 1 ? named.first?.value.string : nil))
        let others = named.count == 1 ? members?.filter { $0.key != "sessionId" } : members
        #expect(request.params?.withoutSessionID.members?.map(\.key) == others?.map(\.key))
        #expect(request.params?.withoutSessionID.members?.map(\.value) == others?.map(\.value))
        // Whatever was let in can be sent on.
        for sessionID in [nil, "S"] {
            let answer = EnvelopeWriter.response(id: id, result: request.params?.json, sessionID: sessionID)
            _ = try JSON(parsing: answer)
        }
    }
}
