// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Holdfast

/// What pages of other origins may do with an RPC endpoint and the client's scripts.
@Suite(.timeLimit(.minutes(1))) struct CrossOriginTests {
    private static let friend = "https://app.test"

    private func application(_ options: RPCOptions) -> Application {
        let rpc = RPCEndpoint(label: "cors")
        rpc.method("echo") { (params: JSON, _) in params }
        let app = makeApplication()
        app.rpc("/rpc", rpc, options: options)
        app.rpcClientScript("/holdfast.js")
        app.rpcClientScript("/holdfast.mjs")
        app.rpcClientScript("/holdfast.min.js")
        app.rpcClientScript("/holdfast.min.mjs")
        return app
    }

    private func connected(
        _ options: RPCOptions,
        _ body: (WireClient) async throws -> Void
    ) async throws {
        try await application(options).withServer { addresses in
            let client = try await WireClient.connect(try #require(addresses.first))
            defer { client.close() }
            try await body(client)
        }
    }

    private static let json = "Content-Type: application/json"
    private static let call = #"{"id":1,"method":"echo","params":[]}"#

    @Test(arguments: [false, true])
    func `a listed page may read every answer to its POST`(sockJS: Bool) async throws {
        try await connected(.init(allowedOrigins: [Self.friend], sockJS: sockJS)) { client in
            let origin = "Origin: \(Self.friend)"
            for (fields, body, status) in [
                ([Self.json, origin], Self.call, 200), ([Self.json, origin], #"{"method":"echo"}"#, 204),
                ([Self.json, origin], "{", 200), (["Content-Type: text/plain", origin], Self.call, 415),
            ] {
                let answer = try await client.request("POST", "/rpc", fields, body: body)
                #expect(answer.status == status)
                #expect(answer.fields["access-control-allow-origin"] == Self.friend)
                #expect(answer.fields["access-control-allow-credentials"] == "true")
                #expect(answer.fields["vary"] == "Origin")
            }
            for method in ["PUT", "DELETE"] {
                let answer = try await client.request(method, "/rpc", [origin])
                #expect(answer.status == 405)
                #expect(answer.fields["allow"] == "GET, HEAD, OPTIONS, POST")
                #expect(answer.fields["access-control-allow-origin"] == Self.friend)
            }
        }
    }

    @Test(arguments: [false, true])
    func `a preflight of a listed page is answered`(sockJS: Bool) async throws {
        try await connected(.init(allowedOrigins: [Self.friend], sockJS: sockJS)) { client in
            let answer = try await client.request(
                "OPTIONS",
                "/rpc",
                [
                    "Origin: \(Self.friend)", "Access-Control-Request-Method: POST",
                    "Access-Control-Request-Headers: content-type,x-token",
                ]
            )
            #expect(answer.status == 204)
            #expect(answer.fields["access-control-allow-origin"] == Self.friend)
            #expect(answer.fields["access-control-allow-credentials"] == "true")
            #expect(answer.fields["access-control-allow-methods"]?.contains("POST") == true)
            #expect(answer.fields["access-control-allow-headers"] == "content-type,x-token")
            #expect(answer.fields["vary"] == "Origin")
        }
    }

    @Test func `with any page allowed it is a star, never with credentials`() async throws {
        try await connected(.init(allowedOrigins: .any, sockJS: true)) { client in
            let fields = ["Origin: null", Self.json, "Access-Control-Request-Method: POST"]
            for (method, body) in [("POST", Self.call), ("OPTIONS", ""), ("PUT", "")] {
                let answer = try await client.request(method, "/rpc", fields, body: body)
                #expect(answer.fields["access-control-allow-origin"] == "*", "\(method)")
                #expect(answer.fields["access-control-allow-credentials"] == nil, "\(method)")
            }
        }
    }

    @Test(arguments: [false, true])
    func `OPTIONS names the methods there are`(sockJS: Bool) async throws {
        try await connected(.init(sockJS: sockJS)) { client in
            let answer = try await client.request("OPTIONS", "/rpc")
            #expect(answer.status == 204)
            #expect(answer.fields["allow"] == "GET, HEAD, OPTIONS, POST")
            #expect(answer.fields["access-control-allow-origin"] == nil)
        }
    }

    @Test(arguments: ["https://other.test", "null", "https://app.test.evil", "http://app.test"])
    func `a page that is not listed learns nothing`(origin: String) async throws {
        try await connected(.init(allowedOrigins: [Self.friend], sockJS: true)) { client in
            let requests = [
                ("POST", [Self.json], Self.call), ("PUT", [], ""),
                ("OPTIONS", ["Access-Control-Request-Method: POST"], ""),
            ]
            for (method, fields, body) in requests {
                let answer = try await client.request(method, "/rpc", fields + ["Origin: \(origin)"], body: body)
                #expect(answer.fields.keys.filter { $0.hasPrefix("access-control-") } == [], "\(method)")
                #expect(answer.fields["vary"] == "Origin", "\(method)")
                if method == "POST" { #expect(answer.status == 403) }
            }
        }
    }

    @Test(arguments: ["/holdfast.js", "/holdfast.mjs", "/holdfast.min.js", "/holdfast.min.mjs"])
    func `every page may load the client's scripts`(path: String) async throws {
        try await connected(.init()) { client in
            let whole = try await client.get(path, ["Origin: https://other.test"])
            #expect(whole.status == 200)
            let tag = try #require(whole.fields["etag"])
            let known = try await client.get(path, ["Origin: null", "If-None-Match: \(tag)"])
            #expect(known.status == 304)
            for answer in [whole, known] {
                #expect(answer.fields["access-control-allow-origin"] == "*")
                #expect(answer.fields["cross-origin-resource-policy"] == "cross-origin")
            }
        }
    }
}
