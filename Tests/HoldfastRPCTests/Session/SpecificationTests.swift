// SPDX-License-Identifier: Apache-2.0
import HoldfastRPC
import HoldfastTransport
import Testing

/// Every example of the JSON-RPC 2.0 specification, §7, as an HTTP request without a session: results go out as they are.
@Suite struct SpecificationTests {
    struct Subtraction: Decodable, Sendable {
        var minuend: Int
        var subtrahend: Int

        private enum CodingKeys: CodingKey {
            case minuend
            case subtrahend
        }

        init(from decoder: any Decoder) throws {
            if let container = try? decoder.container(keyedBy: CodingKeys.self) {
                minuend = try container.decode(Int.self, forKey: .minuend)
                subtrahend = try container.decode(Int.self, forKey: .subtrahend)
            } else {
                var container = try decoder.unkeyedContainer()
                minuend = try container.decode(Int.self)
                subtrahend = try container.decode(Int.self)
            }
        }
    }

    static func endpoint(_ notes: Notes = Notes()) -> RPCEndpoint {
        let rpc = RPCEndpoint()
        rpc.method("subtract") { (p: Subtraction, _) in p.minuend - p.subtrahend }
        rpc.method("update") { (p: JSON, _) in notes.add("update \(p)") }
        rpc.method("sum") { (p: [Int], _) in p.reduce(0, +) }
        rpc.method("notify_hello") { (p: [Int], _) in notes.add("hello \(p)") }
        rpc.method("get_data") { (_: RPCCall) -> JSON in ["hello", 5] }
        return rpc
    }

    @Test(arguments: [
        (
            #"{"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1}"#,
            #"{"id":1,"result":19,"jsonrpc":"2.0"}"#
        ),
        (
            #"{"jsonrpc": "2.0", "method": "subtract", "params": [23, 42], "id": 2}"#,
            #"{"id":2,"result":-19,"jsonrpc":"2.0"}"#
        ),
        (
            #"{"jsonrpc": "2.0", "method": "subtract", "params": {"subtrahend": 23, "minuend": 42}, "id": 3}"#,
            #"{"id":3,"result":19,"jsonrpc":"2.0"}"#
        ),
        (
            #"{"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 42, "subtrahend": 23}, "id": 4}"#,
            #"{"id":4,"result":19,"jsonrpc":"2.0"}"#
        ),
        (
            #"{"jsonrpc": "2.0", "method": "foobar", "id": "1"}"#,
            #"{"id":"1","error":{"code":-32601,"message":"Method not found"},"jsonrpc":"2.0"}"#
        ),
    ])
    func positionalAndNamedParametersAndAnUnknownMethod(request: String, answer: String) async {
        #expect(await Harness(Self.endpoint()).post(request) == answer)
    }

    @Test func notificationsAreHandledAndNotAnswered() async {
        let notes = Notes()
        let harness = Harness(Self.endpoint(notes))
        #expect(await harness.post(#"{"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]}"#) == nil)
        #expect(await harness.post(#"{"jsonrpc": "2.0", "method": "foobar"}"#) == nil)
        #expect(notes.all == ["update [1,2,3,4,5]"])
    }

    @Test(arguments: [
        (#"{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]"#, -32700, "Parse error"),
        (#"{"jsonrpc": "2.0", "method": 1, "params": "bar"}"#, -32600, "Invalid Request"),
        (
            #"[{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"}, {"jsonrpc": "2.0", "method"]"#,
            -32700, "Parse error"
        ),
        ("[]", -32600, "Invalid Request"),
    ])
    func brokenMessagesGetOneErrorWithTheIdNull(message: String, code: Int, text: String) async throws {
        let answer = try #require(await Harness(Self.endpoint()).post(message))
        let json = try JSON(parsing: answer)
        #expect(json["id"]?.isNull == true)
        #expect(json["error"]?["code"]?.int == code)
        #expect(json["error"]?["message"]?.string == text)
        #expect(json["jsonrpc"]?.string == "2.0")
    }

    @Test(arguments: [1, 3])
    func aBatchOfNonsenseGetsAnErrorForEachElement(count: Int) async throws {
        let batch = "[" + (1...count).map(String.init).joined(separator: ",") + "]"
        let answer = try #require(await Harness(Self.endpoint()).post(batch))
        let answers = try #require(try JSON(parsing: answer).array)
        #expect(answers.map { $0["error"]?["code"]?.int } == Array(repeating: -32600, count: count))
        #expect(answers.allSatisfy { $0["id"]?.isNull == true })
    }

    static let mixedBatch = """
        [
            {"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
            {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]},
            {"jsonrpc": "2.0", "method": "subtract", "params": [42,23], "id": "2"},
            {"foo": "boo"},
            {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
            {"jsonrpc": "2.0", "method": "get_data", "id": "9"}
        ]
        """

    @Test func aMixedBatchGetsAnArrayOfAnswers() async throws {
        let notes = Notes()
        let answer = try #require(await Harness(Self.endpoint(notes)).post(Self.mixedBatch))
        let answers = try #require(try JSON(parsing: answer).array)
        #expect(answers.map { $0["id"]?.text } == [#""1""#, #""2""#, "null", #""5""#, #""9""#])
        #expect(
            answers.map { ($0["result"] ?? $0["error"]?["code"])?.text }
                == ["7", "19", "-32600", "-32601", #"["hello",5]"#]
        )
        #expect(notes.all == ["hello [7]"])
    }

    @Test func aBatchOnAConnectionIsAnsweredWithOneArrayWhoseResultsCarryTheSession() throws {
        let client = Harness(Self.endpoint()).connect()
        let messages = client.exchange(Self.mixedBatch)
        #expect(messages.count == 1)
        let message = try #require(messages.first)
        let answers = try #require(try JSON(parsing: message).array)
        #expect(answers.count == 5)
        let session = try #require(answers.first?["result"]?["sessionId"])
        #expect(answers[1]["result"]?["sessionId"] == session)
        #expect(answers[1]["result"]?["value"]?.int == 19)
    }

    @Test func aBatchOfNotificationsGetsNoAnswer() async {
        let notes = Notes()
        let batch = #"[{"jsonrpc":"2.0","method":"notify_hello","params":[7]},{"jsonrpc":"2.0","method":"update"}]"#
        #expect(await Harness(Self.endpoint(notes)).post(batch) == nil)
        #expect(Harness(Self.endpoint(notes)).connect().exchange(batch) == [])
        #expect(notes.all == ["hello [7]", "update null", "hello [7]", "update null"])
    }

    @Test(arguments: [(49, false), (50, false), (51, true)])
    func aBatchHasAtMostFiftyElements(count: Int, isRefused: Bool) throws {
        let client = Harness(Self.endpoint()).connect()
        let element = #"{"jsonrpc":"2.0","method":"get_data","id":"#
        let batch = "[" + (0..<count).map { "\(element)\($0)}" }.joined(separator: ",") + "]"
        let messages = client.exchange(batch)
        let message = try #require(messages.first)
        let answer = try JSON(parsing: message)
        #expect(messages.count == 1)
        #expect((answer.array == nil) == isRefused)
        if isRefused { #expect(answer["error"]?["code"]?.int == -32600) } else { #expect(answer.array?.count == count) }
    }

    @Test(arguments: [
        "0", "-7", "1700000000123456789", "1.0", "1e3", "3.14", #""""#, #""a\u00e9""#, #""\ud83d""#,
        #""\#(String(repeating: "x", count: 1024))""#,
    ])
    func idsComeBackAsTheyWere(id: String) async {
        let answer = await Harness(Self.endpoint()).post(#"{"jsonrpc":"2.0","method":"get_data","id":\#(id)}"#)
        #expect(answer == #"{"id":\#(id),"result":["hello",5],"jsonrpc":"2.0"}"#)
    }

    @Test(arguments: [
        "null", "true", "{}", "[1]", String(repeating: "9", count: 65), #""\#(String(repeating: "x", count: 1025))""#,
    ])
    func otherIdsAreRefused(id: String) async throws {
        let answer = try #require(
            await Harness(Self.endpoint()).post(#"{"jsonrpc":"2.0","method":"get_data","id":\#(id)}"#)
        )
        let json = try JSON(parsing: answer)
        #expect(json["error"]?["code"]?.int == -32600)
        #expect(json["id"]?.isNull == true)
    }
}
