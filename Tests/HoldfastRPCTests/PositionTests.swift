// SPDX-License-Identifier: Apache-2.0
import HoldfastRPC
import HoldfastTransport
import Testing

@Suite("Parameters by position (JSON-RPC 2.0 §4.2)")
struct PositionTests {
    private struct Sum: Codable, Sendable {
        var a: Int
        var b: Int
        var label: String?
    }

    /// A type that decodes from an array by itself.
    private struct Point: Decodable, Sendable {
        var x: Double
        var y: Double

        init(from decoder: any Decoder) throws {
            var container = try decoder.unkeyedContainer()
            x = try container.decode(Double.self)
            y = try container.decode(Double.self)
        }
    }

    private final class Handler: RPCHandler {
        func handle(_ request: RPCRequest, _ transaction: Transaction) async throws {
            let sum = try request.decode(as: Sum.self, params: "a", "b")
            try transaction.sendResponse(sum.a + sum.b)
        }
    }

    private func harness() -> Harness {
        let rpc = RPCEndpoint()
        rpc.method("sum", params: "a", "b", "label") { (p: Sum, _) in "\(p.label ?? "sum") \(p.a + p.b)" }
        rpc.method("quiet", .concurrent, params: "a", "b") { (_: Sum, _) in }
        rpc.method("unnamed") { (p: Sum, _) in p.a + p.b }
        rpc.method("point", params: "x", "y") { (p: Point, _) in p.x - p.y }
        rpc.method("all") { (p: [Int], _) in p.reduce(0, +) }
        rpc.method("one") { (p: Int, _) in p }
        rpc.method("raw", params: "a") { (p: JSON, _) in p }
        return Harness(rpc)
    }

    private func call(_ method: String, _ params: String) async throws -> JSON {
        let text = try #require(await harness().post(#"{"id":1,"method":"\#(method)","params":\#(params)}"#))
        return try JSON(parsing: text)
    }

    @Test(
        "A method that names its positions takes an array like an object",
        arguments: [
            ("sum", "[1,2]", #""sum 3""#), ("sum", #"[1,2,"total"]"#, #""total 3""#),
            ("sum", "[1,2,null]", #""sum 3""#),
            ("sum", #"{"b":2,"a":1}"#, #""sum 3""#), ("sum", #"[{"a":1,"b":2}]"#, #""sum 3""#),
            ("quiet", "[1,2]", "null"),
            ("raw", "[5]", #"{"a":5}"#), ("raw", "5", "5"), ("point", "[5,3]", "2"),
        ]
    )
    func positions(method: String, params: String, result: String) async throws {
        #expect(try await call(method, params)["result"]?.text == result)
    }

    @Test(
        "A type that decodes from an array needs no names",
        arguments: [("all", "[1,2,3]", "6"), ("all", "[]", "0"), ("one", "[7]", "7"), ("all", "[[4,5]]", "9")]
    )
    func unkeyed(method: String, params: String, result: String) async throws {
        #expect(try await call(method, params)["result"]?.text == result)
    }

    @Test(
        "What does not fit is −32602 and says why",
        arguments: [
            ("sum", "[1]", "'b' is missing"), ("sum", "[]", "'a' is missing"),
            ("sum", #"[1,"x"]"#, "'b' is not a whole number in range"),
            ("sum", "[1,2,null,4]", "4 parameters, expected 3 at most"),
            ("unnamed", "[1,2]", "The value is not an object"),
        ]
    )
    func refusals(method: String, params: String, reason: String) async throws {
        let error = try await call(method, params)["error"]
        #expect(error?["code"]?.int == -32602)
        #expect(error?["data"]?.string == reason)
    }

    @Test("A handler in Kurento's style names them where it decodes")
    func handlers() async throws {
        let harness = Harness(Handler())
        let answer = await harness.post(#"{"id":1,"method":"sum","params":[20,22]}"#)
        #expect(answer == #"{"id":1,"result":42,"jsonrpc":"2.0"}"#)
    }
}
