// SPDX-License-Identifier: Apache-2.0
import HoldfastSockJS
import HoldfastTransport
import Testing

@Suite("Receiving requests of a client that holds its session to be open", .timeLimit(.minutes(1)))
struct SockJSContinuedTests {
    @Test(
        "A session that is not there is not opened, and what is sent to it is not taken",
        arguments: ["xhr", "xhr_streaming"],
        ["?continued", "?token=1&continued", "?continued&brief"]
    )
    func unknown(transport: String, query: String) async throws {
        try await TestServer.run { server async throws in
            let answer = try await server.post("/base/0/i/\(transport)\(query)", "", ["Origin: http://site.test"])
            #expect(answer.status == 404)
            #expect(answer.body == "Unknown session\n")
            #expect(answer.fields["access-control-allow-origin"] == "http://site.test")
            #expect(try await server.post("/base/0/i/xhr_send", #"["a"]"#).status == 404)
            #expect(server.connections.all.isEmpty)
        }
    }

    @Test("A session that is there goes on")
    func known() async throws {
        try await TestServer.run { server async throws in
            #expect(try await server.post("/base/0/i/xhr").body == "o\n")
            #expect(try await server.post("/base/0/i/xhr_send", #"["a"]"#).status == 204)
            #expect(try await server.post("/base/0/i/xhr?continued").body == "a[\"a\"]\n")
        }
    }

    @Test("A session that is over is told so for as long as it is remembered, then it is unknown")
    func closed() async throws {
        let scheduler = ManualScheduler()
        try await TestServer.run(scheduler: scheduler, application: { $0.close(.goAway, reason: "bye") }) {
            server async throws in
            #expect(try await server.post("/base/0/i/xhr").body == "o\n")
            #expect(try await server.post("/base/0/i/xhr?continued").body == "c[3000,\"bye\"]\n")
            scheduler.advance(by: .seconds(5))
            #expect(try await server.post("/base/0/i/xhr?continued").status == 404)
        }
    }

    @Test("A brief poll gets what is there, and otherwise a heartbeat within a moment")
    func brief() async throws {
        try await TestServer.run { server async throws in
            #expect(try await server.post("/base/0/i/xhr?brief").body == "o\n")
            #expect(try await server.post("/base/0/i/xhr_send", #"["a"]"#).status == 204)
            #expect(try await server.post("/base/0/i/xhr?brief&continued").body == "a[\"a\"]\n")
            for _ in 1...3 { #expect(try await server.post("/base/0/i/xhr?continued&brief").body == "h\n") }
        }
    }

    @Test(
        "Anything else in the query opens one, as ever",
        arguments: ["", "?t=1", "?continued=1", "?discontinued&x", "?brief"]
    )
    func other(query: String) async throws {
        try await TestServer.run { server async throws in
            #expect(try await server.post("/base/0/i/xhr\(query)").body == "o\n")
        }
    }
}
