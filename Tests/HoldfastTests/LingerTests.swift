// SPDX-License-Identifier: Apache-2.0
import NIOCore
import Testing

@testable import Holdfast

/// What becomes of a connection whose client goes on sending after an answer that ends it.
@Suite(.timeLimit(.minutes(1))) struct LingerTests {
    private func withClient(_ body: (WireClient) async throws -> Void) async throws {
        let app = makeApplication()
        app.post("/") { request, _ in "\(try await request.body.collect().count)" }
        try await app.withServer { addresses in
            let client = try await WireClient.connect(try #require(addresses.first))
            defer { client.close() }
            try await body(client)
        }
    }

    @Test func `the answer reaches a client that sends its body regardless`() async throws {
        try await withClient { client in
            var request = ByteBuffer(string: "POST / HTTP/1.1\r\nHost: site.test\r\nContent-Length: 10000000\r\n\r\n")
            request.writeRepeatingByte(120, count: 60_000)
            try await client.write(request)
            #expect(try await client.answer().status == 413)
            #expect(await client.untilClosed() == "")
        }
    }

    @Test func `the answer to what cannot be parsed is followed by the end`() async throws {
        try await withClient { client in
            try await client.write(ByteBuffer(string: "GET / HTTP/1.1\r\nHost : site.test\r\n\r\nand more"))
            let answer = try await client.answer()
            #expect(answer.status == 400)
            #expect(answer.fields["connection"] == "close")
            #expect(await client.untilClosed() == "")
        }
    }

    @Test func `a client of HTTP 2 is told that this is not`() async throws {
        try await withClient { client in
            try await client.write(ByteBuffer(string: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
            #expect([400, 505].contains(try await client.answer().status))
            #expect(await client.untilClosed() == "")
        }
    }
}
